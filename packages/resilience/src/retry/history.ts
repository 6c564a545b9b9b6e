import { findCause, RetryExhaustedError } from '../errors.ts';

const earlier = new WeakMap<object, readonly unknown[]>();

/** Remembers the failures of all attempts of a call that ended with `error`. */
export function keepErrors(error: unknown, errors: readonly unknown[]): void {
  if (typeof error === 'object' && error !== null) earlier.set(error, errors);
}

/**
 * The failures of all attempts of the call that ended with `error`, in order, the last included. For a call that was
 * not repeated: the error alone.
 */
export function attemptErrors(error: unknown): readonly unknown[] {
  if (error instanceof RetryExhaustedError) return error.errors;
  return (typeof error === 'object' && error !== null && earlier.get(error)) || [error];
}

/** True when a retry further in has given up on this failure already; found through wrappers by their `cause`. */
export function isExhausted(error: unknown): boolean {
  return findCause(error, isGivenUp) !== undefined;
}

function isGivenUp(error: unknown): error is Error {
  return (error as { code?: unknown }).code === 'RETRY_EXHAUSTED';
}
