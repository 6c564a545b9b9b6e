import { addHit, refOf, type Scan } from '../engine.ts';
import { ALNUM, DIGIT, DOT, HEX_LETTER, isIn, skip, UNDERSCORE } from './chars.ts';

/** RFC 5737 and RFC 3849 documentation ranges, loopback and unspecified: nobody's addresses. */
const RESERVED = ['192.0.2.', '198.51.100.', '203.0.113.', '127.', '0.0.0.0', '255.255.255.255'];

/** One to three digits and a dot at `start`: an IPv4 address. Returns the end of what was taken, or `firstEnd`. */
export function onIpv4(scan: Scan, text: string, start: number, firstEnd: number): number {
  const ref = refOf(scan, 'ip', 'ip/v4');
  if (ref === undefined || isIn(text, start - 1, ALNUM | UNDERSCORE | DOT)) return firstEnd;
  let index = start;
  for (let part = 0; part < 4; part++) {
    const end = skip(text, index, DIGIT, index + 4);
    if (end === index || end - index > 3 || Number(text.slice(index, end)) > 255) return firstEnd;
    index = end;
    if (part < 3 && text.charCodeAt(index++) !== 46) return firstEnd;
  }
  if (isIn(text, index, ALNUM | UNDERSCORE) || (isIn(text, index, DOT) && isIn(text, index + 1, DIGIT)))
    return firstEnd;
  if (isReserved(text, start)) return index;
  return addHit(scan, text, start, index, ref);
}

function isReserved(text: string, start: number): boolean {
  return RESERVED.some((prefix) => text.startsWith(prefix, start));
}

/** A colon at `index`: the first of an IPv6 address (RFC 4291) when hexadecimal groups stand around it. */
export function onIpv6(scan: Scan, text: string, index: number): number {
  const ref = refOf(scan, 'ip', 'ip/v6');
  if (ref === undefined) return -1;
  let start = index;
  while (start > 0 && index - start < 5 && isHex(text, start - 1)) start--;
  if (index - start > 4 || isIn(text, start - 1, ALNUM | UNDERSCORE) || text.charCodeAt(start - 1) === 58) return -1;
  const end = ipv6End(text, start);
  if (end === -1) return -1;
  const address = text.slice(start, end).toLowerCase();
  if (address.startsWith('2001:db8') || address === '::1' || address === '::') return end;
  return addHit(scan, text, start, end, ref);
}

function isHex(text: string, index: number): boolean {
  return isIn(text, index, DIGIT | HEX_LETTER);
}

/** Eight groups of one to four hexadecimal digits, or fewer around one `::`. */
function ipv6End(text: string, start: number): number {
  let index = start;
  let groups = 0;
  let compressed = false;
  while (index - start < 40) {
    const end = skip(text, index, DIGIT | HEX_LETTER, index + 5);
    if (end - index > 4) return -1;
    if (end > index) groups++;
    index = end;
    if (text.charCodeAt(index) !== 58) break;
    if (text.charCodeAt(index + 1) === 58) {
      if (compressed) return -1;
      compressed = true;
      index += 2;
      if (!isHex(text, index)) break;
    } else if (isHex(text, index + 1)) index++;
    else break;
  }
  if (isIn(text, index, ALNUM | UNDERSCORE)) return -1;
  return groups === 8 || (compressed && groups <= 7 && groups >= 2) ? index : -1;
}
