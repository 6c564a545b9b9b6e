import { type Classify, classify, createClassifier } from '@breakwater/errors';
import { type Clock, perClock, systemClock } from './clock.ts';
import { RetryExhaustedError, refusalIn } from './errors.ts';

/** What a failure means to the policies that must choose. */
export interface FailureMeaning {
  /** The same call, made later, may succeed. */
  readonly retryable?: boolean;
  /** It is certain that the call had no effect. */
  readonly notApplied?: boolean;
  /** What the other side asked to wait. */
  readonly retryAfterMs: number | undefined;
  /** True: the dependency is unwell; false: it answered as it should; `undefined`: says nothing about it. */
  readonly unwell?: boolean | undefined;
}

/** `classify`, reading dates (`Retry-After`) against the given clock. */
const classifierOf: (clock: Clock) => Classify = /* @__PURE__ */ perClock((clock) =>
  clock === systemClock ? classify : createClassifier({ now: () => clock.wallNow() }),
);

/**
 * Reads a failure, by default by `classify`. A refusal by another policy, also as a `cause`, is not repeated and says nothing
 * about the dependency; what a retry has given up on says what its last failure does.
 */
export function toMeaning(error: unknown, clock: Clock, by: Classify = classifierOf(clock)): FailureMeaning {
  const refusal = refusalIn(error);
  // Behind a wrapper something else may have been done before the call that was refused.
  if (refusal) return { notApplied: refusal === error, retryAfterMs: refusal.retryAfterMs };
  if (error instanceof RetryExhaustedError) return { ...toMeaning(error.cause, clock, by), retryable: false };
  const { cancelled, category, countsForBreaker, evidence, outcome, retryable, retryAfterMs } = by(error);
  const answered = category === 'business' || ['http-status', 'vendor-code'].includes(evidence.strength);
  return {
    retryable: retryable && !cancelled,
    notApplied: outcome !== 'unknown',
    retryAfterMs,
    unwell: cancelled ? undefined : countsForBreaker || (answered ? false : undefined),
  };
}
