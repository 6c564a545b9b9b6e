import { systemClock } from './clock.ts';
import { isRejection, RetryExhaustedError } from './errors.ts';
import { classifierOf, toMeaning } from './failure.ts';

/**
 * True for a failure behind which the dependency is unwell or was not asked: what a fallback or a stale answer may stand
 * in for, and another provider may do better. False for answers ("not found"), bugs and cancelled calls: hiding those hurts.
 */
export function isOutage(error: unknown): boolean {
  if (isRejection(error) || error instanceof RetryExhaustedError) return true;
  const meaning = toMeaning(error, classifierOf(systemClock));
  return meaning.retryable || meaning.health === 'failed';
}
