import type { CompiledKey, Engine, RuleRef } from './engine.ts';
import { DIGIT, isIn } from './text/chars.ts';
import { keyedEnd } from './text/keyed-number.ts';
import { isWholeName } from './text/name.ts';
import { isPlaceholder, looksMade, looksRandom } from './text/value-shape.ts';

const MAX_NAME = 256;
const MAX_CACHED = 4096;
const caches = new WeakMap<Engine, Map<string, CompiledKey | null>>();

/** The key rule for a property name, whatever its value; null when there is none. Answers are cached per engine. */
export function keyRule(engine: Engine, name: string): CompiledKey | null {
  let cache = caches.get(engine);
  if (cache === undefined) {
    cache = new Map();
    caches.set(engine, cache);
  }
  const known = cache.get(name);
  if (known !== undefined) return known;
  const found = findKeyRule(engine, name);
  if (cache.size >= MAX_CACHED) cache.clear();
  if (name.length <= MAX_NAME) cache.set(name, found);
  return found;
}

function findKeyRule(engine: Engine, name: string): CompiledKey | null {
  const text = name.length > MAX_NAME ? name.slice(-MAX_NAME) : name;
  let end = text.length;
  if (text.endsWith('[]')) end -= 2;
  while (end > 0 && text.length - end < 4 && isIn(text, end - 1, DIGIT)) end--;
  return endingAt(engine, text, end) ?? endingAt(engine, text, text.length);
}

/** The longest term that ends at `end` and is complete on both sides. */
export function endingAt(engine: Engine, text: string, end: number): CompiledKey | null {
  const { classes, next, firstOutput, outputs } = engine.automaton;
  let state = 0;
  for (let index = Math.max(0, end - MAX_NAME); index < end; index++) {
    const code = text.charCodeAt(index);
    state = code > 127 ? 0 : next[(state << 6) | classes[code]!]!;
  }
  if (state < firstOutput) return null;
  for (const literal of outputs[state - firstOutput]!) {
    if (literal.kind !== 'key') continue;
    if (isWholeName(text, end - literal.length, end, literal.key))
      return literal.key.strength === 'exempt' ? null : literal.key;
  }
  return null;
}

/** The rule by which a property's name takes its value, or undefined when the value must be looked into. */
export function takeKey(engine: Engine, name: string, value: unknown): RuleRef | undefined {
  if (name === '' || value === undefined || value === null || typeof value === 'boolean') return undefined;
  const key = keyRule(engine, name);
  if (key === null) return undefined;
  if (key.action === 'keep' || key.strength === 'strong') return key;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  const text = String(value);
  if (isPlaceholder(text, 0, text.length)) return undefined;
  switch (key.strength) {
    case 'medium':
      return typeof value === 'string' && looksMade(text, 0, text.length) ? key : undefined;
    case 'weak':
      return typeof value === 'string' && looksRandom(text, 0, text.length) ? key : undefined;
    default:
      return keyedEnd(key.detector, text, 0, Math.min(text.length, 64), false) === text.length ? key : undefined;
  }
}
