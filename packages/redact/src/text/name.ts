import type { CompiledKey } from '../engine.ts';
import { ALNUM, backslashesBefore, bits, DASH, DIGIT, DOT, isIn, LOWER, skip, UNDERSCORE, UPPER } from './chars.ts';

/** True when the name that ends before `end` is complete on both sides, `start` being where the term begins. */
export function isWholeName(text: string, start: number, end: number, key: CompiledKey): boolean {
  if (isIn(text, end, ALNUM) && !isDigitTail(text, end)) return false;
  if (isIn(text, end, UNDERSCORE | DASH | DOT) && isIn(text, end + 1, ALNUM)) return false;
  if (start === 0) return true;
  const before = bits(text, start - 1);
  if (key.whole && (before & (ALNUM | UNDERSCORE | DASH | DOT)) !== 0) return isEscapeLetter(text, start - 1);
  if (key.glued || (before & ALNUM) === 0) return true;
  if ((before & DIGIT) !== 0) return true;
  return ((before & LOWER) !== 0 && isIn(text, start, UPPER)) || isEscapeLetter(text, start - 1);
}

/** `password1`, `password2` */
function isDigitTail(text: string, end: number): boolean {
  const stop = skip(text, end, DIGIT, end + 3);
  return stop > end && stop < end + 3 && !isIn(text, stop, ALNUM);
}

/** The `n` of a `\n` that is written out. */
function isEscapeLetter(text: string, index: number): boolean {
  return 'nrt'.includes(text.charAt(index)) && (backslashesBefore(text, index) & 1) === 1;
}

/** First character of the name of which the term at `start` is the end. */
export function nameStartBefore(text: string, start: number): number {
  let index = start;
  while (index > 0 && start - index < 64 && isIn(text, index - 1, ALNUM | UNDERSCORE | DASH | DOT)) index--;
  return index;
}
