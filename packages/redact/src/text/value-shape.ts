import { ALNUM, bits, DIGIT, isIn, LOWER, SPACE, UPPER } from './chars.ts';
import { markerEnd } from './marker.ts';

/** Words that follow `password:` or `token is` in prose and are no value. */
const PROSE = new Set(
  (
    'a an and any are as at be been but by can cannot changed character characters check contains could did do does ' +
    'empty error exceeded expired expires failed failure false field for format from generated given good has have ' +
    'hash hidden if in incorrect invalid is it its length long match matches maximum may minimum mismatch missing must ' +
    'needed never new nil no none not null number of off ok old on only optional or present provided redacted refused ' +
    'rejected removed requested required reset rotated sent set shall short should size space string strong successful ' +
    'successfully that the their them then there this to too true type unchanged undefined unexpected unknown unset ' +
    'unsupported updated user valid validation value verified was weak were when will with within wrong yes you your'
  ).split(' '),
);

/** Starts of values that only stand for a value. */
const PLACEHOLDER_STARTS = [
  '${',
  '{{',
  '<',
  '%(',
  '%s',
  '%d',
  '%v',
  '$(',
  '#{',
  'process.env',
  'env.',
  'os.environ',
  '...',
  '[]',
  'vault:',
  'op://',
  'ref+',
  'arn:aws',
];
const PLACEHOLDER_WORDS = [
  'your',
  'my',
  'some',
  'example',
  'placeholder',
  'dummy',
  'sample',
  'insert',
  'todo',
  'enter',
  'replace',
];

/** True for masks, variables and `your-api-key-here`: nothing to hide, and nothing lost if it stays. */
export function isPlaceholder(text: string, start: number, end: number): boolean {
  if (end <= start) return true;
  if (markerEnd(text, start) !== -1) return true;
  if (end - start > 64) return false;
  if (isFill(text, start, end)) return true;
  for (const prefix of PLACEHOLDER_STARTS) if (text.startsWith(prefix, start)) return true;
  if (text.charCodeAt(start) === 36 && isIn(text, start + 1, UPPER)) return true;
  const lower = text.slice(start, end).toLowerCase();
  for (let index = start; index < end; index++) if (isIn(text, index, DIGIT)) return false;
  return PLACEHOLDER_WORDS.some(
    (word) => lower.startsWith(word) && (lower.length === word.length || '-_ '.includes(lower.charAt(word.length))),
  );
}

/** True for mask characters only; `x` counts from three on. */
function isFill(text: string, start: number, end: number): boolean {
  const letters = end - start >= 3 ? 'xX' : '';
  for (let index = start; index < end; index++) {
    const char = text[index]!;
    if (!`*•.-_?${letters}`.includes(char)) return false;
  }
  return true;
}

/** True for a word of prose, such as `required` after `password:`. */
export function isProse(text: string, start: number, end: number): boolean {
  if (end - start > 16) return false;
  for (let index = start; index < end; index++)
    if (!isIn(text, index, LOWER | UPPER)) return end - start < 3 && !isIn(text, start, ALNUM);
  return PROSE.has(text.slice(start, end).toLowerCase());
}

/** Six characters or more with a digit among them, or sixteen of both cases, and no white space. */
export function looksMade(text: string, start: number, end: number): boolean {
  let kinds = 0;
  for (let index = start; index < end; index++) kinds |= bits(text, index);
  if ((kinds & SPACE) !== 0) return false;
  const length = end - start;
  if ((kinds & DIGIT) !== 0 && (kinds & (LOWER | UPPER)) !== 0) return length >= 6;
  if ((kinds & (LOWER | UPPER)) === 0) return length >= 10 && (kinds & DIGIT) !== 0;
  return length >= 16 && (kinds & UPPER) !== 0 && (kinds & LOWER) !== 0;
}

const counts = new Uint8Array(128);

/**
 * At least 16 characters of upper case, lower case and digits, no path or name characters, no UUID, no hash, and at
 * least 3.2 bits of Shannon entropy per character over the first 128.
 */
export function looksRandom(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length < 16) return false;
  const limit = Math.min(end, start + 128);
  let kinds = 0;
  counts.fill(0);
  for (let index = start; index < limit; index++) {
    const code = text.charCodeAt(index);
    const kind = bits(text, index);
    if (kind === 0 || (kind & SPACE) !== 0 || code === 58 || code === 46 || code === 47) return false;
    kinds |= kind;
    counts[code] = counts[code]! + 1;
  }
  if ((kinds & DIGIT) === 0 || (kinds & UPPER) === 0 || (kinds & LOWER) === 0) return false;
  let entropy = 0;
  for (let code = 33; code < 127; code++) {
    const share = counts[code]! / (limit - start);
    if (share > 0) entropy -= share * Math.log2(share);
  }
  return entropy >= 3.2;
}
