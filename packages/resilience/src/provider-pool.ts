import { OptionError } from '@breakwater/errors';
import { type BreakerEvent, type CircuitBreaker, createBreaker } from './breaker/breaker.ts';
import type { BreakerOptions } from './breaker/options.ts';
import { start } from './call.ts';
import { type Clock, type Random, systemClock } from './clock.ts';
import { RejectedError } from './errors.ts';
import { emit, type Listener, subscribe } from './events.ts';
import { classifierOf, toMeaning } from './failure.ts';
import { hasGivenUp } from './keyed.ts';
import { callable, checkOptions, either, oneOf, type Rule, record } from './options.ts';
import { isOutage } from './outage.ts';
import { type Plan, toPlan } from './plan.ts';
import type { CallContext, CallOptions } from './policy.ts';
import { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from './retry/budget.ts';
import { keepErrors } from './retry/history.ts';

export interface ProviderPoolOptions<P> {
  /** Equivalents, by name; the first is preferred where `order` says so. */
  readonly providers: { readonly [name: string]: P };
  /** `preferred` (default): the first that is well. `balanced`: of two drawn at random, the one with fewer calls under way. */
  readonly order?: 'preferred' | 'balanced' | undefined;
  /** When a provider is ejected, and for how long: a breaker for each. Default: 5 failures in a row, for 30 s, growing. */
  readonly ejection?: Omit<BreakerOptions, 'name' | 'clock' | 'random'> | undefined;
  /** Limits failover to a share of successes: own options, one shared with retry, or `false`. Default: on. */
  readonly budget?: RetryBudgetOptions | RetryBudget | false | undefined;
  /** Which failures to try the next provider after. Default: outages and refusals. */
  readonly failoverIf?: ((error: unknown) => boolean) | undefined;
  /** Default `provider-pool`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** What a pool tells its listeners, beside the events of the breakers (`policy` is `pool/provider`). */
export type ProviderPoolEvent =
  | BreakerEvent
  | {
      readonly type: 'pool.failover';
      readonly reason: 'failed';
      readonly policy: string;
      readonly operation: string;
      readonly correlationId: string | undefined;
      readonly from: string;
      readonly to: string;
      readonly error: unknown;
    }
  | {
      readonly type: 'pool.exhausted';
      /** `ejected`: no provider is left to ask. `not-idempotent`: the call may have taken effect. */
      readonly reason: 'ejected' | 'all-failed' | 'budget' | 'not-idempotent';
      readonly policy: string;
      readonly operation: string;
      readonly correlationId: string | undefined;
    };

/** Every provider is ejected. `retryAfterMs`: until the first may be asked again. */
export class NoProviderError extends RejectedError {
  constructor(policy: string, retryAfterMs: number | undefined) {
    const message = `Provider pool "${policy}" refused the call: all providers are ejected`;
    super('NO_PROVIDER', 'provider-pool', policy, 'ejected', message, retryAfterMs, 'NoProviderError');
  }
}

/** How a provider is doing. */
export interface ProviderHealth {
  readonly name: string;
  readonly active: number;
  readonly state: CircuitBreaker['state'];
}

export interface ProviderPool<P> {
  readonly kind: 'provider-pool';
  readonly name: string;
  readonly health: readonly ProviderHealth[];
  /**
   * Calls `work` with one provider after the other, each at most once, until one answers. To nest, pass the context of
   * an outer policy as `options`. Never throws: every failure is a rejection. When all fail, the last failure comes out;
   * `attemptErrors(error)` holds all.
   */
  call<T>(work: (provider: P, context: CallContext) => T | PromiseLike<T>, options?: CallOptions): Promise<T>;
  on(listener: Listener<ProviderPoolEvent>): () => void;
}

interface Member<P> {
  readonly name: string;
  readonly provider: P;
  readonly breaker: CircuitBreaker;
  active: number;
}

const rules: Record<string, Rule> = {
  providers: [
    'an object with at least one provider',
    (v) => typeof v === 'object' && v !== null && Object.keys(v).length > 0,
  ],
  order: oneOf('preferred', 'balanced'),
  ejection: record,
  budget: either(oneOf(false), record),
  failoverIf: callable,
};

/**
 * A set of equivalent providers: asks one that is well, fails over to the next, and ejects those that keep failing until a
 * probe succeeds. Failing over draws on a budget, so that an outage of all does not multiply the load on all; passing by
 * an ejected provider costs nothing. Throws `OptionError` on bad options.
 */
export function createProviderPool<P>(options: ProviderPoolOptions<P>): ProviderPool<P> {
  checkOptions('createProviderPool', options, rules, ['providers']);
  return new ProviderPoolImpl(options);
}

class ProviderPoolImpl<P> implements ProviderPool<P> {
  readonly kind = 'provider-pool';
  readonly name: string;
  listeners: readonly Listener<ProviderPoolEvent>[] | undefined = undefined;
  readonly #members: readonly Member<P>[];
  readonly #options: ProviderPoolOptions<P>;
  readonly #budget: RetryBudget | undefined;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #plan: Plan;

  constructor(options: ProviderPoolOptions<P>) {
    const { name = 'provider-pool', clock = systemClock, random = Math.random, ejection, budget = {} } = options;
    this.name = name;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.#plan = toPlan({ name, clock, cuts: true });
    this.#budget = budget === false ? undefined : 'withdraw' in budget ? budget : createRetryBudget(budget);
    for (const key of ['name', 'clock', 'random']) {
      if (ejection !== undefined && key in ejection) {
        throw new OptionError(`createProviderPool.ejection.${key}`, key, 'set on the pool itself');
      }
    }
    this.#members = Object.entries(options.providers).map(([own, provider]) => {
      const breaker = createBreaker({ ...ejection, name: `${name}/${own}`, clock, random });
      return { name: own, provider, breaker, active: 0 };
    });
  }

  get health(): readonly ProviderHealth[] {
    return this.#members.map(({ name, active, breaker }) => ({ name, active, state: breaker.state }));
  }

  on(listener: Listener<ProviderPoolEvent>): () => void {
    const removers = [subscribe(this, listener), ...this.#members.map(({ breaker }) => breaker.on(listener))];
    return () => {
      for (const remove of removers) remove();
    };
  }

  call<T>(work: (provider: P, context: CallContext) => T | PromiseLike<T>, options?: CallOptions): Promise<T> {
    return start(this.#plan, (context) => this.#tryAll(work, context), options, undefined);
  }

  async #tryAll<T>(work: (provider: P, context: CallContext) => T | PromiseLike<T>, context: CallContext): Promise<T> {
    const left = [...this.#members];
    const errors: unknown[] = [];
    let retryAfterMs: number | undefined;
    let from = '';
    while (left.length > 0) {
      const member = this.#pick(left);
      left.splice(left.indexOf(member), 1);
      let asked = false;
      try {
        const value = await member.breaker.execute((inner) => {
          // Only here is it certain that this one is not ejected: passing by an ejected one is not an extra call.
          if (errors.length > 0) this.#failOver(context, from, member.name, errors.at(-1));
          asked = true;
          return this.#count(member, () => work(member.provider, inner));
        }, context);
        this.#budget?.deposit();
        return value;
      } catch (error) {
        if (!asked && error instanceof Stop) return this.#fail(context, errors, error.reason);
        if (!asked && !hasGivenUp(context)) {
          const hint = (error as Partial<RejectedError> | null)?.retryAfterMs;
          if (hint !== undefined) retryAfterMs = Math.min(retryAfterMs ?? hint, hint);
          continue;
        }
        errors.push(error);
        from = member.name;
        if (hasGivenUp(context) || !(this.#options.failoverIf ?? isOutage)(error))
          return this.#fail(context, errors, undefined);
      }
    }
    if (errors.length > 0) return this.#fail(context, errors, 'all-failed');
    this.#tellExhausted(context, 'ejected');
    throw new NoProviderError(this.name, retryAfterMs);
  }

  #pick(left: readonly Member<P>[]): Member<P> {
    if (this.#options.order !== 'balanced' || left.length === 1) return left[0]!;
    const well = left.filter(({ breaker }) => breaker.state === 'closed');
    const among = well.length > 0 ? well : left;
    const draw = (): Member<P> => among[Math.floor(this.#random() * among.length)]!;
    const [one, other] = [draw(), draw()];
    return other.active < one.active ? other : one;
  }

  async #count<T>(member: Member<P>, work: () => T | PromiseLike<T>): Promise<T> {
    member.active++;
    try {
      return await work();
    } finally {
      member.active--;
    }
  }

  /** Throws {@link Stop} when no further provider may be asked. */
  #failOver(context: CallContext, from: string, to: string, error: unknown): void {
    const { notApplied } = toMeaning(error, classifierOf(this.#clock));
    if (context.idempotent === false && !notApplied) throw new Stop(this.name, 'not-idempotent');
    if (this.#budget?.withdraw() === false) throw new Stop(this.name, 'budget');
    if (this.listeners === undefined) return;
    const { operation, correlationId } = context;
    emit(this, {
      type: 'pool.failover',
      reason: 'failed',
      policy: this.name,
      operation,
      correlationId,
      from,
      to,
      error,
    });
  }

  #fail(context: CallContext, errors: readonly unknown[], reason: ExhaustedReason | undefined): never {
    const last = errors.at(-1);
    if (errors.length > 1) keepErrors(last, errors);
    if (reason !== undefined) this.#tellExhausted(context, reason);
    throw last;
  }

  #tellExhausted(context: CallContext, reason: ExhaustedReason): void {
    if (this.listeners === undefined) return;
    const { operation, correlationId } = context;
    emit(this, { type: 'pool.exhausted', reason, policy: this.name, operation, correlationId });
  }
}

type ExhaustedReason = 'ejected' | 'all-failed' | 'budget' | 'not-idempotent';

/** Ends the search. A refusal, so that the breaker of the provider that was not asked ignores it. */
class Stop extends RejectedError {
  declare readonly reason: 'budget' | 'not-idempotent';
  constructor(policy: string, reason: 'budget' | 'not-idempotent') {
    super('NO_PROVIDER', 'provider-pool', policy, reason, `Provider pool "${policy}" stopped: ${reason}`);
  }
}
