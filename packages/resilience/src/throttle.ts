import type { Classify } from '@breakwater/errors';
import { type Call, run } from './call.ts';
import { type Clock, type Random, systemClock } from './clock.ts';
import { isRejection, RejectedError, withoutStack } from './errors.ts';
import { emit, type Listener, subscribe, warn } from './events.ts';
import { classifierOf, toMeaning } from './failure.ts';
import { callable, checkOptions, durationMs, number, type Rule, whole } from './options.ts';
import { type Plan, toPlan } from './plan.ts';
import {
  CANCELLED,
  type CallOptions,
  type Fusible,
  type Gate,
  type Outcome,
  type Policy,
  SUCCEEDED,
  WAIT,
  type Work,
} from './policy.ts';

export interface ThrottleOptions {
  /** Calls let through per call the dependency accepts. 2 lets twice as many through as it accepts. Default 2. */
  readonly factor?: number | undefined;
  /** How much of the past counts; after an outage the share let through about doubles in that time. Default 30 000. */
  readonly windowMs?: number | undefined;
  /** Calls the window must hold before any is refused. Default 20. */
  readonly minimumCalls?: number | undefined;
  /** Default: failures that `classify` calls retryable or counts against the dependency are not accepted; all else is. */
  readonly accepted?: ((error: unknown) => boolean) | undefined;
  readonly classify?: Classify | undefined;
  /** Default `throttle`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface ThrottleEvent {
  readonly type: 'throttle.rejected';
  readonly reason: 'overload';
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
  /** With what probability calls are refused now. */
  readonly probability: number;
}

/** The dependency refuses too much: this call was refused here, before it cost anything there. */
export class ThrottledError extends RejectedError {
  constructor(policy: string) {
    const message = `Throttle "${policy}" refused the call: overload`;
    super('THROTTLED', 'throttle', policy, 'overload', message, undefined, 'ThrottledError');
  }
}

export interface Throttle extends Policy<ThrottleEvent>, Fusible {
  readonly kind: 'throttle';
  /** With what probability the next call is refused, 0 to 1. */
  readonly probability: number;
  /** Puts new options in force. The past is kept while `windowMs` stays the same. Throws as `createThrottle`. */
  reconfigure(options: ThrottleOptions): void;
}

const rules: Record<string, Rule> = {
  factor: number(1),
  windowMs: durationMs,
  minimumCalls: whole(1),
  accepted: callable,
  classify: callable,
};

/** The window is forgotten in this many steps. */
const STEPS = 12;

/**
 * Refuses calls by chance when the dependency accepts few of them (adaptive throttling, Site Reliability Engineering,
 * chapter 21): with probability `max(0, (requests - factor * accepts) / (requests + 1))`, counted over a sliding window.
 * Needs no word from the other side, keeps asking, and recovers as it does. Throws `OptionError` on bad options.
 */
export function createThrottle(options: ThrottleOptions = {}): Throttle {
  return new ThrottleImpl(options);
}

class ThrottleImpl implements Throttle, Gate {
  readonly kind = 'throttle';
  readonly name: string;
  readonly clock: Clock;
  readonly holds = false;
  readonly gates: readonly Gate[];
  listeners: readonly Listener<ThrottleEvent>[] | undefined = undefined;
  readonly #random: Random;
  readonly #plan: Plan;
  #options!: ThrottleOptions;
  readonly #requests: Float64Array = new Float64Array(STEPS);
  readonly #accepts: Float64Array = new Float64Array(STEPS);
  #allRequests = 0;
  #allAccepts = 0;
  #step: number;

  constructor(options: ThrottleOptions) {
    this.name = options.name ?? 'throttle';
    this.clock = options.clock ?? systemClock;
    this.#step = 0;
    this.reconfigure(options);
    this.#random = options.random ?? Math.random;
    this.gates = [this];
    this.#plan = toPlan(this);
  }

  get probability(): number {
    this.#forget();
    const { factor = 2, minimumCalls = 20 } = this.#options;
    if (this.#allRequests < minimumCalls) return 0;
    return Math.max(0, (this.#allRequests - factor * this.#allAccepts) / (this.#allRequests + 1));
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    return run(this.#plan, work, options);
  }

  on(listener: Listener<ThrottleEvent>): () => void {
    return subscribe(this, listener);
  }

  reconfigure(options: ThrottleOptions): void {
    checkOptions('createThrottle', options, rules);
    const before = this.#options;
    this.#options = options;
    if (before?.windowMs === options.windowMs && before !== undefined) return;
    this.#requests.fill(0);
    this.#accepts.fill(0);
    this.#allRequests = this.#allAccepts = 0;
    this.#step = this.#stepNow();
  }

  #stepNow(): number {
    return Math.floor((this.clock.now() * STEPS) / (this.#options.windowMs ?? 30_000));
  }

  /** Empties the steps that have gone by; returns the place of the present one. */
  #forget(): number {
    const step = this.#stepNow();
    for (let count = Math.min(step - this.#step, STEPS); count > 0; count--) {
      const place = (step - count + 1) % STEPS;
      this.#allRequests -= this.#requests[place]!;
      this.#allAccepts -= this.#accepts[place]!;
      this.#requests[place] = this.#accepts[place] = 0;
    }
    this.#step = step;
    return step % STEPS;
  }

  #count(counts: Float64Array): void {
    counts[this.#forget()]!++;
    if (counts === this.#requests) this.#allRequests++;
    else this.#allAccepts++;
  }

  enter(call: Call): unknown {
    const { probability } = this;
    if (probability === 0 || this.#random() >= probability) return undefined;
    // A refused call is a request that was not accepted: that is what makes the probability grow with the load.
    this.#count(this.#requests);
    if (this.listeners !== undefined) {
      const { operation, correlationId } = call;
      const type = 'throttle.rejected';
      emit(this, { type, reason: 'overload', policy: this.name, operation, correlationId, probability });
    }
    call.refuse(withoutStack(() => new ThrottledError(this.name)));
    return WAIT;
  }

  leave(_call: Call, _token: unknown, outcome: Outcome, value: unknown): void {
    // Counted when it ends: what was cancelled, or refused further in, says nothing about the dependency.
    if (outcome === CANCELLED || (outcome !== SUCCEEDED && isRejection(value))) return;
    this.#count(this.#requests);
    if (outcome === SUCCEEDED || this.#accepted(value)) this.#count(this.#accepts);
  }

  #accepted(error: unknown): boolean {
    const { accepted, classify } = this.#options;
    if (accepted !== undefined) return safely(accepted, error);
    const meaning = toMeaning(error, classify ?? classifierOf(this.clock));
    return !meaning.retryable && meaning.health !== 'failed';
  }
}

function safely(accepted: (error: unknown) => boolean, error: unknown): boolean {
  try {
    return accepted(error) === true;
  } catch (failure) {
    warn(failure);
    return true;
  }
}
