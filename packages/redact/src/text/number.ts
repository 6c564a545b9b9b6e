import { addHit, refOf, type Scan } from '../engine.ts';
import { issuerOf, mayBeCard } from './card.ts';
import {
  ALNUM,
  backslashesBefore,
  bits,
  DASH,
  DIGIT,
  DOT,
  isIn,
  SPACE,
  skip,
  skipBack,
  UNDERSCORE,
  UPPER,
} from './chars.ts';
import { onIpv4 } from './ip.ts';
import { onGroupedId, onLetteredId } from './national-id.ts';
import { ssnEnd } from './ssn.ts';

/** Lengths of groups in which card numbers are printed, as digits in base 20. */
const GROUPINGS: ReadonlySet<number> = new Set(
  [
    [4, 4, 4, 4],
    [4, 6, 5],
    [4, 6, 4],
    [4, 4, 4, 4, 3],
    [6, 13],
    [8, 8],
    [4, 4, 5],
    [4, 4, 4, 3],
    [4, 4, 4, 2],
  ].map((lengths) => lengths.reduce((code, length) => code * 20 + length, 0)),
);
const MAX_GROUPS = 5;
const groupEnds = new Int32Array(MAX_GROUPS);
const groupCodes = new Int32Array(MAX_GROUPS);

const digits = new Uint8Array(32);

/**
 * A run of digits begins at `start`. Tries everything that begins with digits, and returns the end of what it took, or
 * else of the run, so that no digit is met twice.
 */
export function onDigits(scan: Scan, text: string, start: number): number {
  const end = skip(text, start, DIGIT, text.length);
  const before = bits(text, start - 1);
  if ((before & (ALNUM | UNDERSCORE)) !== 0 && !isEscapeEnd(text, start - 1)) {
    if ((before & UPPER) !== 0) {
      const taken = onLetteredId(scan, text, start, end);
      if (taken > end) return taken;
    }
    return end;
  }
  const length = end - start;
  if (length > 19) return end;
  const card = cardEnd(scan, text, start, end);
  if (card > start) return card;
  if (length === 3) {
    const ssn = ssnEnd(scan, text, start, end);
    if (ssn > start) return ssn;
  }
  const id = onGroupedId(scan, text, start, end);
  if (id > start) return id;
  if (scan.cardEnd >= 0 && (length === 3 || length === 4)) {
    const cvv = cvvEnd(scan, text, start, end);
    if (cvv > start) return cvv;
  }
  if (length <= 3 && text.charCodeAt(end) === 46) return onIpv4(scan, text, start, end);
  return end;
}

/** The last letter of `\n`, `\r`, `\t` written out. */
function isEscapeEnd(text: string, index: number): boolean {
  if (text.charCodeAt(index - 1) !== 92) return false;
  const code = text.charCodeAt(index);
  return (code === 110 || code === 114 || code === 116) && (backslashesBefore(text, index) & 1) === 1;
}

/** A fraction (`0.4111…`) or a longer number or word around the digits. */
function isJoined(text: string, start: number, end: number): boolean {
  if (isIn(text, start - 1, DOT) && isIn(text, start - 2, DIGIT)) {
    const whole = skipBack(text, start - 1, DIGIT, Math.max(0, start - 24));
    if (!isIn(text, whole - 1, ALNUM | UNDERSCORE)) return true;
  }
  return isIn(text, end, ALNUM | UNDERSCORE) || (isIn(text, end, DOT) && isIn(text, end + 1, DIGIT));
}

function cardEnd(scan: Scan, text: string, start: number, firstEnd: number): number {
  const length = firstEnd - start;
  if (length < 4 || !mayBeCard(text.charCodeAt(start), text.charCodeAt(start + 1))) return -1;
  if (length >= 12) {
    if (isJoined(text, start, firstEnd) || isHexNeighbour(text, start, firstEnd)) return -1;
    return takeCard(scan, text, start, firstEnd);
  }
  const separator = text.charCodeAt(firstEnd);
  if (separator !== 32 && separator !== 45 && separator !== 46 && separator !== 0xa0) return -1;
  for (let count = readGroups(text, start, firstEnd); count > 1; count--) {
    const end = groupEnds[count - 1]!;
    if (!GROUPINGS.has(groupCodes[count - 1]!) || isIn(text, end, ALNUM | UNDERSCORE)) continue;
    const taken = takeCard(scan, text, start, end);
    if (taken > start) return taken;
  }
  return -1;
}

/** Notes up to five groups of digits with single separators between; returns how many. */
function readGroups(text: string, start: number, firstEnd: number): number {
  groupEnds[0] = firstEnd;
  groupCodes[0] = firstEnd - start;
  let count = 1;
  while (count < MAX_GROUPS) {
    const from = groupEnds[count - 1]! + 1;
    const code = text.charCodeAt(from - 1);
    if (code !== 32 && code !== 45 && code !== 46 && code !== 0xa0) break;
    const end = skip(text, from, DIGIT, from + 20);
    const length = end - from;
    if (length === 0 || length > 13) break;
    groupEnds[count] = end;
    groupCodes[count] = groupCodes[count - 1]! * 20 + length;
    count++;
  }
  return count;
}

/** Digits between dashes with letters beyond them are a piece of a UUID or of another code. */
function isHexNeighbour(text: string, start: number, end: number): boolean {
  const left =
    isIn(text, start - 1, DASH) &&
    isIn(text, start - 2, ALNUM) &&
    isIn(text, start - 3, ALNUM) &&
    hasDigitNear(text, start - 2);
  const right = isIn(text, end, DASH) && isIn(text, end + 1, ALNUM);
  return left || right;
}

function hasDigitNear(text: string, index: number): boolean {
  for (let at = index; at > index - 4; at--) if (isIn(text, at, DIGIT)) return true;
  return false;
}

function takeCard(scan: Scan, text: string, start: number, end: number): number {
  let count = 0;
  for (let index = start; index < end && count < 20; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit >= 0 && digit <= 9) digits[count++] = digit;
  }
  const issuer = issuerOf(digits, count);
  if (issuer === undefined) return -1;
  const ref = refOf(scan, 'card', `card/${issuer}`);
  scan.cardEnd = end;
  return ref === undefined ? -1 : addHit(scan, text, start, end, ref);
}

/** Three or four digits alone, within 24 characters after a card number, perhaps behind its expiry date. */
function cvvEnd(scan: Scan, text: string, start: number, end: number): number {
  if (
    start - scan.cardEnd > 24 ||
    isIn(text, end, ALNUM | UNDERSCORE | DOT | DASH) ||
    text.charCodeAt(end) === 47 ||
    text.charCodeAt(end) === 58
  )
    return -1;
  for (let index = scan.cardEnd; index < start; index++) {
    const code = text.charCodeAt(index);
    const allowed =
      isIn(text, index, DIGIT | SPACE) || code === 47 || code === 44 || code === 59 || code === 124 || code === 45;
    if (!allowed) return -1;
  }
  const expiry = end - start === 4 && !text.slice(scan.cardEnd, start).includes('/') && isExpiry(text, start);
  const ref = expiry ? undefined : refOf(scan, 'cvv', 'cvv/after-card');
  return ref === undefined ? -1 : addHit(scan, text, start, end, ref);
}

/** `MMYY` */
function isExpiry(text: string, start: number): boolean {
  const month = Number(text.slice(start, start + 2));
  return month >= 1 && month <= 12;
}
