import { OptionError } from '@breakwater/errors';
import { type Call, run } from '../call.ts';
import { type Clock, systemClock } from '../clock.ts';
import { RejectedError, withoutStack } from '../errors.ts';
import { emit, type Listener, subscribe } from '../events.ts';
import { checkOptions, type Rule, whole } from '../options.ts';
import { type Plan, toPlan } from '../plan.ts';
import { type CallOptions, type Fusible, type Gate, type Policy, WAIT, type Work } from '../policy.ts';
import {
  type Algorithm,
  type LimitState,
  type RateLimitDecision,
  type RateLimitSpec,
  rateLimitRules,
  requireBurstFits,
  toAlgorithm,
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
    super(
      'RATE_LIMITED',
      'rate-limit',
      policy,
      reason,
      `Rate limit "${policy}" refused the call: ${reason}`,
      decision?.retryAfterMs,
      'RateLimitedError',
    );
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

const rules: Record<string, Rule> = { ...rateLimitRules, maxKeys: whole(1) };

/**
 * Limits how many calls begin in a time, for each `key` of the call options (calls without one share a limit). Refuses
 * with `RateLimitedError`; never waits. Throws `OptionError` on bad options.
 */
export function createRateLimit(options: RateLimitOptions): RateLimiter {
  return new RateLimitImpl(options);
}

class RateLimitImpl implements RateLimiter, Gate {
  readonly kind = 'rate-limit';
  readonly name: string;
  readonly clock: Clock;
  readonly holds = false;
  readonly gates: readonly Gate[];
  listeners: readonly Listener<RateLimitEvent>[] | undefined = undefined;
  /** The one not seen for the longest time first. */
  readonly #states: Map<string, LimitState> = new Map();
  #options!: RateLimitOptions;
  #algorithm!: Algorithm;
  readonly #plan: Plan;

  constructor(options: RateLimitOptions) {
    this.reconfigure(options);
    this.name = options.name ?? 'rate-limit';
    this.clock = options.clock ?? systemClock;
    this.gates = [this];
    this.#plan = toPlan(this);
  }

  get keys(): number {
    return this.#states.size;
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    return run(this.#plan, work, options);
  }

  on(listener: Listener<RateLimitEvent>): () => void {
    return subscribe(this, listener);
  }

  reconfigure(options: RateLimitOptions): void {
    checkOptions('createRateLimit', options, rules, ['limit', 'windowMs']);
    requireBurstFits('createRateLimit', options);
    if (this.#options !== undefined && options.algorithm !== this.#options.algorithm) this.#states.clear();
    this.#options = options;
    this.#algorithm = toAlgorithm(options);
  }

  take(key = '', cost = 1): RateLimitDecision {
    requireCost(cost);
    const now = this.clock.now();
    const states = this.#states;
    let state = states.get(key);
    if (state === undefined) {
      this.#makeRoom(now);
      state = this.#algorithm.fresh(now);
    } else {
      states.delete(key);
    }
    states.set(key, state);
    return this.#algorithm.take(state, now, cost);
  }

  /** Looks at two old keys for each new one: that many full ones are found as new ones come, without a timer. */
  #makeRoom(now: number): void {
    let looked = 0;
    for (const [key, state] of this.#states) {
      const crowded = this.#states.size >= (this.#options.maxKeys ?? 10_000);
      if (!crowded && looked++ === 2) break;
      if (!crowded && this.#algorithm.take(state, now, 0).resetMs > 0) break;
      this.#states.delete(key);
    }
  }

  enter(call: Call): unknown {
    const key = call.key ?? '';
    const decision = this.take(key);
    if (decision.allowed) return undefined;
    if (this.listeners !== undefined) {
      const { operation, correlationId } = call;
      const { retryAfterMs } = decision;
      const type = 'rate-limit.rejected';
      emit(this, { type, reason: 'limit', policy: this.name, operation, correlationId, key, retryAfterMs });
    }
    call.refuse(withoutStack(() => new RateLimitedError(this.name, 'limit', decision)));
    return WAIT;
  }

  leave(): void {
    // Only the beginning of a call counts.
  }
}

export function requireCost(cost: number): void {
  if (Number.isFinite(cost) && cost >= 0) return;
  throw new OptionError('rate limit: cost', cost, 'a finite number of at least 0');
}
