import { type Classify, OptionError } from '@breakwater/errors';
import { type Call, run } from '../call.ts';
import { type Clock, type Random, systemClock } from '../clock.ts';
import { RetryExhaustedError, type RetryStopReason, TimeoutError, UnwantedResultError } from '../errors.ts';
import { emit, type Listener, subscribe } from '../events.ts';
import { classifierOf, toMeaning } from '../failure.ts';
import { callable, checkOptions, durationMs, type Rule, record, whole } from '../options.ts';
import { type Plan, toPlan } from '../plan.ts';
import {
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
import { createTimeout, type TimeoutExpired, type TimeoutPolicy } from '../timeout.ts';
import { Timer, timersOf } from '../timers.ts';
import { type Backoff, type Delays, toDelays } from './backoff.ts';
import { budgetRule, type RetryBudget, type RetryBudgetOptions, toBudget } from './budget.ts';
import { isExhausted, keepErrors } from './history.ts';

export interface RetryOptions {
  /** All attempts together, the first included. Default 3. */
  readonly maxAttempts?: number | undefined;
  /** Default exponential: 100 ms, doubling, at most 30 s, full jitter. */
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
  /** The attempt that has ended. */
  readonly attempt: number;
}

/** What a retry tells its listeners. */
export type RetryEvent =
  | (EventBase & {
      readonly type: 'retry.scheduled';
      readonly reason: 'backoff' | 'retry-after';
      readonly delayMs: number;
      readonly maxAttempts: number;
      readonly error: unknown;
    })
  | (EventBase & { readonly type: 'retry.succeeded'; readonly maxAttempts: number })
  | (EventBase & {
      readonly type: 'retry.stopped';
      readonly reason: RetryStopReason | 'not-retryable';
      readonly maxAttempts: number;
      readonly error: unknown;
    });

export interface RetryPolicy extends Policy<RetryEvent | TimeoutExpired>, Fusible {
  readonly kind: 'retry';
  /** `undefined` when the policy has none. */
  readonly budget: RetryBudget | undefined;
  /** Puts new options in force and keeps the budget's balance. Throws as `createRetry`. */
  reconfigure(options: RetryOptions): void;
}

const rules: Record<string, Rule> = {
  maxAttempts: whole(1),
  backoff: record,
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
  readonly errors: unknown[];
  lastDelayMs: number;
  /** The attempt under way, for the total limit. */
  current: Call;
  timer: Timer | undefined;
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
  #options!: RetryOptions;
  #maxAttempts!: number;
  #delays!: Delays;
  readonly budget: RetryBudget | undefined;
  readonly #attemptTimeout: TimeoutPolicy | undefined;
  readonly #random: Random;
  readonly #plan: Plan;

  constructor(options: RetryOptions) {
    checkOptions('createRetry', options, rules);
    const { name = 'retry', clock = systemClock, attemptTimeoutMs, budget = {} } = options;
    this.name = name;
    this.clock = clock;
    this.#random = options.random ?? Math.random;
    this.#accept(options);
    this.budget = toBudget(budget);
    this.#attemptTimeout =
      attemptTimeoutMs === undefined ? undefined : createTimeout({ timeoutMs: attemptTimeoutMs, name, clock });
    this.#plan = toPlan({ name, clock, gates: this.gates, repeater: this, cuts: this.cuts });
  }

  get gates(): readonly Gate[] {
    return this.#attemptTimeout?.gates ?? [];
  }
  get repeater(): Repeater {
    return this;
  }
  get cuts(): boolean {
    return this.#attemptTimeout !== undefined || this.#options.totalMs !== undefined;
  }

  #accept(options: RetryOptions): void {
    const { maxAttempts = 3, backoff = { kind: 'exponential' } } = options;
    this.#delays = toDelays('createRetry.backoff', backoff, this.#random);
    this.#options = options;
    this.#maxAttempts = maxAttempts;
  }

  reconfigure(options: RetryOptions): void {
    checkOptions('createRetry', options, rules);
    for (const option of ['attemptTimeoutMs', 'totalMs'] as const) {
      if ((options[option] === undefined) === (this.#options[option] === undefined)) continue;
      throw new OptionError(`createRetry.${option}`, options[option], 'set, or not set, as when the policy was built');
    }
    this.#accept(options);
    if (options.attemptTimeoutMs !== undefined)
      this.#attemptTimeout!.reconfigure({ timeoutMs: options.attemptTimeoutMs });
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    return run(this.#plan, work, options);
  }

  on(listener: Listener<RetryEvent | TimeoutExpired>): () => void {
    const removers = [subscribe(this, listener), this.#attemptTimeout?.on(listener)];
    return () => {
      for (const remove of removers) remove?.();
    };
  }

  begin(call: Call): void {
    const { totalMs } = this.#options;
    if (totalMs === undefined) return;
    const history: History = { errors: [], lastDelayMs: 0, current: call, timer: undefined };
    history.timer = new Timer(() => {
      const error = new TimeoutError(call.operation, 'total', totalMs);
      keepErrors(error, [...history.errors, error]);
      history.current.giveUp(FAILED, error);
    });
    call.history = history;
    timersOf(this.clock).add(history.timer, totalMs);
  }

  end(call: Call): void {
    const timer = (call.history as History | undefined)?.timer;
    if (timer !== undefined) timersOf(this.clock).remove(timer);
  }

  /** When the call must have ended, by the total limit. */
  deadlineOf(call: Call): number {
    const timer = (call.history as History | undefined)?.timer;
    return timer === undefined || timer.place === -1 ? Number.POSITIVE_INFINITY : timersOf(this.clock).dueAt(timer);
  }

  settled(call: Call, outcome: Outcome, value: unknown): boolean {
    if (outcome === SUCCEEDED && this.#options.retryResult === undefined) {
      this.#succeeded(call);
      return false;
    }
    try {
      return this.#decide(call, outcome, value);
    } catch (error) {
      // A predicate failed: that is a mistake in the program, and must not look like an answer of the dependency.
      call.settle(FAILED, error);
      return true;
    }
  }

  #succeeded(call: Call): void {
    this.budget?.deposit();
    if (call.attempt > 1 && this.listeners !== undefined) {
      emit(this, { type: 'retry.succeeded', maxAttempts: this.#maxAttempts, ...this.#about(call) });
    }
  }

  #decide(call: Call, outcome: Outcome, value: unknown): boolean {
    const { retryIf, retryResult, retryAfterMs } = this.#options;
    if (outcome === SUCCEEDED && retryResult!(value, call.attempt) !== true) {
      this.#succeeded(call);
      return false;
    }
    const error = outcome === SUCCEEDED ? new UnwantedResultError(value) : value;
    call.history ??= { errors: [], lastDelayMs: 0, current: call, timer: undefined } satisfies History;
    const history = call.history as History;
    history.errors.push(error);
    const meaning =
      outcome === SUCCEEDED ? undefined : toMeaning(error, this.#options.classify ?? classifierOf(this.clock));
    if (meaning !== undefined) {
      const nested = isExhausted(error);
      if (nested || !(retryIf === undefined ? meaning.retryable : retryIf(error, call.attempt) === true)) {
        this.#tellStopped(call, nested ? 'nested' : 'not-retryable', error);
        if (history.errors.length > 1) keepErrors(error, history.errors);
        return false;
      }
    }
    const hintMs = meaning === undefined ? retryAfterMs?.(value) : meaning.retryAfterMs;
    const backoffMs = this.#delays(call.attempt, history.lastDelayMs);
    // The hint is a floor; a little more, at random, keeps those who got the same hint apart.
    const delayMs = Math.max(backoffMs, hintMs === undefined ? 0 : hintMs * (1 + 0.1 * this.#random()));
    const reason = this.#reasonToStop(call, meaning?.notApplied === true, delayMs, hintMs);
    if (reason !== undefined) {
      this.#tellStopped(call, reason, error);
      if (outcome === SUCCEEDED || this.#maxAttempts === 1) return false;
      call.settle(FAILED, new RetryExhaustedError(call.operation, reason, history.errors, hintMs));
      return true;
    }
    history.lastDelayMs = delayMs;
    if (this.listeners !== undefined) {
      const why = hintMs !== undefined && hintMs >= backoffMs ? 'retry-after' : 'backoff';
      emit(this, {
        type: 'retry.scheduled',
        reason: why,
        delayMs,
        error,
        maxAttempts: this.#maxAttempts,
        ...this.#about(call),
      });
    }
    history.current = call.again(delayMs, history);
    return true;
  }

  #reasonToStop(
    call: Call,
    notApplied: boolean,
    delayMs: number,
    hintMs: number | undefined,
  ): RetryStopReason | undefined {
    if (call.attempt >= this.#maxAttempts) return 'attempts';
    if (call.idempotent === false && !notApplied) return 'not-idempotent';
    const deadline = Math.min(call.options?.deadline ?? Number.POSITIVE_INFINITY, this.deadlineOf(call));
    if (deadline !== Number.POSITIVE_INFINITY) {
      const leftMs = deadline - this.clock.now();
      if (hintMs !== undefined && hintMs >= leftMs) return 'retry-after-past-deadline';
      if (delayMs >= leftMs) return 'deadline';
    }
    return this.budget?.withdraw() === false ? 'budget' : undefined;
  }

  #tellStopped(call: Call, reason: RetryStopReason | 'not-retryable', error: unknown): void {
    if (this.listeners === undefined) return;
    emit(this, { type: 'retry.stopped', reason, error, maxAttempts: this.#maxAttempts, ...this.#about(call) });
  }

  #about(call: Call): EventBase {
    const { operation, correlationId, attempt } = call;
    return { policy: this.name, operation, correlationId, attempt };
  }
}
