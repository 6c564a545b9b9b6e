import { Call, sourceOf } from './attempt.ts';
import { OptionError } from './options.ts';
import type { CallOptions } from './policy.ts';

/** Whether nobody waits for the answer any more. Does not make the signal of a call that has none yet. */
export function hasGivenUp(options: CallOptions | undefined): boolean {
  const source = sourceOf(options);
  return source instanceof Call ? source.ended : source?.aborted === true;
}

/** Tells which calls have the same answer; `undefined`: this call shares with none. */
export type KeyOf = (options: CallOptions) => string | undefined;

/**
 * What is shared and under way, by key and by the policy that shares it. One for all policies: an invalidation takes a key
 * out, so that nobody who asks after it joins a call that was begun before.
 */
export const underWay: Map<string | undefined, Map<unknown, unknown>> = /* @__PURE__ */ new Map();

/** Refuses a key that is no string: all objects have the same text, and no two are the same. */
export function requireKey(key: string | undefined): void {
  if (key !== undefined && typeof key !== 'string') throw new OptionError('key', key, 'a string');
}

/**
 * The key under which a call shares its answer; `undefined`: with none, as all that are not idempotent. By default by
 * `operation` and `key`; calls without a key share nothing. The operation is the one the caller gave: the name that a call
 * has without one depends on where in a chain it is seen, and `invalidate({ key })` must find it.
 */
export function sharedKey(options: CallOptions, keyOf: KeyOf | undefined): string | undefined {
  if (options.idempotent === false) return undefined;
  const key = keyOf === undefined ? options.key : keyOf(options);
  requireKey(key);
  if (keyOf !== undefined || key === undefined) return key;
  let given: CallOptions | undefined = options;
  while (given instanceof Call) given = given.options;
  return `${given?.operation ?? ''}\u0000${key}`;
}
