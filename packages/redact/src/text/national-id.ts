import { LETTERED_IDS, NATIONAL_IDS, type NationalId } from '../data/national-ids.ts';
import { addHit, refOf, type Scan } from '../engine.ts';
import { ALNUM, DASH, DIGIT, DOT, isIn, UNDERSCORE, UPPER } from './chars.ts';
import { onIban } from './iban.ts';

interface Form extends NationalId {
  /** Character code that must follow the first run, or 0 when it may be left out or is a letter. */
  readonly next: number;
}

/** Forms by the length of the run of digits, or of letters, with which they begin. */
const byDigits: Form[][] = Array.from({ length: 20 }, () => []);
const byLetters: Form[][] = Array.from({ length: 7 }, () => []);
for (const id of NATIONAL_IDS) {
  const run = leading(id.form, '9');
  const next = id.form[run];
  byDigits[run]!.push({
    ...id,
    next: next === '?' ? id.form.charCodeAt(run + 1) : next === 'X' ? 0 : id.form.charCodeAt(run),
  });
  // A check character that may be a letter or the last digit.
  if (next === 'X') byDigits[run + 1]!.push({ ...id, next: 0 });
  // Without its optional separators the first run is as long as all digits together.
  const all = id.form.replaceAll(/[^9]/g, '').length;
  if (id.form.includes('?')) byDigits[all]!.push({ ...id, next: 0 });
}
for (const id of LETTERED_IDS) byLetters[leading(id.form, 'A')]!.push({ ...id, next: 0 });

function leading(form: string, symbol: string): number {
  let count = 0;
  while (form[count] === symbol || (symbol === '9' && isIn(form, count, DIGIT))) count++;
  return count;
}

/** Letters stand before the digits at `start`: identifiers that mix both. Returns where to go on, or `end`. */
export function onLetteredId(scan: Scan, text: string, start: number, end: number): number {
  let letters = 0;
  while (letters < 7 && isIn(text, start - letters - 1, UPPER)) letters++;
  if (letters === 0 || letters === 7 || isIn(text, start - letters - 1, ALNUM | UNDERSCORE)) return end;
  if (letters === 2) {
    const iban = onIban(scan, text, start);
    if (iban > end) return iban;
  }
  const taken = takeFirst(scan, text, start - letters, byLetters[letters]!, 0);
  return taken > end ? taken : end;
}

/** `AB 12 34 56 C` and `X-1234567-L`: letters and a separator stand before the digits. Returns where to go on, or -1. */
function onSpacedLetters(scan: Scan, text: string, start: number): number {
  let letters = 0;
  while (letters < 3 && isIn(text, start - letters - 2, UPPER)) letters++;
  if (letters === 0 || letters === 3 || isIn(text, start - letters - 2, ALNUM | UNDERSCORE)) return -1;
  return takeFirst(scan, text, start - letters - 1, byLetters[letters]!, 0);
}

/** Identifiers that begin with digits. Returns where to go on, or -1. */
export function onGroupedId(scan: Scan, text: string, start: number, end: number): number {
  const before = text.charCodeAt(start - 1);
  if ((before === 32 || before === 45) && isIn(text, start - 2, UPPER)) {
    const taken = onSpacedLetters(scan, text, start);
    if (taken > end) return taken;
  }
  const candidates = byDigits[end - start]!;
  if (candidates.length === 0 || (isIn(text, start - 1, DASH | DOT) && isIn(text, start - 2, ALNUM))) return -1;
  if (before === 32 && end - start === 4 && isIn(text, start - 2, DIGIT)) return -1;
  return takeFirst(scan, text, start, candidates, text.charCodeAt(end));
}

function takeFirst(scan: Scan, text: string, start: number, candidates: readonly Form[], next: number): number {
  for (let index = 0; index < candidates.length; index++) {
    const candidate = candidates[index]!;
    if (candidate.next !== 0 && candidate.next !== next) continue;
    const end = shapeEnd(text, start, candidate.form);
    if (end === -1 || !candidate.accepts(contentOf(text, start, end))) continue;
    const ref = refOf(scan, 'national-id', `national-id/${candidate.id}`);
    return ref === undefined ? -1 : addHit(scan, text, start, end, ref);
  }
  return -1;
}

/** End of a text of that form at `start`, or -1. */
function shapeEnd(text: string, start: number, form: string): number {
  let index = start;
  for (let at = 0; at < form.length; at++) {
    const symbol = form.charCodeAt(at);
    if (symbol === 63) {
      at++;
      if (text.charCodeAt(index) === form.charCodeAt(at)) index++;
      continue;
    }
    const set = symbol === 57 ? DIGIT : symbol === 65 ? UPPER : symbol === 88 ? UPPER | DIGIT : 0;
    if (set === 0 ? text.charCodeAt(index) !== symbol : !isIn(text, index, set)) return -1;
    index++;
  }
  if (isIn(text, index, ALNUM | UNDERSCORE) || (isIn(text, index, DASH | DOT) && isIn(text, index + 1, DIGIT)))
    return -1;
  return index;
}

/** Its letters and digits. */
function contentOf(text: string, start: number, end: number): string {
  let content = '';
  for (let index = start; index < end; index++) if (isIn(text, index, ALNUM)) content += text[index];
  return content;
}
