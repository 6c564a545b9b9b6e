import { type BreakerEvent, type CircuitBreaker, createBreaker } from './breaker/breaker.ts';
import { type BreakerOptions, kind as breaker } from './breaker/options.ts';
import type { Clock, Random } from './clock.ts';
import { RejectedError } from './errors.ts';
import { type Listener, subscribeToAll } from './events.ts';
import { toMeaning } from './failure.ts';
import { hasGivenUp } from './keyed.ts';
import { callable, checkExactly, oneOf, record } from './options.ts';
import { isOutage } from './outage.ts';
import { type CallContext, type CallOptions, NEVER } from './policy.ts';
import { type Kind, PolicyBase } from './policy-base.ts';
import { ask } from './predicate.ts';
import { budgetRule, type RetryBudget, type RetryBudgetOptions, toBudget } from './retry/budget.ts';
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
  constructor(policy: string, retryAfterMs?: number) {
    super('NoProviderError', 'NO_PROVIDER', 'provider-pool', policy, 'ejected', retryAfterMs);
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

type ExhaustedReason = (ProviderPoolEvent & { readonly type: 'pool.exhausted' })['reason'];

const kind: Kind<ProviderPoolOptions<unknown>> = {
  kind: 'provider-pool',
  rules: {
    providers: ['at least one provider', (v) => record[1](v) && Object.keys(v as object).length > 0],
    order: oneOf('preferred', 'balanced'),
    ejection: record,
    budget: budgetRule,
    failoverIf: callable,
  },
  required: ['providers'],
  check({ ejection = {} }) {
    // Name, clock and chance are those of the pool.
    checkExactly('createProviderPool.ejection', ejection, { ...breaker.rules, ...breaker.more?.(ejection) });
  },
};

/**
 * A set of equivalent providers: asks one that is well, fails over to the next, and ejects those that keep failing until a
 * probe succeeds. Failing over draws on a budget, so that an outage of all does not multiply the load on all; passing by
 * an ejected provider costs nothing. Throws `OptionError` on bad options.
 */
export function createProviderPool<P>(options: ProviderPoolOptions<P>): ProviderPool<P> {
  // A policy in all but `execute`: what it calls needs a provider.
  const base = new PolicyBase<ProviderPoolOptions<P>, ProviderPoolEvent>(kind, options);
  const { name, clock } = base;
  const { random = Math.random, ejection, order, failoverIf = isOutage } = options;
  const budget = toBudget(options.budget ?? {});
  const members = Object.entries(options.providers).map(([own, provider]): Member<P> => {
    const breaker = createBreaker({ ...ejection, name: `${name}/${own}`, clock, random });
    return { name: own, provider, breaker, active: 0 };
  });

  /** Ejected ones too: they are passed by, or it is time for their probe. */
  function take(left: Member<P>[]): Member<P> {
    const draw = (): number => (order === 'balanced' ? Math.floor(random() * left.length) : 0);
    const [one, other] = [draw(), draw()];
    return left.splice(left[other]!.active < left[one]!.active ? other : one, 1)[0]!;
  }

  async function tryAll<T>(
    work: (provider: P, context: CallContext) => T | PromiseLike<T>,
    context: CallContext,
  ): Promise<T> {
    const left = [...members];
    const errors: unknown[] = [];
    let retryAfterMs = NEVER;
    let from = '';
    /** Why nobody else is asked; `final`: because the failure is the answer. */
    let stop: ExhaustedReason | 'final' | undefined;
    while (left.length > 0 && stop === undefined) {
      const member = take(left);
      const { name: to, provider, breaker } = member;
      let asked = false;
      try {
        const value = await breaker.execute(async (inner) => {
          if (errors.length > 0) {
            // Only here is it certain that this one is not ejected: passing by an ejected one is not an extra call.
            const error = errors.at(-1);
            if (context.idempotent === false && !toMeaning(error, clock).notApplied) stop = 'not-idempotent';
            else if (budget && !ask((purse) => purse.withdraw(), budget, false)) stop = 'budget';
            // A refusal, so that the breaker of the provider that is not asked ignores it.
            if (stop !== undefined) throw new NoProviderError(name);
            base.tell?.(context, { type: 'pool.failover', reason: 'failed', from, to, error });
          }
          asked = true;
          member.active++;
          try {
            return await work(provider, inner);
          } finally {
            member.active--;
          }
        }, context);
        if (budget) ask((purse) => purse.deposit(), budget, false);
        return value;
      } catch (error) {
        const givenUp = hasGivenUp(context);
        if (asked || givenUp) {
          errors.push(error);
          from = to;
          if (givenUp || !ask(failoverIf, error, false)) stop = 'final';
        } else {
          retryAfterMs = Math.min(retryAfterMs, (error as RejectedError).retryAfterMs ?? NEVER);
        }
      }
    }
    const reason = stop ?? (errors.length > 0 ? 'all-failed' : 'ejected');
    if (reason !== 'final') base.tell?.(context, { type: 'pool.exhausted', reason });
    if (errors.length === 0) throw new NoProviderError(name, retryAfterMs < NEVER ? retryAfterMs : undefined);
    const last = errors.at(-1);
    if (errors.length > 1) keepErrors(last, errors);
    throw last;
  }

  return {
    kind: 'provider-pool',
    name,
    get health() {
      return members.map(({ name, active, breaker }) => ({ name, active, state: breaker.state }));
    },
    call: (work, callOptions) => base.execute((context) => tryAll(work, context), callOptions),
    on: (listener) => subscribeToAll([base, ...members.map(({ breaker }) => breaker)], listener),
  };
}
