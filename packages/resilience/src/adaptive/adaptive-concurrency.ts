import type { Call } from '../call.ts';
import { RejectedError } from '../errors.ts';
import { checkExactly, durationMs, number, share, whole } from '../options.ts';
import { isUnwell } from '../outage.ts';
import { CANCELLED, type Fusible, type Gate, type Outcome, type Policy, SUCCEEDED } from '../policy.ts';
import { type Kind, PolicyBase } from '../policy-base.ts';
import { ask } from '../predicate.ts';
import { type AdaptiveConcurrencyOptions, Gradient, type LimitReason } from './gradient.ts';

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
    super('ConcurrencyLimitedError', 'CONCURRENCY_LIMITED', 'adaptive-concurrency', policy, 'limit');
  }
}

export interface AdaptiveConcurrency extends Policy<AdaptiveConcurrencyEvent>, Fusible {
  readonly kind: 'adaptive-concurrency';
  readonly limit: number;
  readonly active: number;
  /** Puts new options in force; the limit found is kept within the new bounds. Throws as `createAdaptiveConcurrency`. */
  reconfigure(options: AdaptiveConcurrencyOptions): void;
}

const kind: Kind<AdaptiveConcurrencyOptions> = {
  kind: 'adaptive-concurrency',
  rules: {
    initialLimit: whole(1),
    minLimit: whole(1),
    maxLimit: whole(1),
    tolerance: number(1),
    smoothing: share,
    windowMs: durationMs,
    minimumSamples: whole(1),
    probeEveryMs: durationMs,
  },
  check({ minLimit = 1, maxLimit = 1000, initialLimit = minLimit }) {
    checkExactly('createAdaptiveConcurrency', { initialLimit }, { initialLimit: whole(minLimit, maxLimit) });
  },
};

/**
 * Limits how many calls go on at the same time, to what the dependency takes without queueing, found from latency and
 * timeouts ({@link Gradient}). Refuses at once with `ConcurrencyLimitedError`; a place is held until the work really
 * ends. Throws `OptionError` on bad options.
 */
export function createAdaptiveConcurrency(options: AdaptiveConcurrencyOptions = {}): AdaptiveConcurrency {
  return new AdaptiveImpl(options);
}

class AdaptiveImpl
  extends PolicyBase<AdaptiveConcurrencyOptions, AdaptiveConcurrencyEvent>
  implements AdaptiveConcurrency, Gate
{
  declare readonly kind: 'adaptive-concurrency';
  readonly holds = true;
  readonly #gradient: Gradient;
  /** When each of the calls under way began. */
  readonly #startedAt: Map<Call, number> = new Map();

  constructor(options: AdaptiveConcurrencyOptions) {
    super(kind, options);
    this.#gradient = new Gradient(this.options, this.clock.now());
  }

  get limit(): number {
    return this.#gradient.limit;
  }
  get active(): number {
    return this.#startedAt.size;
  }

  override reconfigure(options: AdaptiveConcurrencyOptions): void {
    super.reconfigure(options);
    this.#gradient.options = this.options;
  }

  enter(call: Call): unknown {
    const { limit } = this;
    if (this.active >= limit) {
      this.tell?.(call, { type: 'adaptive.rejected', reason: 'limit', limit });
      return call.refuse(new ConcurrencyLimitedError(this.name));
    }
    this.#startedAt.set(call, this.clock.now());
    return undefined;
  }

  leave(call: Call, outcome: Outcome, value: unknown): void {
    const { active } = this;
    const startedAt = this.#startedAt.get(call)!;
    this.#startedAt.delete(call);
    const failed = outcome !== SUCCEEDED;
    // What was cancelled or refused further in took no time of the dependency; an error page comes faster than an answer.
    if (outcome === CANCELLED || (failed && !ask((error) => isUnwell(error, this.clock), value, false))) return;
    const previous = this.limit;
    const now = this.clock.now();
    const reason = this.#gradient.record(now, now - startedAt, active, failed);
    if (reason) this.tell?.(undefined, { type: 'adaptive.limit-changed', reason, limit: this.limit, previous });
  }
}
