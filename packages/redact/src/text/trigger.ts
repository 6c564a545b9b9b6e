import type { Scan, Trigger } from '../engine.ts';
import { DIGIT, HEX_LETTER, isIn } from './chars.ts';
import { onAt } from './email.ts';
import { onIpv6 } from './ip.ts';
import { onJwt } from './jwt.ts';
import { markerEnd } from './marker.ts';
import { onDigits } from './number.ts';
import { onPem } from './pem.ts';
import { onPlus } from './phone.ts';
import { onUrl } from './url.ts';

/** One character or short literal was met that begins something, ending at `index`. Returns where to go on, or -1. */
export function onTrigger(scan: Scan, text: string, index: number, trigger: Trigger): number {
  switch (trigger) {
    case 'digit': {
      const resume = isIn(text, index - 1, DIGIT) ? -1 : onDigits(scan, text, index);
      return scan.floor > index ? resume : -1;
    }
    case 'at':
      return onAt(scan, text, index);
    case 'plus':
      return onPlus(scan, text, index);
    case 'control':
      scan.controls = true;
      return -1;
    case 'percent':
      if (isHex(text, index + 1) && isHex(text, index + 2) && !isEncodedSlash(text, index)) scan.escapes = true;
      return -1;
    case 'entity':
      if (isEntity(text, index)) scan.escapes = true;
      return -1;
    case 'backslash':
      if (text.charCodeAt(index + 1) === 117 || text.charCodeAt(index + 1) === 120) scan.escapes = true;
      return -1;
    case 'scheme':
      return onUrl(scan, text, index + 1);
    case 'pem':
      return onPem(scan, text, index + 1);
    case 'jwt':
      return onJwt(scan, text, index - 2);
    case 'ipv6':
      return onIpv6(scan, text, index);
    case 'marker': {
      const start = index - 8;
      const end = markerEnd(text, start);
      if (end === -1) return -1;
      scan.floor = Math.max(scan.floor, end);
      return end;
    }
  }
}

/** `%2F` and `%2C` alone are common in paths and queries, and hide nothing. */
function isEncodedSlash(text: string, index: number): boolean {
  const second = text.charCodeAt(index + 2) | 32;
  return text.charCodeAt(index + 1) === 50 && (second === 102 || second === 99);
}

function isHex(text: string, index: number): boolean {
  return isIn(text, index, DIGIT | HEX_LETTER);
}

/** `&quot;`, `&amp;`, `&lt;`, `&gt;`, `&apos;`, `&nbsp;`, `&#64;` */
function isEntity(text: string, index: number): boolean {
  const code = text.charCodeAt(index + 1);
  if (code === 35) return true;
  return ENTITIES.some((name) => text.startsWith(name, index + 1));
}

const ENTITIES = ['quot;', 'amp;', 'lt;', 'gt;', 'apos;', 'nbsp;', 'commat;', 'colon;', 'equals;'];
