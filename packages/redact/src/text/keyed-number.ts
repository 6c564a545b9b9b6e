import type { Finding } from '../types.ts';
import { ALNUM, DIGIT, isIn } from './chars.ts';

/** Digits (and, for identifiers, letters) that a value under a name must have to be taken: least and most. */
const COUNTS: Partial<
  Record<Finding['detector'], { readonly least: number; readonly most: number; readonly letters: number }>
> = {
  cvv: { least: 3, most: 4, letters: 0 },
  ssn: { least: 9, most: 9, letters: 0 },
  iban: { least: 12, most: 34, letters: 30 },
  'national-id': { least: 6, most: 18, letters: 10 },
  phone: { least: 7, most: 15, letters: 0 },
  card: { least: 12, most: 19, letters: 0 },
};

/**
 * End of the number that stands under a name that expects one (`cvv`, `phone`, `ssn`, …), or -1. Groups are taken from
 * the left while they fit, so that a date behind a phone number stays out. With only white space between name and
 * value (`loose`), a phone number needs nine digits.
 */
export function keyedEnd(
  detector: Finding['detector'],
  text: string,
  start: number,
  end: number,
  loose: boolean,
): number {
  const counts = COUNTS[detector];
  if (counts === undefined) return -1;
  let digits = 0;
  let letters = 0;
  let accepted = -1;
  const least = loose && detector === 'phone' ? 9 : counts.least;
  for (let index = start; index < end; index++) {
    const inWord = isIn(text, index, ALNUM);
    if (inWord && isIn(text, index, DIGIT)) digits++;
    else if (inWord) letters++;
    if (digits + letters > counts.most || letters > counts.letters) return accepted;
    const atEnd = index + 1 === end || !isIn(text, index + 1, ALNUM);
    if (inWord && atEnd && digits >= least) {
      accepted = index + 1;
      if (detector === 'cvv') return isIn(text, accepted, ALNUM) ? -1 : accepted;
    }
  }
  return accepted;
}
