import { OptionError } from '@breakwater/errors';
import { type Call, run } from '../call.ts';
import { type Clock, type Random, systemClock } from '../clock.ts';
import { isRejection, RejectedError, withoutStack } from '../errors.ts';
import { emit, type Listener, subscribe } from '../events.ts';
import { classifierOf, toMeaning } from '../failure.ts';
import { checkOptions, durationMs, number, type Rule, share, whole } from '../options.ts';
import { type Plan, toPlan } from '../plan.ts';
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
} from '../policy.ts';
import { Gradient, type GradientSettings, type LimitReason } from './gradient.ts';

export interface AdaptiveConcurrencyOptions {
  /** Default 20. */
  readonly initialLimit?: number | undefined;
  /** Default 1. */
  readonly minLimit?: number | undefined;
  /** Default 1000. */
  readonly maxLimit?: number | undefined;
  /** How much slower than without load calls may be before the limit falls. Default 1.5. */
  readonly tolerance?: number | undefined;
  /** The share of a change that is made per window. Default 0.2. */
  readonly smoothing?: number | undefined;
  /** The limit is looked at this often at most. Default 100. */
  readonly windowMs?: number | undefined;
  /** Calls that must have ended in a window. Default 10. */
  readonly minimumSamples?: number | undefined;
  /** About how often the latency without load is measured anew. Default 10 000. */
  readonly probeEveryMs?: number | undefined;
  /** Default `adaptive-concurrency`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export type AdaptiveConcurrencyEvent =
  | {
      readonly type: 'adaptive.limit-changed';
      readonly reason: LimitReason;
      readonly policy: string;
      readonly limit: number;
      readonly previous: number;
    }
  | {
      readonly type: 'adaptive.rejected';
      readonly reason: 'limit';
      readonly policy: string;
      readonly operation: string;
      readonly correlationId: string | undefined;
      readonly limit: number;
    };

/** As many calls are under way as the dependency takes. */
export class ConcurrencyLimitedError extends RejectedError {
  constructor(policy: string) {
    const message = `Adaptive concurrency "${policy}" refused the call: limit`;
    super(
      'CONCURRENCY_LIMITED',
      'adaptive-concurrency',
      policy,
      'limit',
      message,
      undefined,
      'ConcurrencyLimitedError',
    );
  }
}

export interface AdaptiveConcurrency extends Policy<AdaptiveConcurrencyEvent>, Fusible {
  readonly kind: 'adaptive-concurrency';
  readonly limit: number;
  readonly active: number;
  /** Puts new options in force; the limit found is kept within the new bounds. Throws as `createAdaptiveConcurrency`. */
  reconfigure(options: AdaptiveConcurrencyOptions): void;
}

const rules: Record<string, Rule> = {
  initialLimit: whole(1),
  minLimit: whole(1),
  maxLimit: whole(1),
  tolerance: number(1),
  smoothing: share,
  windowMs: durationMs,
  minimumSamples: whole(1),
  probeEveryMs: durationMs,
};

function toSettings(options: AdaptiveConcurrencyOptions): GradientSettings {
  checkOptions('createAdaptiveConcurrency', options, rules);
  const { minLimit: min = 1, maxLimit: max = 1000 } = options;
  const { initialLimit: initial = Math.min(max, Math.max(min, 20)) } = options;
  if (!(min <= initial && initial <= max)) {
    throw new OptionError('createAdaptiveConcurrency.initialLimit', initial, `between ${min} and ${max}`);
  }
  const { tolerance = 1.5, smoothing = 0.2, windowMs = 100, minimumSamples = 10, probeEveryMs = 10_000 } = options;
  return { initial, min, max, tolerance, smoothing, windowMs, minimumSamples, probeEveryMs };
}

/**
 * Limits how many calls go on at the same time, to what the dependency takes without queueing, found from latency and
 * timeouts ({@link Gradient}). Refuses at once with `ConcurrencyLimitedError`; a place is held until the work really
 * ends. Throws `OptionError` on bad options.
 */
export function createAdaptiveConcurrency(options: AdaptiveConcurrencyOptions = {}): AdaptiveConcurrency {
  return new AdaptiveImpl(options);
}

class AdaptiveImpl implements AdaptiveConcurrency, Gate {
  readonly kind = 'adaptive-concurrency';
  readonly name: string;
  readonly clock: Clock;
  readonly holds = true;
  readonly gates: readonly Gate[];
  listeners: readonly Listener<AdaptiveConcurrencyEvent>[] | undefined = undefined;
  readonly #gradient: Gradient;
  readonly #plan: Plan;
  #active = 0;

  constructor(options: AdaptiveConcurrencyOptions) {
    const settings = toSettings(options);
    this.name = options.name ?? 'adaptive-concurrency';
    this.clock = options.clock ?? systemClock;
    this.#gradient = new Gradient(settings, this.clock.now(), options.random ?? Math.random);
    this.gates = [this];
    this.#plan = toPlan(this);
  }

  get limit(): number {
    return this.#gradient.limit;
  }
  get active(): number {
    return this.#active;
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    return run(this.#plan, work, options);
  }

  on(listener: Listener<AdaptiveConcurrencyEvent>): () => void {
    return subscribe(this, listener);
  }

  reconfigure(options: AdaptiveConcurrencyOptions): void {
    this.#gradient.settings = toSettings(options);
  }

  enter(call: Call): unknown {
    if (this.#active < this.limit) {
      this.#active++;
      return this.clock.now();
    }
    if (this.listeners !== undefined) {
      const { operation, correlationId } = call;
      const { name, limit } = this;
      emit(this, { type: 'adaptive.rejected', reason: 'limit', policy: name, operation, correlationId, limit });
    }
    call.refuse(withoutStack(() => new ConcurrencyLimitedError(this.name)));
    return WAIT;
  }

  leave(_call: Call, token: unknown, outcome: Outcome, value: unknown): void {
    const active = this.#active--;
    const failed = outcome !== SUCCEEDED;
    // What was cancelled or refused further in took no time of the dependency; an error page comes faster than an answer.
    if (outcome === CANCELLED || (failed && (isRejection(value) || !this.#isUnwell(value)))) return;
    const previous = this.limit;
    const now = this.clock.now();
    const reason = this.#gradient.record(now, now - (token as number), active, failed);
    if (reason === undefined || this.listeners === undefined) return;
    emit(this, { type: 'adaptive.limit-changed', reason, policy: this.name, limit: this.limit, previous });
  }

  #isUnwell(error: unknown): boolean {
    const meaning = toMeaning(error, classifierOf(this.clock));
    return meaning.health === 'failed' || meaning.retryable;
  }
}
