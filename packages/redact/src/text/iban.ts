import { IBAN_LENGTHS } from '../data/iban.ts';
import { addHit, refOf, type Scan } from '../engine.ts';
import { ALNUM, DASH, DIGIT, isIn, UNDERSCORE, UPPER } from './chars.ts';

const lengths = new Map(Object.entries(IBAN_LENGTHS));

/**
 * Two upper-case letters before digits at `digitsStart`: an account number of ISO 13616, as one word or in groups, when
 * the country's length and the check digits (ISO/IEC 7064 mod 97-10) are right. Returns where to go on, or -1.
 */
export function onIban(scan: Scan, text: string, digitsStart: number): number {
  const start = digitsStart - 2;
  if (!isIn(text, start, UPPER) || !isIn(text, start + 1, UPPER) || isIn(text, start - 1, ALNUM | UNDERSCORE))
    return -1;
  const length = lengths.get(text.slice(start, digitsStart));
  if (length === undefined || !isIn(text, digitsStart + 1, DIGIT)) return -1;
  let index = start;
  let count = 0;
  while (count < length) {
    if (isIn(text, index, DIGIT | UPPER)) count++;
    else if ((text.charCodeAt(index) !== 32 && !isIn(text, index, DASH)) || !isIn(text, index + 1, DIGIT | UPPER))
      return -1;
    index++;
  }
  if (isIn(text, index, ALNUM | UNDERSCORE) || !hasValidCheck(text, start, index)) return -1;
  const ref = refOf(scan, 'iban', `iban/${text.slice(start, digitsStart).toLowerCase()}`);
  return ref === undefined ? -1 : addHit(scan, text, start, index, ref);
}

function hasValidCheck(text: string, start: number, end: number): boolean {
  let remainder = 0;
  const feed = (from: number, to: number): void => {
    for (let index = from; index < to; index++) {
      const code = text.charCodeAt(index);
      if (code >= 48 && code <= 57) remainder = (remainder * 10 + code - 48) % 97;
      else if (code >= 65 && code <= 90) remainder = (remainder * 100 + code - 55) % 97;
    }
  };
  feed(start + 4, end);
  feed(start, start + 4);
  return remainder === 1;
}
