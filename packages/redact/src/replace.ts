import { type Engine, type Hit, type RuleRef, startsAsJson } from './engine.ts';
import {
  ALNUM,
  ALPHA,
  backslashesBefore,
  DASH,
  DIGIT,
  DOT,
  isIn,
  PLUS_SLASH,
  SPACE,
  skip,
  skipBack,
} from './text/chars.ts';
import { DROPPED, MARKER_START } from './text/marker.ts';

/** What stands in for a value: the marker of the rule's action. */
export function replacement(engine: Engine, ref: RuleRef, value: string): string {
  const name = ref.label ?? ref.detector;
  switch (ref.action) {
    case 'drop':
      return DROPPED;
    case 'last4': {
      const tail = lastFour(value);
      return tail === undefined ? `${MARKER_START}:${name}]` : `${MARKER_START}:${name}:${tail}]`;
    }
    case 'pseudonym':
      return pseudonymMarker(engine, name, value);
    default:
      return `${MARKER_START}:${name}]`;
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

/** The text with every hit replaced. In JSON, a bare number goes as a whole and its marker gets quotes. */
export function applyHits(engine: Engine, text: string, hits: readonly Hit[]): string {
  const strings = startsAsJson(text) ? stringTracker(text) : undefined;
  let result = '';
  let from = 0;
  for (const hit of hits) {
    if (hit.start < from) continue;
    const marker = replacement(engine, hit.ref, text.slice(hit.start, hit.end));
    const number = bareNumberAround(text, hit, from, strings);
    const start = number?.start ?? hit.start;
    const quote = number?.quote ?? '';
    result += text.slice(from, start) + quote + marker + quote;
    from = number?.end ?? hit.end;
  }
  return result + text.slice(from);
}

/** The bare number or brackets behind a quoted name, or in an array of a JSON text, that the hit is or lies in. */
function bareNumberAround(
  text: string,
  hit: Hit,
  from: number,
  isInString: ((index: number) => boolean) | undefined,
): { start: number; end: number; quote: string } | undefined {
  const start = skipBack(text, hit.start, DIGIT | ALPHA | DOT | DASH | PLUS_SLASH, Math.max(from, hit.start - 32));
  const end = skip(text, hit.end, DIGIT | ALPHA | DOT | DASH | PLUS_SLASH, hit.end + 32);
  const after = text.charCodeAt(skip(text, end, SPACE, end + 64));
  if (after !== 44 && after !== 125 && after !== 93) return undefined;
  let index = skipBack(text, start, SPACE, Math.max(0, start - 64)) - 1;
  const before = text.charCodeAt(index);
  if (before === 58) {
    index = skipBack(text, index, SPACE, Math.max(0, index - 64)) - 1;
    if (text.charCodeAt(index) !== 34) return undefined;
    const quote = quoteLike(text, index);
    return quote === '"' && isInString?.(start) === true ? undefined : { start, end, quote };
  }
  const inArray = (before === 91 || before === 44) && (after === 44 || after === 93);
  return inArray && isInString !== undefined && !isInString(start) ? { start, end, quote: '"' } : undefined;
}

/** The quote at `index` with the backslashes that belong to it: 1, 3 or 7 by level; an even number belongs to the text. */
function quoteLike(text: string, index: number): string {
  const count = backslashesBefore(text, index);
  if ((count & 1) === 0) return '"';
  return `${'\\'.repeat((count & (count + 1)) === 0 ? count : 1)}"`;
}

/** Tells whether an index lies inside a string of a JSON text; indexes must not fall, so that the text is read once. */
function stringTracker(text: string): (index: number) => boolean {
  let at = 0;
  let inside = false;
  return (index) => {
    for (; at < index; at++) {
      const code = text.charCodeAt(at);
      if (code === 92) at++;
      else if (code === 34) inside = !inside;
    }
    return inside;
  };
}

/** True when the text begins and ends as a JSON object or array does. */
export function isJsonLike(text: string): boolean {
  if (!startsAsJson(text)) return false;
  const close = text.charCodeAt(skipBack(text, text.length, SPACE, Math.max(0, text.length - 64)) - 1);
  return close === 125 || close === 93;
}
