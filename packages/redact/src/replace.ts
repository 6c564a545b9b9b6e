import type { Engine, Hit, RuleRef } from './engine.ts';
import { ALNUM, backslashesBefore, isIn, SPACE } from './text/chars.ts';
import { DROPPED, MARKER_START } from './text/marker.ts';

/** What stands in for a value: the marker of the rule's action. */
export function replacement(engine: Engine, ref: RuleRef, value: string): string {
  switch (ref.action) {
    case 'drop':
      return DROPPED;
    case 'last4': {
      const tail = lastFour(value);
      return tail === undefined ? `${MARKER_START}:${ref.detector}]` : `${MARKER_START}:${ref.detector}:${tail}]`;
    }
    case 'pseudonym':
      return pseudonymMarker(engine, ref.detector, value);
    default:
      return `${MARKER_START}:${ref.detector}]`;
  }
}

export function pseudonymMarker(engine: Engine, detector: string, value: string, keyId?: string): string {
  const id = engine.pseudonym?.(detector, canonical(detector, value), keyId);
  return id === undefined ? `${MARKER_START}:${detector}]` : `${MARKER_START}:${detector}:${id}]`;
}

/** Equal values get equal pseudonyms however they are written. */
function canonical(detector: string, value: string): string {
  if (detector === 'email') return value.trim().toLowerCase();
  if (
    detector === 'card' ||
    detector === 'phone' ||
    detector === 'iban' ||
    detector === 'ssn' ||
    detector === 'national-id'
  ) {
    let result = '';
    for (let index = 0; index < value.length; index++) if (isIn(value, index, ALNUM)) result += value[index];
    return result.toUpperCase();
  }
  return value;
}

/** The last four letters or digits, if at least eight more stay hidden. */
function lastFour(value: string): string | undefined {
  let tail = '';
  let hidden = 0;
  for (let index = value.length - 1; index >= 0 && hidden < 8; index--) {
    if (!isIn(value, index, ALNUM)) continue;
    if (tail.length < 4) tail = value[index] + tail;
    else hidden++;
  }
  return hidden < 8 ? undefined : tail;
}

/** The text with every hit replaced. A bare JSON number gets the quotes its marker needs. */
export function applyHits(engine: Engine, text: string, hits: readonly Hit[]): string {
  let result = '';
  let from = 0;
  for (const hit of hits) {
    const quote = quoteFor(text, hit.start, hit.end);
    result +=
      text.slice(from, hit.start) + quote + replacement(engine, hit.ref, text.slice(hit.start, hit.end)) + quote;
    from = hit.end;
  }
  return result + text.slice(from);
}

/** `"` or `\"` when the hit is a whole bare value behind a quoted JSON name, or in a JSON array; else nothing. */
function quoteFor(text: string, start: number, end: number): string {
  let index = end;
  while (isIn(text, index, SPACE) && index - end < 64) index++;
  const after = text.charCodeAt(index);
  if (after !== 44 && after !== 125 && after !== 93) return '';
  index = start - 1;
  while (isIn(text, index, SPACE) && start - index < 64) index--;
  const before = text.charCodeAt(index);
  if (before === 58) {
    index--;
    while (isIn(text, index, SPACE) && start - index < 64) index--;
    if (text.charCodeAt(index) !== 34) return '';
    return `${'\\'.repeat(backslashesBefore(text, index))}"`;
  }
  const inArray = (before === 91 || before === 44) && (after === 44 || after === 93);
  return inArray && isJsonLike(text) ? '"' : '';
}

/** True when the text begins and ends as a JSON object or array does. */
export function isJsonLike(text: string): boolean {
  let start = 0;
  while (start < 64 && isIn(text, start, SPACE)) start++;
  let end = text.length - 1;
  while (end > start && text.length - end < 64 && isIn(text, end, SPACE)) end--;
  const open = text.charCodeAt(start);
  const close = text.charCodeAt(end);
  return (open === 123 && close === 125) || (open === 91 && close === 93);
}
