import { type Call, run } from './call.ts';
import type { Clock } from './clock.ts';
import { LatencyWindow } from './latency.ts';
import { delayMs, durationMs, number, whole } from './options.ts';
import { type CallOptions, NEVER, type Policy, type Work } from './policy.ts';
import { type Kind, PolicyBase } from './policy-base.ts';
import { ask } from './predicate.ts';
import { budgetRule, Purse, type RetryBudget, type RetryBudgetOptions, toBudget } from './retry/budget.ts';
import { Timer } from './timers.ts';

export interface HedgeOptions {
  /** A fixed time after which the second call is made. Default: none, the time follows `quantile`. */
  readonly delayMs?: number | undefined;
  /** The second call is made when the first takes longer than this share of recent ones. Default 0.99. */
  readonly quantile?: number | undefined;
  /** Never sooner than this. Default 1. */
  readonly floorMs?: number | undefined;
  /** Durations that must be known before anything is hedged by quantile. Default 50. */
  readonly minimumSamples?: number | undefined;
  /** Extra calls per call, one after the other, each after the delay. Default 2: the second goes where the first extra one is slow too. */
  readonly maxHedges?: number | undefined;
  /** Limits extra calls to a share of successes: own options, one shared with retry, or `false`. Default `{ ratio: 0.05 }`. */
  readonly budget?: RetryBudgetOptions | RetryBudget | false | undefined;
  /** Default `hedge`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

interface EventBase {
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
}

/** What a hedge tells its listeners. `hedge` is the number of the extra call, 1 for the first. */
export type HedgeEvent = EventBase &
  (
    | { readonly type: 'hedge.started'; readonly hedge: number; readonly delayMs: number }
    /** The extra call answered first. */
    | { readonly type: 'hedge.won'; readonly hedge: number }
    | { readonly type: 'hedge.skipped'; readonly reason: 'budget' }
  );

export interface Hedge extends Policy<HedgeEvent> {
  readonly kind: 'hedge';
  /** After how long the second call would be made now; `undefined` while too little is known. */
  readonly currentDelayMs: number | undefined;
  readonly budget: RetryBudget | undefined;
  /** Puts new options in force; latencies seen and the budget's balance are kept. Throws as `createHedge`. */
  reconfigure(options: HedgeOptions): void;
}

const kind: Kind<HedgeOptions> = {
  kind: 'hedge',
  rules: {
    delayMs,
    quantile: number(0, 1, true),
    floorMs: durationMs,
    minimumSamples: whole(1),
    maxHedges: whole(1),
    budget: budgetRule,
  },
};

/**
 * Makes the same call again when the first takes unusually long, and takes the answer that comes first ("The Tail at
 * Scale", 2013). The other is given up: its signal is aborted, and to the policies inside it counts as cancelled, neither
 * success nor failure. A failure before an extra call was made is the outcome; after that, the last failure is.
 * Calls with `idempotent: false` are not hedged. Throws `OptionError` on bad options.
 */
export function createHedge(options: HedgeOptions = {}): Hedge {
  return new HedgeImpl(options);
}

const DEFAULT_BUDGET: RetryBudgetOptions = { ratio: 0.05 };

class HedgeImpl extends PolicyBase<HedgeOptions, HedgeEvent> implements Hedge {
  declare readonly kind: 'hedge';
  readonly #own: Purse = new Purse();
  budget: RetryBudget | undefined;
  readonly #latency: LatencyWindow = new LatencyWindow();

  constructor(options: HedgeOptions) {
    super(kind, options);
    this.budget = toBudget(options.budget ?? DEFAULT_BUDGET, this.#own);
  }

  override reconfigure(options: HedgeOptions): void {
    super.reconfigure(options);
    this.budget = toBudget(options.budget ?? DEFAULT_BUDGET, this.#own);
  }

  get currentDelayMs(): number | undefined {
    const { delayMs: fixed, quantile = 0.99, floorMs = 1, minimumSamples = 50 } = this.options;
    if (fixed !== undefined) return fixed;
    const usualMs = this.#latency.quantile(quantile, minimumSamples);
    return usualMs && Math.max(floorMs, usualMs);
  }

  override execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    const { clock, budget, timers } = this;
    const { maxHedges = 2 } = this.options;
    const startedAt = clock.now();
    const calls: Call[] = [];
    let running = 0;
    let over = false;
    let delayMs: number | undefined;

    return new Promise<T>((resolve, reject) => {
      const timer = new Timer(() => {
        if (budget && !ask((purse) => purse.withdraw(), budget, false)) {
          this.tell?.(calls[0], { type: 'hedge.skipped', reason: 'budget' });
          return;
        }
        this.tell?.(calls[0], { type: 'hedge.started', hedge: calls.length, delayMs: delayMs! });
        add();
      });

      const add = (): void => {
        const hedge = calls.length;
        running++;
        run(this.plan, work, options, (call) => calls.push(call)).then(
          (value) => {
            if (over) return;
            end(true);
            if (hedge > 0) this.tell?.(calls[0], { type: 'hedge.won', hedge });
            if (budget) ask((purse) => purse.deposit(), budget, false);
            resolve(value);
          },
          (error: unknown) => {
            if (--running > 0 || over) return;
            end(false);
            reject(error);
          },
        );
        delayMs = this.currentDelayMs;
        if (delayMs !== undefined && hedge < maxHedges && options?.idempotent !== false) timers.add(timer, delayMs);
      };

      const end = (succeeded: boolean): void => {
        over = true;
        timers.remove(timer);
        const durationMs = clock.now() - startedAt;
        // A slow call that was given up took at least this long: leaving it out would make the delay shrink for ever. A quick
        // failure says nothing about how long answers take.
        if (succeeded || durationMs >= (this.currentDelayMs ?? NEVER)) this.#latency.record(durationMs);
        if (calls.length === 1) return;
        const reason = new DOMException('Another call was quicker', 'AbortError');
        for (const call of calls) call.cancel(reason);
      };

      add();
    });
  }
}
