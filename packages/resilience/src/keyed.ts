import { Call, sourceOf } from './attempt.ts';
import type { CallOptions } from './policy.ts';

/** What of a call goes on to work that more than this caller waits for: not its signal and not its deadline. */
export function detached(options: CallOptions | undefined): CallOptions {
  const { operation, correlationId, key, priority, idempotent } = options ?? {};
  return { operation, correlationId, key, priority, idempotent };
}

/** Whether nobody waits for the answer any more. Does not make the signal of a call that has none yet. */
export function hasGivenUp(options: CallOptions | undefined): boolean {
  const source = sourceOf(options);
  return source instanceof Call ? source.ended : source?.aborted === true;
}

/** Tells which calls have the same answer; `undefined`: this call shares with none. */
export type KeyOf = (options: CallOptions) => string | undefined;

/**
 * The key under which a call shares its answer; `undefined`: with none. By default by `operation` and `key`; calls without a key share nothing. The operation is the one the caller gave: the
 * name that a call has without one depends on where in a chain it is seen, and `invalidate({ key })` must find it.
 */
export function sharedKey(options: CallOptions, keyOf: KeyOf | undefined): string | undefined {
  if (keyOf !== undefined) return keyOf(options);
  if (options.key === undefined) return undefined;
  let given: CallOptions | undefined = options;
  while (given instanceof Call) given = given.options;
  return `${given?.operation ?? ''}\u0000${options.key}`;
}
