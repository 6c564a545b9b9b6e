import { addHit, refOf, type Scan } from '../engine.ts';
import { ALNUM, BASE64, COLON, EQUALS, isIn, SPACE, skip } from './chars.ts';

/** `-----BEGIN ` ends before `labelStart`: takes a private key to its end line, or to the end of its base64. */
export function onPem(scan: Scan, text: string, labelStart: number): number {
  const labelEnd = skip(text, labelStart, ALNUM | SPACE, labelStart + 64);
  if (!text.startsWith('-----', labelEnd)) return -1;
  const label = text.slice(labelStart, labelEnd);
  if (!label.includes('PRIVATE KEY') && !label.includes('SECRET KEY')) return -1;
  const ref = refOf(scan, 'private-key', 'private-key/pem');
  if (ref === undefined) return -1;
  return addHit(scan, text, labelStart - '-----BEGIN '.length, pemEnd(text, labelEnd + 5), ref);
}

/** Base64 lines, headers such as `Proc-Type: 4,ENCRYPTED`, and line breaks, raw or written out. */
function pemEnd(text: string, start: number): number {
  let index = start;
  while (index < text.length) {
    if (text.startsWith('-----END ', index)) {
      const close = skip(text, index + 9, ALNUM | SPACE, index + 80);
      return text.startsWith('-----', close) ? close + 5 : close;
    }
    const code = text.charCodeAt(index);
    const dash = code === 45 && !text.startsWith('-----', index);
    if (!dash && code !== 92 && code !== 44 && code !== 37 && !isIn(text, index, BASE64 | EQUALS | SPACE | COLON))
      break;
    if (
      code === 92 &&
      !isIn(text, index + 1, ALNUM) &&
      text.charCodeAt(index + 1) !== 92 &&
      text.charCodeAt(index + 1) !== 47
    )
      break;
    index++;
  }
  return index;
}
