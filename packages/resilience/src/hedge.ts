import { type Call, start } from './call.ts';
import { type Clock, systemClock } from './clock.ts';
import { emit, type Listener, subscribe } from './events.ts';
import { LatencyWindow } from './latency.ts';
import { checkOptions, delayMs, durationMs, either, number, oneOf, type Rule, record, whole } from './options.ts';
import { type Plan, toPlan } from './plan.ts';
import type { CallOptions, Policy, Work } from './policy.ts';
import { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from './retry/budget.ts';
import { Timer, type Timers, timersOf } from './timers.ts';

export interface HedgeOptions {
  /** A fixed time after which the second call is made. Default: none, the time follows `quantile`. */
  readonly delayMs?: number | undefined;
  /** The second call is made when the first takes longer than this share of recent ones. Default 0.99. */
  readonly quantile?: number | undefined;
  /** Never sooner than this. Default 1. */
  readonly floorMs?: number | undefined;
  /** Durations that must be known before anything is hedged by quantile. Default 50. */
  readonly minimumSamples?: number | undefined;
  /** Extra calls per call, one after the other. Default 1. */
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

const rules: Record<string, Rule> = {
  delayMs,
  quantile: number(0, 1, true),
  floorMs: durationMs,
  minimumSamples: whole(1),
  maxHedges: whole(1),
  budget: either(oneOf(false), record),
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

class HedgeImpl implements Hedge {
  readonly kind = 'hedge';
  readonly name: string;
  readonly clock: Clock;
  listeners: readonly Listener<HedgeEvent>[] | undefined = undefined;
  readonly budget: RetryBudget | undefined;
  #options!: HedgeOptions;
  readonly latency: LatencyWindow = new LatencyWindow();
  readonly plan: Plan;

  constructor(options: HedgeOptions) {
    this.reconfigure(options);
    const { name = 'hedge', clock = systemClock, budget = { ratio: 0.05 } } = options;
    this.name = name;
    this.clock = clock;
    this.budget = budget === false ? undefined : 'withdraw' in budget ? budget : createRetryBudget(budget);
    this.plan = toPlan({ name, clock, cuts: true });
  }

  get maxHedges(): number {
    return this.#options.maxHedges ?? 1;
  }

  get currentDelayMs(): number | undefined {
    const { delayMs: fixed, quantile = 0.99, floorMs = 1, minimumSamples = 50 } = this.#options;
    if (fixed !== undefined) return fixed;
    return this.latency.count < minimumSamples ? undefined : Math.max(floorMs, this.latency.quantile(quantile)!);
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      new Race(this, work, options, resolve, reject).add();
    });
  }

  on(listener: Listener<HedgeEvent>): () => void {
    return subscribe(this, listener);
  }

  reconfigure(options: HedgeOptions): void {
    checkOptions('createHedge', options, rules);
    this.#options = options;
  }
}

/** Why the other calls of a race are given up. */
class HedgeLost extends Error {
  override readonly name = 'AbortError';
  readonly code = 'HEDGE_LOST';
}

/** One call with its hedges. */
class Race<T> {
  readonly #hedge: HedgeImpl;
  readonly #work: Work<T>;
  readonly #options: CallOptions | undefined;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  readonly #startedAt: number;
  readonly #calls: Call[] = [];
  #running = 0;
  #over = false;
  #timer: Timer | undefined = undefined;

  constructor(
    hedge: HedgeImpl,
    work: Work<T>,
    options: CallOptions | undefined,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.#hedge = hedge;
    this.#work = work;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#startedAt = hedge.clock.now();
  }

  get #timers(): Timers {
    return timersOf(this.#hedge.clock);
  }

  add(): void {
    const number = this.#calls.length;
    this.#running++;
    const promise = start(this.#hedge.plan, this.#work, this.#options, (call) => this.#calls.push(call));
    promise.then(
      (value) => {
        if (this.#over) return;
        this.#end(true);
        if (number > 0) this.#tell({ type: 'hedge.won', hedge: number });
        this.#hedge.budget?.deposit();
        this.#resolve(value);
      },
      (error: unknown) => {
        this.#running--;
        if (this.#over || this.#running > 0) return;
        this.#end(false);
        this.#reject(error);
      },
    );
    this.#wait();
  }

  #wait(): void {
    const delay = this.#hedge.currentDelayMs;
    if (delay === undefined || this.#calls.length > this.#hedge.maxHedges) return;
    if (this.#options?.idempotent === false || this.#calls[0]!.ended) return;
    this.#timer = new Timer(() => this.#onDue(delay));
    this.#timers.add(this.#timer, delay);
  }

  #onDue(delay: number): void {
    if (this.#hedge.budget?.withdraw() === false) {
      this.#tell({ type: 'hedge.skipped', reason: 'budget' });
      return;
    }
    this.#tell({ type: 'hedge.started', hedge: this.#calls.length, delayMs: delay });
    this.add();
  }

  #end(succeeded: boolean): void {
    this.#over = true;
    if (this.#timer !== undefined) this.#timers.remove(this.#timer);
    const durationMs = this.#hedge.clock.now() - this.#startedAt;
    // A slow call that was given up took at least this long: leaving it out would make the delay shrink for ever. A quick
    // failure says nothing about how long answers take.
    if (succeeded || durationMs >= (this.#hedge.currentDelayMs ?? 0)) this.#hedge.latency.record(durationMs);
    if (this.#calls.length === 1) return;
    const reason = new HedgeLost('Another call of the hedge answered first');
    for (const call of this.#calls) call.cancel(reason);
  }

  #tell(
    what:
      | { type: 'hedge.started'; hedge: number; delayMs: number }
      | { type: 'hedge.won'; hedge: number }
      | { type: 'hedge.skipped'; reason: 'budget' },
  ): void {
    if (this.#hedge.listeners === undefined) return;
    const { operation, correlationId } = this.#calls[0]!;
    emit(this.#hedge, { ...what, policy: this.#hedge.name, operation, correlationId });
  }
}
