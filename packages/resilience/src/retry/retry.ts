import { type Classify, OptionError } from '@breakwater/errors';
import { type Call, run } from '../call.ts';
import { type Clock, type Random, systemClock } from '../clock.ts';
import { RetryExhaustedError, type RetryStopReason, UnwantedResultError } from '../errors.ts';
import { type Listener, subscribe } from '../events.ts';
import { classifierOf, toMeaning } from '../failure.ts';
import { callable, checkOptions, durationMs, type Rule, whole } from '../options.ts';
import { type Plan, toPlan } from '../plan.ts';
import {
  CANCELLED,
  type CallOptions,
  FAILED,
  type Fusible,
  type Gate,
  type Outcome,
  type Policy,
  type Repeater,
  SUCCEEDED,
  type Work,
} from '../policy.ts';
import { tell } from '../tell.ts';
import { createTimeout, type TimeoutExpired, type TimeoutPolicy } from '../timeout.ts';
import { type Backoff, defaultBackoff } from './backoff.ts';
import { budgetRule, type RetryBudget, type RetryBudgetOptions, toBudget } from './budget.ts';
import { isExhausted, keepErrors } from './history.ts';

export interface RetryOptions {
  /** All attempts together, the first included. Default 3. */
  readonly maxAttempts?: number | undefined;
  /** The waits. Default `exponentialBackoff()`: 100 ms, doubling, at most 30 s, full jitter. */
  readonly backoff?: Backoff | undefined;
  /** Everything together, waits included, ends after this many milliseconds with a `TimeoutError` (`total`). Default: no limit. */
  readonly totalMs?: number | undefined;
  /** Limit for each attempt. Default: none. */
  readonly attemptTimeoutMs?: number | undefined;
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

export interface RetryPolicy extends Policy<RetryEvent | TimeoutExpired>, Fusible {
  readonly kind: 'retry';
  /** `undefined` when the policy has none. */
  readonly budget: RetryBudget | undefined;
  /** Puts new options in force and keeps the budget's balance. Throws as `createRetry`. */
  reconfigure(options: RetryOptions): void;
}

const rules: Record<string, Rule> = {
  maxAttempts: whole(1),
  backoff: callable,
  totalMs: durationMs,
  attemptTimeoutMs: durationMs,
  retryIf: callable,
  retryResult: callable,
  retryAfterMs: callable,
  classify: callable,
  budget: budgetRule,
};

/** What is kept from attempt to attempt. */
interface History {
  readonly errors: readonly unknown[];
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

class RetryImpl implements RetryPolicy, Repeater {
  readonly kind = 'retry';
  readonly name: string;
  readonly clock: Clock;
  listeners: readonly Listener<RetryEvent>[] | undefined = undefined;
  readonly budget: RetryBudget | undefined;
  /** The limits on everything, around the retry, and on each attempt, within it. */
  readonly around: TimeoutPolicy | undefined;
  readonly #within: TimeoutPolicy | undefined;
  readonly gates: readonly Gate[] | undefined;
  readonly repeater: Repeater = this;
  #options: RetryOptions;
  readonly #plan: Plan;

  constructor(options: RetryOptions) {
    checkOptions('createRetry', options, rules);
    const { name = 'retry', clock = systemClock, totalMs, attemptTimeoutMs, budget = {} } = options;
    this.#options = options;
    this.name = name;
    this.clock = clock;
    this.budget = toBudget(budget);
    if (totalMs !== undefined) this.around = createTimeout({ timeoutMs: totalMs, limit: 'total', name, clock });
    if (attemptTimeoutMs !== undefined) this.#within = createTimeout({ timeoutMs: attemptTimeoutMs, name, clock });
    this.gates = this.#within?.gates;
    this.#plan = toPlan(this);
  }

  reconfigure(options: RetryOptions): void {
    checkOptions('createRetry', options, rules);
    for (const option of ['attemptTimeoutMs', 'totalMs'] as const) {
      if ((options[option] === undefined) === (this.#options[option] === undefined)) continue;
      throw new OptionError(`createRetry.${option}`, options[option], 'set, or not set, as when the policy was built');
    }
    this.#options = options;
    this.around?.reconfigure({ timeoutMs: options.totalMs, limit: 'total' });
    this.#within?.reconfigure({ timeoutMs: options.attemptTimeoutMs });
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    if (this.around === undefined) return run(this.#plan, work, options);
    return this.around.execute((context) => run(this.#plan, work, context), options);
  }

  on(listener: Listener<RetryEvent | TimeoutExpired>): () => void {
    const removers = [subscribe(this, listener), this.around?.on(listener), this.#within?.on(listener)];
    return () => {
      for (const remove of removers) remove?.();
    };
  }

  settled(call: Call, outcome: Outcome, value: unknown): boolean {
    try {
      return this.#decide(call, outcome, value);
    } catch (error) {
      // A predicate failed: that is a mistake in the program, and must not look like an answer of the dependency.
      call.settle(FAILED, error);
      return true;
    }
  }

  /** True: goes on, or has ended the call. */
  #decide(call: Call, outcome: Outcome, value: unknown): boolean {
    const { maxAttempts = 3, retryResult } = this.#options;
    const { attempt } = call;
    const succeeded = outcome === SUCCEEDED;
    if (succeeded && retryResult?.(value, attempt) !== true) {
      this.budget?.deposit();
      if (attempt > 1 && this.listeners !== undefined) {
        tell(this, call, { type: 'retry.succeeded', attempt, maxAttempts });
      }
      return false;
    }
    const { retryIf, retryAfterMs, backoff = defaultBackoff, random = Math.random } = this.#options;
    const { classify = classifierOf(this.clock) } = this.#options;
    const error = succeeded ? new UnwantedResultError(value) : value;
    const { errors: earlier, delayMs: lastMs } = (call.history ?? { errors: [], delayMs: 0 }) as History;
    const errors = [...earlier, error];
    if (errors.length > 1) keepErrors(error, errors);
    if (outcome === CANCELLED) return false;
    const stop = (reason: RetryStopReason | 'not-retryable'): false => {
      if (this.listeners !== undefined) {
        tell(this, call, { type: 'retry.stopped', reason, error, attempt, maxAttempts });
      }
      return false;
    };
    const meaning = succeeded ? undefined : toMeaning(error, classify);
    if (meaning !== undefined) {
      if (isExhausted(error)) return stop('nested');
      if (!(retryIf === undefined ? meaning.retryable : retryIf(error, attempt) === true)) return stop('not-retryable');
    }
    const hintMs = meaning === undefined ? retryAfterMs?.(value) : meaning.retryAfterMs;
    const backoffMs = backoff(attempt, lastMs, random);
    if (!(backoffMs >= 0)) throw new OptionError('createRetry.backoff', backoffMs, 'milliseconds of 0 or more');
    // The hint is a floor; a little more, at random, keeps those who got the same hint apart.
    const delayMs = Math.max(backoffMs, (hintMs ?? 0) * (1 + 0.1 * random()));
    const reason = this.#reasonToStop(call, maxAttempts, meaning?.notApplied === true, delayMs, hintMs);
    if (reason !== undefined) {
      stop(reason);
      if (succeeded || maxAttempts === 1) return false;
      throw new RetryExhaustedError(call.operation, reason, errors, hintMs);
    }
    if (this.listeners !== undefined) {
      const why = hintMs !== undefined && hintMs >= backoffMs ? 'retry-after' : 'backoff';
      tell(this, call, { type: 'retry.scheduled', reason: why, delayMs, error, attempt, maxAttempts });
    }
    call.again(delayMs, { errors, delayMs } satisfies History);
    return true;
  }

  #reasonToStop(
    call: Call,
    maxAttempts: number,
    notApplied: boolean,
    delayMs: number,
    hintMs = -1,
  ): RetryStopReason | undefined {
    if (call.attempt >= maxAttempts) return 'attempts';
    if (call.idempotent === false && !notApplied) return 'not-idempotent';
    const leftMs = (call.options?.deadline ?? Number.POSITIVE_INFINITY) - this.clock.now();
    if (hintMs >= leftMs) return 'retry-after-past-deadline';
    if (delayMs >= leftMs) return 'deadline';
    return this.budget?.withdraw() === false ? 'budget' : undefined;
  }
}
