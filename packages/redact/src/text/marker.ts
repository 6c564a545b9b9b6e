import { ALNUM, bits, DASH, DIGIT, DOT, isIn, LOWER } from './chars.ts';

/** What every replacement begins with. */
export const MARKER_START = '[REDACTED';
/** Stands for everything past a byte, depth or node limit. */
export const BUDGET_MARKER = '[REDACTED:budget]';
/** Stands in text for a value whose action is `drop`. */
export const DROPPED = '[]';

/**
 * The end of the marker that begins at `start`, or -1. The grammar is closed, so that nothing but a marker passes for
 * one: `[REDACTED]`, `[REDACTED:name]`, `[REDACTED:name:1234]` (last four) and `[REDACTED:name:k1.abcdefghijklmnop]`
 * (pseudonym, letters only, so that no number passes).
 */
export function markerEnd(text: string, start: number): number {
  if (!text.startsWith(MARKER_START, start)) return -1;
  let index = start + MARKER_START.length;
  if (text.charCodeAt(index) === 93) return index + 1;
  if (text.charCodeAt(index) !== 58) return -1;
  const name = ++index;
  while (index - name < 32 && isIn(text, index, LOWER | DASH)) index++;
  if (index === name) return -1;
  if (text.charCodeAt(index) === 93) return index + 1;
  if (text.charCodeAt(index) !== 58) return -1;
  const tail = ++index;
  while (index - tail < 25 && (bits(text, index) & (ALNUM | DOT)) !== 0) index++;
  if (text.charCodeAt(index) !== 93) return -1;
  const length = index - tail;
  if (length === 4 && text.indexOf('.', tail) !== tail) return index + 1;
  return isPseudonym(text, tail, index) ? index + 1 : -1;
}

function isPseudonym(text: string, start: number, end: number): boolean {
  const dot = end - 17;
  if (dot <= start || dot - start > 8 || text.charCodeAt(dot) !== 46) return false;
  for (let index = start; index < dot; index++) if (!isIn(text, index, LOWER | DIGIT)) return false;
  for (let index = dot + 1; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code < 97 || code > 112) return false;
  }
  return true;
}
