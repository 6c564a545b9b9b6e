import { LETTERED_IDS, NATIONAL_IDS, type NationalId } from '../data/national-ids.ts';
import { addHit, refOf, type Scan } from '../engine.ts';
import { ALNUM, DASH, DIGIT, DOT, isIn, UNDERSCORE, UPPER } from './chars.ts';
import { onIban } from './iban.ts';

/** Digits at the start of a form, to the forms that begin so. */
const byFirstRun = new Map<number, NationalId[]>();
for (const id of NATIONAL_IDS) {
  const run = leading(id.form, '9');
  // An optional separator lets the first run be as long as all digits together.
  for (const length of id.form.includes('?') ? [run, id.form.replaceAll(/[^9]/g, '').length] : [run]) {
    byFirstRun.set(length, [...(byFirstRun.get(length) ?? []), id]);
  }
}
const byLetters = new Map<number, NationalId[]>();
for (const id of LETTERED_IDS) {
  const run = leading(id.form, 'A');
  byLetters.set(run, [...(byLetters.get(run) ?? []), id]);
}

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
  const candidates = byLetters.get(letters);
  if (candidates === undefined) return end;
  const taken = takeFirst(scan, text, start - letters, candidates);
  return taken > end ? taken : end;
}

/** `AB 12 34 56 C` and `X-1234567-L`: letters and a separator stand before the digits. Returns where to go on, or -1. */
function onSpacedLetters(scan: Scan, text: string, start: number): number {
  let letters = 0;
  while (letters < 3 && isIn(text, start - letters - 2, UPPER)) letters++;
  if (letters === 0 || letters === 3 || isIn(text, start - letters - 2, ALNUM | UNDERSCORE)) return -1;
  const candidates = byLetters.get(letters);
  return candidates === undefined ? -1 : takeFirst(scan, text, start - letters - 1, candidates);
}

/** Identifiers that begin with digits. Returns where to go on, or -1. */
export function onGroupedId(scan: Scan, text: string, start: number, end: number): number {
  const before = text.charCodeAt(start - 1);
  if ((before === 32 || before === 45) && isIn(text, start - 2, UPPER)) {
    const taken = onSpacedLetters(scan, text, start);
    if (taken > end) return taken;
  }
  const candidates = byFirstRun.get(end - start);
  if (candidates === undefined || (isIn(text, start - 1, DASH | DOT) && isIn(text, start - 2, ALNUM))) return -1;
  return takeFirst(scan, text, start, candidates);
}

function takeFirst(scan: Scan, text: string, start: number, candidates: readonly NationalId[]): number {
  for (const candidate of candidates) {
    const end = follow(text, start, candidate);
    if (end === -1) continue;
    const ref = refOf(scan, 'national-id', `national-id/${candidate.id}`);
    return ref === undefined ? -1 : addHit(scan, text, start, end, ref);
  }
  return -1;
}

/** End of the identifier of that form that begins at `start`, if its check holds, or -1. */
function follow(text: string, start: number, candidate: NationalId): number {
  const { form } = candidate;
  let index = start;
  let content = '';
  for (let at = 0; at < form.length; at++) {
    const symbol = form[at]!;
    if (symbol === '?') {
      at++;
      if (text[index] === form[at]) index++;
      continue;
    }
    const set = symbol === '9' ? DIGIT : symbol === 'A' ? UPPER : symbol === 'X' ? UPPER | DIGIT : 0;
    if (set === 0 ? text[index] !== symbol : !isIn(text, index, set)) return -1;
    if (set !== 0 || isIn(form, at, DIGIT)) content += text[index];
    index++;
  }
  if (isIn(text, index, ALNUM | UNDERSCORE) || (isIn(text, index, DASH | DOT) && isIn(text, index + 1, DIGIT)))
    return -1;
  return candidate.accepts(content) ? index : -1;
}
