import type { Classify } from '@breakwater/errors';
import { type Clock, systemClock } from './clock.ts';
import { RetryExhaustedError, refusalIn } from './errors.ts';
import { toMeaning } from './failure.ts';

/** True for a failure of which the dependency is to blame, or which may pass by itself. Not for refusals by policies. */
export function isUnwell(error: unknown, clock: Clock, classify?: Classify): boolean {
  const { retryable, unwell } = toMeaning(error, clock, classify);
  return Boolean(retryable || unwell);
}

/**
 * True for a failure behind which the dependency is unwell or was not asked: what a fallback or a stale answer may stand
 * in for, and another provider may do better. False for answers ("not found"), bugs and cancelled calls: hiding those hurts.
 */
export function isOutage(error: unknown): boolean {
  return Boolean(refusalIn(error)) || error instanceof RetryExhaustedError || isUnwell(error, systemClock);
}
