import type { PathState } from './path.ts';
import { BUDGET_MARKER } from './text/marker.ts';
import { BUDGET_REF } from './text/redact-text.ts';
import { DROP, isSpent, redactString, report, UNREADABLE, type Walk } from './walk-state.ts';

/** A property read at most once, whatever its getter does. */
export function read(value: object, name: string): unknown {
  let found: unknown;
  try {
    found = Reflect.get(value, name);
  } catch {
    found = UNREADABLE;
  }
  return found;
}

/**
 * Adds the redacted property to the copy; false when a budget is spent, which ends the object. `alias` is the name that
 * a sibling gives: `{name: 'authorization', value: …}`, and the arguments of a Redis `auth` command.
 */
export function copyProperty(
  walk: Walk,
  target: object,
  name: string,
  item: unknown,
  state: PathState | undefined,
  alias = '',
): boolean {
  if (isSpent(walk)) {
    report(walk, BUDGET_REF, -1, undefined);
    define(target, BUDGET_MARKER, BUDGET_MARKER);
    return false;
  }
  const safeName = redactString(walk, name);
  walk.path.push(safeName);
  const copy = walk.visit.named(walk, name, item, state, keyName(name, alias));
  walk.path.pop();
  if (copy !== DROP)
    define(
      target,
      unused(walk, safeName, (taken) => Object.hasOwn(target, taken)),
      copy,
    );
  return true;
}

/** The name by which a property is judged. */
export function keyName(name: string, alias: string): string {
  if (name !== 'args') return alias === '' ? name : alias;
  const command = alias.toLowerCase();
  return command === 'auth' || command === 'hello' || command === 'acl' ? 'password' : name;
}

/** Two names that look the same once redacted get numbers, which count on through the call. */
export function unused(walk: Walk, name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  let number = walk.collisions.get(name) ?? 1;
  do number++;
  while (isTaken(`${name}#${number}`));
  walk.collisions.set(name, number);
  walk.bytes -= Buffer.byteLength(name) + 8;
  return `${name}#${number}`;
}

export function define(target: object, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  } else (target as Record<string, unknown>)[name] = value;
}
