import { type Call, run } from '../call.ts';
import { type Clock, systemClock } from '../clock.ts';
import { RejectedError, withoutStack } from '../errors.ts';
import { emit, type Listener, subscribe } from '../events.ts';
import { checkOptions, durationMs, either, type Rule, whole } from '../options.ts';
import { type Plan, toPlan } from '../plan.ts';
import { type CallOptions, type Fusible, type Gate, type Policy, WAIT, type Work } from '../policy.ts';
import { Timer, timersOf } from '../timers.ts';
import { ShedQueue, type Waiting } from './queue.ts';

export interface LoadShedOptions {
  /** Calls under way at the same time; or an adaptive concurrency policy, whose limit is then followed. */
  readonly maxConcurrent: number | { readonly limit: number };
  /** Calls that may wait. Beyond it the one of lowest priority that came last is refused. Default 1000. */
  readonly maxQueue?: number | undefined;
  /** Longest wait while overloaded. Default 5. */
  readonly targetMs?: number | undefined;
  /** Longest wait otherwise; and a queue that has not been empty for this long means overload. Default 100. */
  readonly intervalMs?: number | undefined;
  /** Default `load-shed`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** Why load shedding refuses a call. */
export type ShedReason = 'queue-full' | 'waited' | 'overload' | 'deadline';

export type LoadShedEvent =
  | {
      readonly type: 'load-shed.rejected';
      readonly reason: ShedReason;
      readonly policy: string;
      readonly operation: string;
      readonly correlationId: string | undefined;
      readonly priority: number;
      readonly queued: number;
    }
  | {
      readonly type: 'load-shed.changed';
      /** `overload`: the queue no longer empties; `calm`: it has. */
      readonly reason: 'overload' | 'calm';
      readonly policy: string;
      readonly queued: number;
    };

/** This process has more to do than it can: the call was refused before any work was done for it. */
export class LoadShedError extends RejectedError {
  constructor(policy: string, reason: ShedReason) {
    const message = `Load shedding "${policy}" refused the call: ${reason}`;
    super('LOAD_SHED', 'load-shed', policy, reason, message, undefined, 'LoadShedError');
  }
}

export interface LoadShed extends Policy<LoadShedEvent>, Fusible {
  readonly kind: 'load-shed';
  readonly active: number;
  readonly queued: number;
  readonly overloaded: boolean;
  /** Puts new options in force; those who wait go on waiting. Throws as `createLoadShed`. */
  reconfigure(options: LoadShedOptions): void;
}

const rules: Record<string, Rule> = {
  maxConcurrent: either(whole(1), ['a policy with a limit', (v) => Number.isFinite((v as { limit?: unknown })?.limit)]),
  maxQueue: whole(0),
  targetMs: durationMs,
  intervalMs: durationMs,
};

/**
 * Keeps what is served fresh when there is more than can be served: controlled delay and adaptive LIFO ("Fail at Scale",
 * ACM Queue 2015, after CoDel). While the queue empties now and then, calls wait in order, up to `intervalMs`. When it
 * has not been empty for `intervalMs`, calls wait at most `targetMs`, and the newest goes first: those who came last still
 * have a caller. A higher priority always goes first, and takes the place of a lower one in a full queue.
 * A place is held until the work really ends. Throws `OptionError` on bad options.
 */
export function createLoadShed(options: LoadShedOptions): LoadShed {
  return new LoadShedImpl(options);
}

class LoadShedImpl implements LoadShed, Gate {
  readonly kind = 'load-shed';
  readonly name: string;
  readonly clock: Clock;
  readonly holds = true;
  readonly gates: readonly Gate[];
  listeners: readonly Listener<LoadShedEvent>[] | undefined = undefined;
  readonly #plan: Plan;
  #options!: LoadShedOptions;
  readonly #queue: ShedQueue = new ShedQueue();
  readonly #byCall: Map<Call, Waiting> = new Map();
  #active = 0;
  #handingOver = false;
  #overloaded = false;
  /** Since when calls have been waiting without a break. */
  #busySince = 0;

  constructor(options: LoadShedOptions) {
    this.name = options.name ?? 'load-shed';
    this.clock = options.clock ?? systemClock;
    this.reconfigure(options);
    this.gates = [this];
    this.#plan = toPlan(this);
  }

  get active(): number {
    return this.#active;
  }
  get queued(): number {
    return this.#queue.size;
  }
  get overloaded(): boolean {
    return this.#overloaded;
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    return run(this.#plan, work, options);
  }

  on(listener: Listener<LoadShedEvent>): () => void {
    return subscribe(this, listener);
  }

  reconfigure(options: LoadShedOptions): void {
    checkOptions('createLoadShed', options, rules, ['maxConcurrent']);
    this.#options = options;
    this.#handOver();
  }

  #hasRoom(): boolean {
    const { maxConcurrent } = this.#options;
    return this.#active < (typeof maxConcurrent === 'number' ? maxConcurrent : maxConcurrent.limit);
  }

  enter(call: Call): unknown {
    if (this.#queue.size === 0) {
      if (this.#hasRoom()) {
        this.#active++;
        this.#calmDown();
        return undefined;
      }
    } else {
      this.#look();
    }
    const { maxQueue = 1000, targetMs = 5, intervalMs = 100 } = this.#options;
    const priority = call.priority ?? 0;
    if (this.#queue.size >= maxQueue) {
      const lowest = this.#queue.lowest();
      if (lowest === undefined || lowest.priority >= priority) return this.#refuse(call, 'queue-full');
      this.#drop(lowest, 'queue-full');
    }
    const now = this.clock.now();
    const leftMs = (call.options?.deadline ?? Number.POSITIVE_INFINITY) - now;
    if (leftMs <= 0) return this.#refuse(call, 'deadline');
    const limitMs = this.#overloaded ? targetMs : intervalMs;
    const reason = leftMs < limitMs ? 'deadline' : this.#overloaded ? 'overload' : 'waited';
    if (this.#queue.size === 0 && !this.#overloaded) this.#busySince = now;
    const timer = new Timer(() => {
      this.#drop(waiting, reason);
      this.#look();
    });
    const waiting: Waiting = { call, priority, timer, gone: false };
    this.#queue.add(waiting);
    this.#byCall.set(call, waiting);
    timersOf(this.clock).add(timer, Math.min(limitMs, leftMs));
    return WAIT;
  }

  /** Sees whether the queue has stood too long. */
  #look(): void {
    const { intervalMs = 100 } = this.#options;
    if (this.#overloaded || this.clock.now() - this.#busySince < intervalMs) return;
    this.#overloaded = true;
    this.#tell('overload');
  }

  #calmDown(): void {
    if (!this.#overloaded) return;
    this.#overloaded = false;
    this.#tell('calm');
  }

  #tell(reason: 'overload' | 'calm'): void {
    if (this.listeners === undefined) return;
    emit(this, { type: 'load-shed.changed', reason, policy: this.name, queued: this.queued });
  }

  #drop(waiting: Waiting, reason: ShedReason): void {
    this.#forget(waiting);
    this.#refuse(waiting.call, reason);
  }

  #forget(waiting: Waiting): void {
    this.#queue.remove(waiting);
    this.#byCall.delete(waiting.call);
    timersOf(this.clock).remove(waiting.timer);
  }

  #refuse(call: Call, reason: ShedReason): typeof WAIT {
    if (this.listeners !== undefined) {
      const { operation, correlationId, priority = 0 } = call;
      const type = 'load-shed.rejected';
      emit(this, { type, reason, policy: this.name, operation, correlationId, priority, queued: this.queued });
    }
    call.refuse(withoutStack(() => new LoadShedError(this.name, reason)));
    return WAIT;
  }

  withdraw(call: Call): void {
    const waiting = this.#byCall.get(call);
    if (waiting !== undefined) this.#forget(waiting);
  }

  leave(): void {
    this.#active--;
    this.#handOver();
  }

  #handOver(): void {
    // Work that ends at once comes here from within `resume`: the loop goes on, the stack does not grow.
    if (this.#handingOver) return;
    this.#handingOver = true;
    if (this.#queue.size > 0) this.#look();
    while (this.#queue.size > 0 && this.#hasRoom()) {
      const next = this.#queue.next(this.#overloaded)!;
      this.#forget(next);
      this.#active++;
      next.call.resume(undefined);
    }
    this.#handingOver = false;
  }
}
