import type { Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import { RejectedError } from '../errors.ts';
import { requireKey } from '../keyed.ts';
import { delayMs, OptionError, whole } from '../options.ts';
import type { Fusible, Gate, Policy } from '../policy.ts';
import { type Kind, PolicyBase } from '../policy-base.ts';
import {
  burstRules,
  type LimitState,
  type RateLimitDecision,
  type RateLimitSpec,
  rateLimitRules,
  slides,
  takeFrom,
} from './algorithms.ts';

export interface RateLimitOptions extends RateLimitSpec {
  /**
   * Keys remembered. Keys whose limit is full again are forgotten first, which changes nothing; if that is not enough,
   * the one not seen for the longest time is, and starts anew. Default 10 000.
   */
  readonly maxKeys?: number | undefined;
  /** Default `rate-limit`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** A rate limit refused a call, or its store failed. */
export type RateLimitEvent = {
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
} & (
  | {
      readonly type: 'rate-limit.rejected';
      readonly reason: 'limit' | 'store-failed';
      readonly key: string;
      readonly retryAfterMs: number | undefined;
    }
  | {
      readonly type: 'rate-limit.store-failed';
      /** What happened to the call. */
      readonly reason: 'allowed' | 'refused';
      readonly error: unknown;
    }
);

/** The rate of calls is above the limit. `decision` has all that a client should be told ({@link toRateLimitHeaders}). */
export class RateLimitedError extends RejectedError {
  readonly decision: RateLimitDecision | undefined;
  constructor(policy: string, reason: 'limit' | 'store-failed', decision: RateLimitDecision | undefined) {
    super('RateLimitedError', 'RATE_LIMITED', 'rate-limit', policy, reason, decision?.retryAfterMs);
    this.decision = decision;
  }
}

export interface RateLimiter extends Policy<RateLimitEvent>, Fusible {
  readonly kind: 'rate-limit';
  /** Keys remembered now. */
  readonly keys: number;
  /** Takes `cost` (default 1) from the limit of `key`, when it is there; a cost of 0 only looks. Throws `OptionError` on a wrong cost. */
  take(key?: string, cost?: number): RateLimitDecision;
  /** Puts a new limit in force. What was spent is kept while the algorithm stays the same. Throws as `createRateLimit`. */
  reconfigure(options: RateLimitOptions): void;
}

const kind: Kind<RateLimitOptions> = {
  kind: 'rate-limit',
  rules: { ...rateLimitRules, maxKeys: whole(1) },
  required: ['limit', 'windowMs'],
  more: burstRules,
};

/**
 * Limits how many calls begin in a time, for each `key` of the call options (calls without one share a limit). Refuses
 * with `RateLimitedError`; never waits. Throws `OptionError` on bad options.
 */
export function createRateLimit(options: RateLimitOptions): RateLimiter {
  return new RateLimitImpl(kind, options);
}

class RateLimitImpl extends PolicyBase<RateLimitOptions, RateLimitEvent> implements RateLimiter, Gate {
  declare readonly kind: 'rate-limit';
  readonly holds = false;
  /** The one not seen for the longest time first. */
  readonly #states: Map<string, LimitState> = new Map();

  get keys(): number {
    return this.#states.size;
  }

  override reconfigure(options: RateLimitOptions): void {
    const before = slides(this.options);
    super.reconfigure(options);
    if (slides(options) !== before) this.#states.clear();
  }

  take(key = '', cost = 1): RateLimitDecision {
    requireTakable(key, cost);
    const now = this.clock.now();
    const states = this.#states;
    const known = states.get(key);
    const state = known ?? { before: 0, count: 0, at: now };
    if (known) states.delete(key);
    else this.#makeRoom(now);
    states.set(key, state);
    return takeFrom(state, this.options, now, cost);
  }

  /** Looks at two old keys for each new one: that many full ones are found as new ones come, without a timer. */
  #makeRoom(now: number): void {
    let looked = 0;
    for (const [key, state] of this.#states) {
      const isFull = looked++ < 2 && takeFrom(state, this.options, now, 0).resetMs <= 0;
      if (!isFull && this.keys < (this.options.maxKeys ?? 10_000)) return;
      this.#states.delete(key);
    }
  }

  enter(call: Call): unknown {
    const { key = '' } = call;
    const decision = this.take(key);
    if (decision.allowed) return undefined;
    const { retryAfterMs } = decision;
    this.tell?.(call, { type: 'rate-limit.rejected', reason: 'limit', key, retryAfterMs });
    return call.refuse(new RateLimitedError(this.name, 'limit', decision));
  }

  leave(): void {
    // Only the beginning of a call counts.
  }
}

export function requireTakable(key: string, cost: number): void {
  requireKey(key);
  const [expected, accepts] = delayMs;
  if (!accepts(cost)) throw new OptionError('cost', cost, expected);
}
