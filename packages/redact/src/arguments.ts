import type { Engine } from './engine.ts';
import { endingAt } from './key.ts';
import { cardLength } from './text/card.ts';
import { DIGIT, isIn, SPACE } from './text/chars.ts';
import { nameStartBefore } from './text/name.ts';

/**
 * The name that an item gives to the one behind it: `'password:'`, `'--token'`, `'Authorization'`. Log calls and
 * argument vectors are written like that.
 */
export function namedByPrevious(engine: Engine, previous: unknown): string | undefined {
  if (typeof previous !== 'string') return undefined;
  let end = previous.length;
  while (end > 0 && previous.length - end < 4 && isIn(previous, end - 1, SPACE)) end--;
  const last = previous.charCodeAt(end - 1);
  const asked = last === 58 || last === 61;
  if (asked) end--;
  const key = endingAt(engine, previous, end);
  if (key === null) return undefined;
  const start = nameStartBefore(previous, end);
  const name = previous.slice(start, end);
  if (asked || name.startsWith('--')) return name;
  return start === 0 && (key.detector === 'authorization' || key.detector === 'cookie') ? name : undefined;
}

/** Texts in place of the items over which one card number is spread; undefined when there are none. */
export function splitCards(engine: Engine, items: readonly unknown[]): Map<number, string> | undefined {
  if (!engine.actions.has('card') || items.length < 2 || items.length > 64) return undefined;
  let result: Map<number, string> | undefined;
  for (let index = 0; index < items.length - 1; index++) {
    if (typeof items[index] !== 'string') continue;
    for (const count of [2, 4]) {
      const parts = digitParts(items, index, count);
      if (parts === undefined || cardLength(parts.join('')) === 0) continue;
      result ??= new Map();
      for (const [offset, part] of parts.entries()) {
        const text = String(items[index + offset]);
        result.set(
          index + offset,
          offset === 0
            ? `${text.slice(0, text.lastIndexOf(part))}[REDACTED:card]`
            : `[REDACTED:card]${text.slice(part.length)}`,
        );
      }
    }
  }
  return result;
}

/** The digits at the end of the first item, all of the middle ones, and at the start of the last. */
function digitParts(items: readonly unknown[], from: number, count: number): string[] | undefined {
  const parts: string[] = [];
  for (let offset = 0; offset < count; offset++) {
    const item = items[from + offset];
    if (typeof item !== 'string' && typeof item !== 'number') return undefined;
    const text = String(item);
    let start = 0;
    let end = text.length;
    if (offset === 0) {
      start = end;
      while (start > 0 && end - start < 19 && isIn(text, start - 1, DIGIT)) start--;
    } else {
      end = 0;
      while (end < 19 && isIn(text, end, DIGIT)) end++;
      if (offset < count - 1 && end !== text.length) return undefined;
    }
    if (end - start < 4 || (count === 4 && end - start !== 4)) return undefined;
    parts.push(text.slice(start, end));
  }
  return parts;
}
