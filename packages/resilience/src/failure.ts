import { type Classify, classify, createClassifier, type Verdict } from '@breakwater/errors';
import { type Clock, systemClock } from './clock.ts';
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
 * Reads a failure: own errors directly, all others by the classifier given. A refusal by another policy is not repeated and says
 * nothing about the dependency; a timeout is a failure of it.
 */
export function toMeaning(error: unknown, classifyFailure: Classify): FailureMeaning {
  if (isRejection(error)) {
    return { retryable: false, notApplied: true, retryAfterMs: error.retryAfterMs, health: 'unknown' };
  }
  if (error instanceof TimeoutError) {
    return { retryable: true, notApplied: false, retryAfterMs: undefined, health: 'failed' };
  }
  if (error instanceof RetryExhaustedError) {
    return { ...toMeaning(error.cause, classifyFailure), retryable: false, retryAfterMs: error.retryAfterMs };
  }
  const verdict = classifyFailure(error);
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

const byClock = new WeakMap<Clock, Classify>();

/** `classify`, reading dates (`Retry-After`) against the given clock. */
export function classifierOf(clock: Clock): Classify {
  if (clock === systemClock) return classify;
  const known = byClock.get(clock);
  if (known !== undefined) return known;
  const made = createClassifier({ now: () => clock.wallNow() });
  byClock.set(clock, made);
  return made;
}
