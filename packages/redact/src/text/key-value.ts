import { addHit, type CompiledKey, type RuleRef, refOf, type Scan } from '../engine.ts';
import {
  ALNUM,
  backslashesBefore,
  bits,
  DASH,
  DIGIT,
  DOT,
  isIn,
  LOWER,
  QUOTE,
  SPACE,
  skip,
  UNDERSCORE,
  UPPER,
} from './chars.ts';
import { onAuthorization, onCookieValue } from './header.ts';
import { keyedEnd } from './keyed-number.ts';
import { markerEnd } from './marker.ts';
import { isPlaceholder, isProse, looksMade, looksRandom } from './value-shape.ts';

/** The longest value that a medium or weak name looks at. A bound keeps the scan linear. */
const MAX_VALUE = 2048;

/** Where the value of a `name=value` pair lies. One object, reused: scans do not nest inside a parse. */
interface Pair {
  start: number;
  end: number;
  /** The name stood in quotes. */
  keyQuoted: boolean;
  /** They were bare `"`, as around a name in JSON. */
  keyBare: boolean;
  /** The value stands in quotes. */
  quoted: boolean;
  /** Only white space stood between. */
  loose: boolean;
  /** `name=`, as opposed to `name:` */
  assigned: boolean;
}

const pair: Pair = { start: 0, end: 0, keyQuoted: false, keyBare: false, quoted: false, loose: false, assigned: false };

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

/** A term that names a secret ends at `end`: takes the value that follows. Returns where to go on, or -1. */
export function onKey(scan: Scan, text: string, start: number, end: number, key: CompiledKey): number {
  if (!isWholeName(text, start, end, key)) return -1;
  if (key.strength === 'exempt' || key.action === 'keep') return end;
  if (key.detector === 'authorization') {
    const taken = onAuthorization(scan, text, end, key);
    if (taken !== -1) return taken;
  }
  // A value refused once has no part that would pass: reading the parts again would make the scan quadratic.
  if (key.strength === 'medium' && end < scan.plainEnd) return -1;
  if (key.strength === 'weak' && end < Math.max(scan.plainEnd, scan.dullEnd)) return -1;
  if (!findValue(scan, text, start, end, key)) return -1;
  const composite = !pair.quoted && pair.keyQuoted && '{['.includes(text.charAt(pair.start));
  if (key.detector === 'authorization' && !composite) return -1;
  if (key.detector === 'cookie' && !composite)
    return onCookieValue(scan, text, pair.start, pair.quoted ? pair.end : -1, key);
  if (!accepts(text, key)) {
    if (!pair.quoted && key.strength === 'medium') scan.plainEnd = Math.max(scan.plainEnd, pair.end);
    if (!pair.quoted && key.strength === 'weak') scan.dullEnd = Math.max(scan.dullEnd, pair.end);
    return -1;
  }
  return addHit(scan, text, pair.start, pair.end, contextual(scan, text, start, key));
}

function accepts(text: string, key: CompiledKey): boolean {
  const { start, end } = pair;
  if (isPlaceholder(text, start, end) && !(end - start > 3 && key.detector === 'custom')) return false;
  switch (key.strength) {
    case 'strong':
      if (pair.loose) return looksMade(text, start, end) || isNumber(text, start, end);
      if (pair.quoted && pair.keyQuoted) return !isLiteralWord(text, start, end);
      return !isProse(text, start, end) && !isLiteralWord(text, start, end);
    case 'medium':
      return looksMade(text, start, end);
    case 'weak':
      return looksRandom(text, start, end);
    default:
      pair.end = keyedEnd(key.detector, text, start, end, pair.loose);
      return pair.end > start;
  }
}

/** Four digits or more and nothing else: a code, not `12` characters. */
function isNumber(text: string, start: number, end: number): boolean {
  return end - start >= 4 && skip(text, start, DIGIT, end) === end;
}

function isLiteralWord(text: string, start: number, end: number): boolean {
  if (pair.quoted || end - start > 9) return false;
  const word = text.slice(start, end);
  return word === 'true' || word === 'false' || word === 'null' || word === 'undefined' || word === 'None';
}

/** The same secret is called by where it stood: in a query, in a connection string, or anywhere else. */
function contextual(scan: Scan, text: string, start: number, key: CompiledKey): RuleRef {
  if (key.detector !== 'secret' || pair.keyQuoted || !pair.assigned) return key;
  const nameStart = nameStartBefore(text, start);
  const before = text.charCodeAt(nameStart - 1);
  if (before === 63 || before === 38)
    return refOf(scan, 'query-secret', key.rule.replace('secret', 'query-secret')) ?? key;
  let index = nameStart;
  while (index > 0 && isIn(text, index - 1, SPACE) && nameStart - index < 4) index--;
  if (text.charCodeAt(index - 1) === 59 || (text.charCodeAt(pair.end) === 59 && startsPair(text, pair.end + 1))) {
    return refOf(scan, 'connection-string', key.rule.replace('secret', 'connection-string')) ?? key;
  }
  return key;
}

/** First character of the name of which the term at `start` is the end. */
export function nameStartBefore(text: string, start: number): number {
  let index = start;
  while (index > 0 && start - index < 64 && isIn(text, index - 1, ALNUM | UNDERSCORE | DASH | DOT)) index--;
  return index;
}

/** Reads what stands between name and value, and finds the value's ends. */
function findValue(scan: Scan, text: string, start: number, end: number, key: CompiledKey): boolean {
  let index = skip(text, end, DIGIT, end + 2);
  pair.keyQuoted = false;
  pair.loose = false;
  pair.assigned = false;
  pair.keyBare = false;
  const afterSlashes = skipBackslashes(text, index);
  if (isIn(text, afterSlashes, QUOTE)) {
    pair.keyBare = ((afterSlashes - index) & 1) === 0 && text.charCodeAt(afterSlashes) === 34;
    index = afterSlashes + 1;
    pair.keyQuoted = true;
  }
  if (text.charCodeAt(index) === 93) index++;
  const gap = index;
  index = skip(text, index, SPACE, index + 16);
  const code = text.charCodeAt(index);
  if (code === 61 || code === 58) {
    pair.assigned = code === 61;
    index++;
    if (code === 58 && text.charCodeAt(index) === 61) index++;
    if (code === 61 && (text.charCodeAt(index) === 62 || text.charCodeAt(index) === 61)) index++;
    return valueAt(scan, text, skip(text, index, SPACE, index + 16), key, code === 61);
  }
  if (code === 62 && !pair.keyQuoted) return elementAt(scan, text, start, index + 1);
  if (pair.keyQuoted) return namedValue(scan, text, index, key);
  if (index === gap) return false;
  const phrase = skipPhrase(text, index);
  if (phrase > index) {
    pair.loose = true;
    return valueAt(scan, text, phrase, key, false);
  }
  return looseValue(scan, text, start, index, key);
}

function skipBackslashes(text: string, from: number): number {
  let index = from;
  while (text.charCodeAt(index) === 92 && index - from < 64) index++;
  return index;
}

/** `password is …`, `password was …`, `password set to …` */
function skipPhrase(text: string, index: number): number {
  for (const phrase of ['is ', 'was ', 'set to ', 'changed to ', 'no. ', 'number ', 'nr. ', '# ', '-> ']) {
    if (text.startsWith(phrase, index)) return skip(text, index + phrase.length, SPACE, index + phrase.length + 4);
  }
  return index;
}

/** `--password value`, `PASSWORD 'value'`, `SSN 123456789` */
function looseValue(scan: Scan, text: string, start: number, index: number, key: CompiledKey): boolean {
  const flag = text.charCodeAt(nameStartBefore(text, start)) === 45;
  const sql = text.charCodeAt(index) === 39 && key.strength !== 'weak';
  if (!flag && !sql && key.strength !== 'digits') return false;
  if (flag && text.charCodeAt(index) === 45) return false;
  pair.loose = key.strength === 'digits';
  return valueAt(scan, text, index, key, false);
}

/** `"name":"password","value":"…"`, as headers and variables are often written. */
function namedValue(scan: Scan, text: string, from: number, key: CompiledKey): boolean {
  if (key.strength === 'digits' || (text.charCodeAt(from) !== 44 && from === 0)) return false;
  let index = text.charCodeAt(from) === 44 ? skip(text, from + 1, SPACE, from + 9) : from;
  index = skipBackslashes(text, index);
  if (isIn(text, index, QUOTE)) index++;
  if (!text.startsWith('value', index) && !text.startsWith('Value', index)) return false;
  index = skipBackslashes(text, index + 5);
  if (isIn(text, index, QUOTE)) index++;
  index = skip(text, index, SPACE, index + 4);
  const code = text.charCodeAt(index);
  if (code !== 58 && code !== 61) return false;
  return valueAt(scan, text, skip(text, index + 1, SPACE, index + 5), key, code === 61);
}

/** `<password>value</password>` */
function elementAt(scan: Scan, text: string, start: number, index: number): boolean {
  const nameStart = nameStartBefore(text, start);
  let open = nameStart - 1;
  if (text.charCodeAt(open) === 58) open = nameStartBefore(text, open) - 1;
  if (text.charCodeAt(open) !== 60) return false;
  let end = index;
  while (end < text.length && text.charCodeAt(end) !== 60 && !(scan.json && text.charCodeAt(end) === 34)) end++;
  if (text.charCodeAt(end) !== 60) return false;
  pair.start = index;
  pair.end = end;
  pair.quoted = true;
  return end > index;
}

function valueAt(scan: Scan, text: string, index: number, key: CompiledKey, assigned: boolean): boolean {
  const slashes = skipBackslashes(text, index) - index;
  const quoteIndex = index + slashes;
  pair.quoted = isIn(text, quoteIndex, QUOTE);
  if (pair.quoted) {
    const bare = (slashes & 1) === 0 && text.charCodeAt(quoteIndex) === 34;
    // In JSON this quote ends the string in which the name stands; there is no value.
    if (scan.json && bare && !pair.keyBare) return false;
    pair.start = quoteIndex + 1;
    pair.end = quotedEnd(
      text,
      quoteIndex,
      slashes,
      scan.json,
      key.strength === 'strong' && !pair.loose ? text.length : quoteIndex + MAX_VALUE,
    );
    return pair.end > pair.start;
  }
  pair.start = index;
  const code = text.charCodeAt(index);
  if ((code === 123 || code === 91) && pair.keyQuoted) {
    if (key.strength !== 'strong') return false;
    pair.end = balancedEnd(text, index, pair.keyBare);
    return true;
  }
  pair.end = key.strength === 'digits' ? numberEnd(text, index, pair.loose) : bareEnd(text, index, assigned);
  return pair.end > index;
}

/** End of a quoted value: the same quote behind the same number of backslashes, or the end of the line or text. */
function quotedEnd(text: string, quoteIndex: number, slashes: number, json: boolean, limit: number): number {
  const quote = text.charCodeAt(quoteIndex);
  const end = Math.min(limit, text.length);
  const period = slashes === 0 ? 2 : slashes + 1;
  let run = 0;
  for (let index = quoteIndex + 1; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code === 92) {
      run++;
      continue;
    }
    if (code === quote && run % (slashes === 0 ? period : 2 * period) === slashes % (2 * period))
      return index - slashes;
    // A quote of an outer level ends everything inside it.
    if (code === quote && (run < slashes || (slashes > 0 && (run & 1) === 0))) return index - run;
    if (json && code === 34 && (run & 1) === 0) return index - run;
    if (code === 10) return index;
    run = 0;
  }
  return end;
}

/** End of a JSON object or array, strings respected; the end of the text, or of the string around it, when it is cut off. */
function balancedEnd(text: string, start: number, bare: boolean): number {
  let depth = 0;
  let inString = false;
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 92 && (bare ? inString : text.charCodeAt(index + 1) !== 34)) index++;
    else if (code === 34 && !bare && text.charCodeAt(index - 1) !== 92) return index;
    else if (code === 34) inString = !inString;
    else if (inString) continue;
    else if (code === 123 || code === 91) depth++;
    else if (code === 125 || code === 93) {
      depth--;
      if (depth === 0) return index + 1;
    }
  }
  return text.length;
}

/** End of a value without quotes: white space, quote, `& ; < >`, or a bracket or comma that ends something. */
function bareEnd(text: string, start: number, assigned: boolean): number {
  const end = text.length;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    const marker = code === 91 ? markerEnd(text, index) : -1;
    if (marker !== -1) return index === start ? marker : trimEnd(text, start, index);
    if (isIn(text, index, SPACE | QUOTE) || code === 38 || code === 59 || code === 60 || code === 62)
      return trimEnd(text, start, index);
    if (code === 44 && (!isIn(text, index + 1, ALNUM) || startsPair(text, index + 1) || !assigned))
      return trimEnd(text, start, index);
    if ((code === 41 || code === 93 || code === 125) && !isIn(text, index + 1, ALNUM))
      return trimEnd(text, start, index);
    if (code === 92 && isEscapedBreak(text, index)) return trimEnd(text, start, index);
    if (code === 0x2028 || code === 0x2029 || code === 0xa0) return index;
  }
  return trimEnd(text, start, end);
}

function isEscapedBreak(text: string, index: number): boolean {
  const next = text.charCodeAt(index + 1);
  return next === 110 || next === 114 || next === 116 || next === 34 || next === 39;
}

/** The backslash of a closing `\"` and the full stop of a sentence are not part of the value. */
function trimEnd(text: string, start: number, end: number): number {
  let index = end;
  while (index > start && text.charCodeAt(index - 1) === 92) index--;
  if (index - 1 > start && text.charCodeAt(index - 1) === 46) index--;
  return index;
}

/** `name=` or `name:` within 32 characters */
function startsPair(text: string, index: number): boolean {
  const end = skip(text, index, ALNUM | UNDERSCORE | DASH | DOT | SPACE, index + 32);
  const code = text.charCodeAt(end);
  return code === 61 || code === 58 || (code === 34 && text.charCodeAt(end + 1) === 58);
}

/** End of a number written in groups: digits, letters of ids, and single spaces, dashes, dots, slashes, brackets. */
function numberEnd(text: string, start: number, loose: boolean): number {
  let index = start;
  let end = start;
  while (index < text.length && index - start < 48) {
    const code = text.charCodeAt(index);
    const kind = bits(text, index);
    if ((kind & DIGIT) !== 0 || (!loose && (kind & UPPER) !== 0)) end = index + 1;
    else if (loose && (kind & UPPER) !== 0 && index - start < 2) end = index + 1;
    else if (code === 32 || code === 45 || code === 46 || code === 47 || code === 40 || code === 41 || code === 43) {
      if (code === 32 && text.charCodeAt(index + 1) === 32) break;
    } else break;
    index++;
  }
  return end;
}
