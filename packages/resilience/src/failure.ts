import { classify, type Verdict } from '@breakwater/errors';
import { isRejection, RetryExhaustedError, TimeoutError } from './errors.ts';

/** What a failure means to the policies that must choose. */
export interface FailureMeaning {
  /** The same call, made later, may succeed. */
  readonly retryable: boolean;
  /** It is certain that the call had no effect. */
  readonly notApplied: boolean;
  /** What the other side asked to wait. */
  readonly retryAfterMs: number | undefined;
  /** `failed`: the dependency is unwell; `answered`: it answered as it should; `unknown`: says nothing about it. */
  readonly health: 'failed' | 'answered' | 'unknown';
}

/**
 * Reads a failure: own errors directly, all others by `classify`. A refusal by another policy is not repeated and says
 * nothing about the dependency; a timeout is a failure of it.
 */
export function toMeaning(error: unknown): FailureMeaning {
  if (isRejection(error)) {
    return { retryable: false, notApplied: true, retryAfterMs: error.retryAfterMs, health: 'unknown' };
  }
  if (error instanceof TimeoutError) {
    return { retryable: true, notApplied: false, retryAfterMs: undefined, health: 'failed' };
  }
  if (error instanceof RetryExhaustedError) {
    return { ...toMeaning(error.cause), retryable: false, retryAfterMs: error.retryAfterMs };
  }
  const verdict = classify(error);
  return {
    retryable: verdict.retryable && !verdict.cancelled,
    notApplied: verdict.outcome !== 'unknown',
    retryAfterMs: verdict.retryAfterMs,
    health: toHealth(verdict),
  };
}

function toHealth(verdict: Verdict): FailureMeaning['health'] {
  if (verdict.cancelled) return 'unknown';
  if (verdict.countsForBreaker) return 'failed';
  const { strength } = verdict.evidence;
  return verdict.category === 'business' || strength === 'http-status' || strength === 'vendor-code'
    ? 'answered'
    : 'unknown';
}
