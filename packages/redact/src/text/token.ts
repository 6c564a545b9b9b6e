import type { TokenFormat } from '../data/tokens.ts';
import { addHit, type RuleRef, runEnd, type Scan } from '../engine.ts';
import {
  ALNUM,
  BASE64,
  BASE64URL,
  backslashesBefore,
  bits,
  DIGIT,
  DOT,
  EQUALS,
  HEX_LETTER,
  isIn,
  PLUS_SLASH,
  UNDERSCORE,
  UPPER,
  WORD,
} from './chars.ts';

const SETS: Readonly<Record<TokenFormat['charset'], number>> = {
  alnum: ALNUM,
  word: WORD,
  base64url: BASE64URL,
  base64: BASE64 | EQUALS | UNDERSCORE,
  hex: DIGIT | HEX_LETTER,
  upper: UPPER | DIGIT,
  dotted: BASE64URL | DOT | EQUALS,
  path: BASE64URL | PLUS_SLASH,
};

const SLOTS: readonly TokenFormat['charset'][] = [
  'alnum',
  'word',
  'base64url',
  'base64',
  'hex',
  'upper',
  'dotted',
  'path',
];

/** True when no token can have begun before `start`: nothing, a delimiter, or a written-out `\n`. */
export function isTokenStart(text: string, start: number): boolean {
  if (!isIn(text, start - 1, WORD)) return true;
  return 'nrt'.includes(text.charAt(start - 1)) && (backslashesBefore(text, start - 1) & 1) === 1;
}

/** A literal prefix ended; checks its case, its left side and what follows. Returns where to go on, or -1. */
export function onToken(scan: Scan, text: string, start: number, format: TokenFormat, ref: RuleRef): number {
  if (!isTokenStart(text, start) || !text.startsWith(format.prefix, start)) return -1;
  const bodyStart = start + format.prefix.length;
  const set = SETS[format.charset];
  const end = runEnd(scan, text, bodyStart, set, SLOTS.indexOf(format.charset));
  const length = end - bodyStart;
  if (length < format.least || (length > format.most && format.most === format.least) || isIn(text, end, ALNUM))
    return -1;
  if (format.digit === true && !hasDigit(text, bodyStart, end)) return -1;
  return addHit(scan, text, start, trimDots(text, end), ref);
}

function hasDigit(text: string, start: number, end: number): boolean {
  for (let index = start; index < end && index - start < 64; index++)
    if ((bits(text, index) & DIGIT) !== 0) return true;
  return false;
}

function trimDots(text: string, end: number): number {
  return isIn(text, end - 1, DOT) ? end - 1 : end;
}
