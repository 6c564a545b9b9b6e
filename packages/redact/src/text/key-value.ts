import { addHit, type CompiledKey, isJsonScan, type RuleRef, refOf, type Scan } from '../engine.ts';
import { DIGIT, isIn, QUOTE, SPACE, skip } from './chars.ts';
import { onAuthorization, onCookieValue } from './header.ts';
import { keyedEnd } from './keyed-number.ts';
import { isWholeName, nameStartBefore } from './name.ts';
import { balancedEnd, bareEnd, numberEnd, quotedEnd, startsPair } from './value-end.ts';
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
      if (!pair.quoted && isPlural(key.rule) && isCount(text, start, end)) return false;
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

function isPlural(rule: string): boolean {
  return ['words', 'secrets', 'credentials', 'creds', 'keys', 'codes'].some((ending) => rule.endsWith(ending));
}

/** `passwords: 3 changed` */
function isCount(text: string, start: number, end: number): boolean {
  return end - start <= 4 && skip(text, start, DIGIT, end) === end;
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
  while (end < text.length && text.charCodeAt(end) !== 60 && !(isJsonScan(scan, text) && text.charCodeAt(end) === 34))
    end++;
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
    if (isJsonScan(scan, text) && bare && !pair.keyBare) return false;
    pair.start = quoteIndex + 1;
    pair.end = quotedEnd(
      text,
      quoteIndex,
      slashes,
      isJsonScan(scan, text),
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
