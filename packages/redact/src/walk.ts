import { isProxy, isSet } from 'node:util/types';
import { namedByPrevious, splitCards } from './arguments.ts';
import type { Engine, RuleRef } from './engine.ts';
import { takeKey } from './key.ts';
import type { PathState } from './path.ts';
import { replacement } from './replace.ts';
import { BUDGET_MARKER, markerEnd } from './text/marker.ts';
import { BUDGET_REF, redactText } from './text/redact-text.ts';
import type { Finding } from './types.ts';
import { copyObject } from './walk-object.ts';
import {
  CIRCULAR,
  DROP,
  isSpent,
  redactString,
  report,
  STAND_INS,
  UNREADABLE,
  type Visit,
  type Walk,
} from './walk-state.ts';

const VISIT: Visit = { value: redactValue, named: redactNamed, array: redactArray };

/** A fresh call of `redact` or `explain`. */
export function createWalk(engine: Engine, findings?: Finding[]): Walk {
  return {
    engine,
    visit: VISIT,
    bytes: engine.maxBytes,
    nodes: engine.maxNodes,
    seen: new Map(),
    ancestors: new Set(),
    findings,
    path: [],
    collisions: new Map(),
  };
}

/** A value under a name: by path, by key, then by what it is. `DROP` when it is to vanish. */
export function redactNamed(
  walk: Walk,
  name: string,
  value: unknown,
  parent: PathState | undefined,
  keyName: string = name,
): unknown {
  const state = parent === undefined || parent.dead ? undefined : walk.engine.paths?.step(parent, name);
  const byPath = state?.ref;
  if (byPath !== undefined) {
    if (byPath.action !== 'keep') return takeWhole(walk, byPath, value);
    return isPlainScalar(value) ? value : redactValue(walk, value, state, '');
  }
  const byKey = takeKey(walk.engine, keyName, value);
  if (byKey === undefined) {
    const copy = redactValue(walk, value, state, keyName);
    return copy === value ? copy : settle(walk, keyName, copy);
  }
  if (byKey.action !== 'keep') return takeWhole(walk, byKey, value);
  return isPlainScalar(value) ? value : redactValue(walk, value, state, '');
}

function isPlainScalar(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol');
}

/** A value by what it is. `name` is the property it came under, which the items of an array share. */
export function redactValue(walk: Walk, value: unknown, state: PathState | undefined, name: string): unknown {
  walk.nodes--;
  switch (typeof value) {
    case 'string':
      return redactString(walk, value);
    case 'number':
    case 'bigint':
      return redactNumber(walk, value);
    case 'function':
      return STAND_INS.function;
    case 'symbol':
      return STAND_INS.symbol;
    case 'object':
      return value === null ? null : redactObject(walk, value, state, name);
    default:
      return value;
  }
}

/** The whole value goes. Nothing, booleans and what is already a marker stay. */
export function takeWhole(walk: Walk, ref: RuleRef, value: unknown): unknown {
  walk.nodes--;
  if (value === undefined || value === null || typeof value === 'boolean' || value === '') return value;
  if (typeof value === 'string' && markerEnd(value, 0) === value.length) return value;
  report(walk, ref, -1, undefined);
  if (ref.action === 'drop') return DROP;
  const scalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
  return replacement(walk.engine, ref, scalar ? String(value) : '');
}

/** Card numbers are the one thing that hides in a bare number. */
function redactNumber(walk: Walk, value: number | bigint): unknown {
  if (
    typeof value === 'number'
      ? !(Number.isSafeInteger(value) && value >= 1e11)
      : value < 10n ** 11n || value >= 10n ** 19n
  ) {
    return value;
  }
  const text = String(value);
  const { findings } = walk;
  const onHit = findings && ((ref: RuleRef) => report(walk, ref, -1, undefined));
  const result = redactText(walk.engine, text, text.length * 3, true, onHit);
  return result === text ? value : result === '[]' ? DROP : result;
}

function redactObject(walk: Walk, value: object, state: PathState | undefined, name: string): unknown {
  const known = walk.seen.get(value);
  // The name matters only to what passes it on to its items.
  const passed = isProxy(value) || Array.isArray(value) || isSet(value) ? name : '';
  if (known !== undefined && known.state === state && known.name === passed) return known.copy;
  if (walk.ancestors.has(value)) return CIRCULAR;
  if (walk.ancestors.size >= walk.engine.maxDepth || isSpent(walk)) {
    report(walk, BUDGET_REF, -1, undefined);
    return BUDGET_MARKER;
  }
  walk.ancestors.add(value);
  const depth = walk.path.length;
  let copy: unknown;
  try {
    copy = Array.isArray(value) ? redactArray(walk, value, state, name) : copyObject(walk, value, state, name);
  } catch {
    // Only the value's own code can throw here: a revoked proxy, a trap, an exotic object's slot check.
    copy = UNREADABLE;
    walk.path.length = depth;
  }
  walk.ancestors.delete(value);
  walk.seen.set(value, { state, name: passed, copy });
  return copy;
}

/** Items one by one; a name in one item (`'password:'`) speaks for the next, and a card may be cut in two. */
export function redactArray(
  walk: Walk,
  value: readonly unknown[],
  state: PathState | undefined,
  name: string,
  isList = true,
): unknown[] {
  const result: unknown[] = [];
  const { length } = value;
  for (let index = 0; index < length && !isSpent(walk); index++) {
    walk.path.push(index);
    const item = readIndex(value, index);
    const speaker = (isList ? namedByPrevious(walk.engine, result[index - 1]) : undefined) ?? name;
    const copy = redactItem(walk, item, state, index, speaker, name);
    result.push(copy === DROP ? null : copy);
    walk.path.pop();
  }
  if (result.length < length) {
    report(walk, BUDGET_REF, -1, undefined);
    result.push(BUDGET_MARKER);
  }
  if (isList) joinSplitCards(walk, result);
  return result;
}

function joinSplitCards(walk: Walk, items: unknown[]): void {
  for (const [index, text] of splitCards(walk.engine, items) ?? []) {
    items[index] = text;
    walk.path.push(index);
    report(walk, { detector: 'card', rule: 'card/split', action: 'mask' }, -1, undefined);
    walk.path.pop();
  }
}

function readIndex(value: readonly unknown[], index: number): unknown {
  let found: unknown;
  try {
    found = value[index];
  } catch {
    found = UNREADABLE;
  }
  return found;
}

function stepIndex(walk: Walk, state: PathState | undefined, index: number): PathState | undefined {
  return state === undefined || state.dead ? undefined : walk.engine.paths?.step(state, String(index));
}

function redactItem(
  walk: Walk,
  item: unknown,
  parent: PathState | undefined,
  index: number,
  speaker: string,
  name: string,
): unknown {
  const state = stepIndex(walk, parent, index);
  const byPath = state?.ref;
  if (byPath !== undefined) {
    if (byPath.action !== 'keep') return takeWhole(walk, byPath, item);
    return isPlainScalar(item) ? item : redactValue(walk, item, state, '');
  }
  if (isPlainScalar(item)) {
    const ref = takeKey(walk.engine, speaker, item);
    if (ref !== undefined) return ref.action === 'keep' ? item : takeWhole(walk, ref, item);
  }
  const copy = redactValue(walk, item, state, name);
  return copy === item ? copy : settle(walk, speaker, copy);
}

/** What changed on the way (a URL, a boxed string, what `toJSON` gave, escaped text) is judged by its name once more. */
function settle(walk: Walk, name: string, copy: unknown): unknown {
  if (typeof copy === 'object' || copy === DROP) return copy;
  const ref = takeKey(walk.engine, name, copy);
  return ref === undefined || ref.action === 'keep' ? copy : takeWhole(walk, ref, copy);
}
