import type { Classify } from '@breakwater/errors';
import type { Call } from '../call.ts';
import type { Clock, Random } from '../clock.ts';
import { RetryExhaustedError, type RetryStopReason, UnwantedResultError } from '../errors.ts';
import { type FailureMeaning, toMeaning } from '../failure.ts';
import { callable, OptionError, whole } from '../options.ts';
import { CANCELLED, FAILED, type Fusible, type Outcome, type Policy, type Repeater, SUCCEEDED } from '../policy.ts';
import { type Kind, PolicyBase } from '../policy-base.ts';
import { ask } from '../predicate.ts';
import { type Backoff, defaultBackoff } from './backoff.ts';
import { budgetRule, Purse, type RetryBudget, type RetryBudgetOptions, toBudget } from './budget.ts';
import { isExhausted, keepErrors } from './history.ts';

export interface RetryOptions {
  /** All attempts together, the first included. Default 3. */
  readonly maxAttempts?: number | undefined;
  /** The waits. Default `exponentialBackoff()`: 100 ms, doubling, at most 30 s, full jitter. */
  readonly backoff?: Backoff | undefined;
  /** Whether to repeat after this error. Default: what `classify` calls retryable, and timeouts; not refusals by other policies. */
  readonly retryIf?: ((error: unknown, attempt: number) => boolean) | undefined;
  /** Whether to repeat after this result. When attempts run out, the last result is returned. Default: never. */
  readonly retryResult?: ((result: unknown, attempt: number) => boolean) | undefined;
  /** How long the other side asked to wait, for results (a response with `Retry-After`); errors are read by `classify`. */
  readonly retryAfterMs?: ((result: unknown) => number | undefined) | undefined;
  /** Limits retries to a share of successes: own options, one shared with others, or `false` for no limit. Default: on. */
  readonly budget?: RetryBudgetOptions | RetryBudget | false | undefined;
  /** Reads errors: whether to repeat, how long to wait, whether anything happened. Default: `classify` of `@breakwater/errors`. */
  readonly classify?: Classify | undefined;
  /** Default `retry`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

interface EventBase {
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
  readonly attempt: number;
  readonly maxAttempts: number;
}

/** What a retry tells its listeners. `attempt` is the one that has ended. */
export type RetryEvent = EventBase &
  (
    | {
        readonly type: 'retry.scheduled';
        readonly reason: 'backoff' | 'retry-after';
        readonly delayMs: number;
        readonly error: unknown;
      }
    | { readonly type: 'retry.succeeded' }
    | {
        readonly type: 'retry.stopped';
        readonly reason: RetryStopReason | 'not-retryable';
        readonly error: unknown;
      }
  );

export interface RetryPolicy extends Policy<RetryEvent>, Fusible {
  readonly kind: 'retry';
  /** `undefined` when the policy has none. */
  readonly budget: RetryBudget | undefined;
  /** Puts new options in force and keeps the budget's balance. Throws as `createRetry`. */
  reconfigure(options: RetryOptions): void;
}

const kind: Kind<RetryOptions> = {
  kind: 'retry',
  rules: {
    maxAttempts: whole(1),
    backoff: callable,
    retryIf: callable,
    retryResult: callable,
    retryAfterMs: callable,
    classify: callable,
    budget: budgetRule,
  },
};

/** What is kept from attempt to attempt. */
interface History {
  readonly errors: unknown[];
  readonly delayMs: number;
}

/**
 * Repeats a call that failed in a way that may pass. Waits between attempts with jitter, never less than the other side
 * asked for; draws on a budget, so that retries cannot multiply the load of an outage; does not repeat what an inner
 * retry has already given up on; stops at once when the caller gives up. Throws `OptionError` on bad options.
 *
 * Gives up with `RetryExhaustedError` where it would have repeated but may not; any other failure comes out unchanged.
 */
export function createRetry(options: RetryOptions = {}): RetryPolicy {
  return new RetryImpl(options);
}

class RetryImpl extends PolicyBase<RetryOptions, RetryEvent> implements RetryPolicy, Repeater {
  declare readonly kind: 'retry';
  readonly #own: Purse = new Purse();
  budget: RetryBudget | undefined;

  constructor(options: RetryOptions) {
    super(kind, options);
    this.budget = toBudget(options.budget ?? {}, this.#own);
  }

  get repeater(): Repeater {
    return this;
  }

  override reconfigure(options: RetryOptions): void {
    super.reconfigure(options);
    this.budget = toBudget(options.budget ?? {}, this.#own);
  }

  settled(call: Call, outcome: Outcome, value: unknown): boolean {
    const { maxAttempts = 3, retryResult } = this.options;
    const { attempt } = call;
    try {
      if (outcome !== SUCCEEDED || retryResult?.(value, attempt) === true) return this.#failed(call, outcome, value);
      if (this.budget) ask(deposit, this.budget, false);
      if (attempt > 1) this.tell?.(call, { type: 'retry.succeeded', attempt, maxAttempts });
      return false;
    } catch (error) {
      // A predicate failed: that is a mistake in the program, and must not look like an answer of the dependency.
      call.settle(FAILED, error);
      return true;
    }
  }

  /** True: goes on. Throws what the call ends with, unless that is `value`. */
  #failed(call: Call, outcome: Outcome, value: unknown): boolean {
    const unwanted = outcome === SUCCEEDED;
    const error = unwanted ? new UnwantedResultError(value) : value;
    const { errors, delayMs: lastMs } = (call.history ?? { errors: [], delayMs: 0 }) as History;
    errors.push(error);
    if (errors.length > 1) keepErrors(error, errors);
    if (outcome === CANCELLED) return false;
    const { maxAttempts = 3, retryIf, retryAfterMs, backoff = defaultBackoff, random = Math.random } = this.options;
    const { attempt, operation } = call;
    const meaning: FailureMeaning = unwanted
      ? { retryable: true, retryAfterMs: retryAfterMs?.(value) }
      : toMeaning(error, this.clock, this.options.classify);
    const { retryAfterMs: hintMs = 0 } = meaning;
    const backoffMs = backoff(attempt, lastMs, random);
    if (!(Math.min(backoffMs, hintMs) >= 0)) {
      throw new OptionError('createRetry.backoff', Math.min(backoffMs, hintMs), 'milliseconds of 0 or more');
    }
    // The hint is a floor; a little more, at random, keeps those who got the same hint apart.
    const delayMs = Math.max(backoffMs, hintMs * (1 + 0.1 * random()));
    const leftMs = call.until - this.clock.now();
    const wanted = unwanted || !retryIf ? meaning.retryable : retryIf(error, attempt) === true;
    let reason: RetryStopReason | 'not-retryable' | undefined;
    if (isExhausted(error)) reason = 'nested';
    else if (!wanted) reason = 'not-retryable';
    else if (attempt >= maxAttempts) reason = 'attempts';
    else if (call.idempotent === false && !meaning.notApplied) reason = 'not-idempotent';
    else if (hintMs > 0 && hintMs >= leftMs) reason = 'retry-after-past-deadline';
    else if (delayMs >= leftMs) reason = 'deadline';
    else if (this.budget && !ask((purse) => purse.withdraw(), this.budget, false)) reason = 'budget';
    if (!reason) {
      const why = hintMs > backoffMs ? 'retry-after' : 'backoff';
      this.tell?.(call, { type: 'retry.scheduled', reason: why, delayMs, error, attempt, maxAttempts });
      call.again(delayMs, { errors, delayMs } satisfies History);
      return true;
    }
    this.tell?.(call, { type: 'retry.stopped', reason, error, attempt, maxAttempts });
    if (unwanted || maxAttempts === 1 || reason === 'nested' || reason === 'not-retryable') return false;
    throw new RetryExhaustedError(operation, reason, errors, meaning.retryAfterMs);
  }
}

// Not written where it is used: a function made anew costs every call 56 bytes.
function deposit(budget: RetryBudget): void {
  budget.deposit();
}
