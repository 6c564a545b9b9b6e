import { addHit, refOf, type Scan } from '../engine.ts';
import { ALNUM, bits, DIGIT, isIn, UNDERSCORE } from './chars.ts';

/**
 * A `+` at `index`: an international number (ITU-T E.164) of 8 to 15 digits, in groups by single spaces, dashes, dots
 * or brackets. A `+` inside a word, an expression or a time zone (`+02:00`) is none.
 */
export function onPlus(scan: Scan, text: string, index: number): number {
  const ref = refOf(scan, 'phone', 'phone/e164');
  if (ref === undefined || isIn(text, index - 1, ALNUM | UNDERSCORE)) return -1;
  const first = text.charCodeAt(index + 1);
  if (first < 49 || first > 57) return -1;
  let count = 0;
  let end = -1;
  let at = index + 1;
  for (; at < text.length && count <= 15; at++) {
    const code = text.charCodeAt(at);
    if ((bits(text, at) & DIGIT) !== 0) {
      count++;
      if (count >= 8 && !isIn(text, at + 1, DIGIT)) end = at + 1;
    } else if (!isSeparator(code) || !continues(text, at)) break;
  }
  if (end === -1 || count > 15 || isIn(text, end, ALNUM | UNDERSCORE) || isFiction(text, index, end)) return -1;
  return addHit(scan, text, index, end, ref);
}

function isSeparator(code: number): boolean {
  return code === 32 || code === 45 || code === 46 || code === 40 || code === 41 || code === 0xa0;
}

/** A digit or one bracket follows. */
function continues(text: string, at: number): boolean {
  if (isIn(text, at + 1, DIGIT)) return true;
  const next = text.charCodeAt(at + 1);
  return (
    (next === 40 || next === 41 || next === 32 || next === 45) &&
    (isIn(text, at + 2, DIGIT) || text.charCodeAt(at + 2) === 40)
  );
}

/** North American 555-0100 to 555-0199, kept free for fiction. */
function isFiction(text: string, start: number, end: number): boolean {
  let digits = '';
  for (let index = start; index < end; index++) if (isIn(text, index, DIGIT)) digits += text[index];
  return digits.length === 11 && digits.startsWith('1') && digits.slice(4, 9) === '55501';
}
