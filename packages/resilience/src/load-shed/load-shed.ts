import { FairQueue } from '../bulkhead/fair-queue.ts';
import { WaitingRoom } from '../bulkhead/waiting-room.ts';
import type { Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import { RejectedError } from '../errors.ts';
import { durationMs, either, whole } from '../options.ts';
import { type Fusible, type Gate, Lane, type Policy, WAIT } from '../policy.ts';
import { type Kind, PolicyBase } from '../policy-base.ts';

export interface LoadShedOptions {
  /** Calls under way at the same time; or an adaptive concurrency policy, whose limit is then followed. */
  readonly maxConcurrent: number | { readonly limit: number };
  /** Calls that may wait. Beyond it the one of lowest priority that came last is refused. Default 1000. */
  readonly maxQueue?: number | undefined;
  /** Longest wait while overloaded. Default 5. */
  readonly targetMs?: number | undefined;
  /** Longest wait otherwise; and a queue that has not been empty for this long means overload. Default 100. */
  readonly intervalMs?: number | undefined;
  /** How often calls of higher `priority` may go before a waiting one of lower priority. Default 10. */
  readonly starvationLimit?: number | undefined;
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
    super('LoadShedError', 'LOAD_SHED', 'load-shed', policy, reason);
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

const kind: Kind<LoadShedOptions> = {
  kind: 'load-shed',
  rules: {
    maxConcurrent: either(whole(1), [
      'a policy with a limit',
      (v) => Number.isFinite((v as { limit?: unknown } | null)?.limit),
    ]),
    maxQueue: whole(0),
    targetMs: durationMs,
    intervalMs: durationMs,
    starvationLimit: whole(1),
  },
  required: ['maxConcurrent'],
};

/**
 * Keeps what is served fresh when there is more than can be served: controlled delay and adaptive LIFO ("Fail at Scale",
 * ACM Queue 2015, after CoDel). While the queue empties now and then, calls wait in order, up to `intervalMs`. When it
 * has not been empty for `intervalMs`, calls wait at most `targetMs`, and the newest goes first: those who came last still
 * have a caller. A higher priority goes first, but for one turn in `starvationLimit`, and takes the place of a lower one in
 * a full queue. A place is held until the work really ends. Throws `OptionError` on bad options.
 */
export function createLoadShed(options: LoadShedOptions): LoadShed {
  return new LoadShedImpl(options);
}

class LoadShedImpl extends PolicyBase<LoadShedOptions, LoadShedEvent> implements LoadShed, Gate {
  declare readonly kind: 'load-shed';
  readonly holds = true;
  readonly lane: Lane = new Lane();
  readonly #room: WaitingRoom;
  readonly #queue: FairQueue;
  /** Since when calls have been waiting without a break. */
  #busySince = 0;

  constructor(options: LoadShedOptions) {
    super(kind, options);
    this.#queue = new FairQueue({ starvationLimit: options.starvationLimit });
    this.#room = new WaitingRoom(this.timers);
    this.#room.order = this.#queue;
  }

  get active(): number {
    return this.lane.active;
  }
  get queued(): number {
    return this.#room.size;
  }
  get overloaded(): boolean {
    return this.#queue.newest;
  }

  override reconfigure(options: LoadShedOptions): void {
    super.reconfigure(options);
    this.#queue.options = { starvationLimit: options.starvationLimit };
    this.#handOver();
  }

  #hasRoom(): boolean {
    const { maxConcurrent } = this.options;
    return this.active < (typeof maxConcurrent === 'number' ? maxConcurrent : maxConcurrent.limit);
  }

  enter(call: Call): unknown {
    if (this.queued > 0) this.#look();
    else if (this.#hasRoom()) {
      this.#become(false);
      return undefined;
    }
    // A listener has made its caller give up.
    if (call.ended) return WAIT;
    const { maxQueue = 1000, targetMs = 5, intervalMs = 100 } = this.options;
    const { overloaded, queued } = this;
    const now = this.clock.now();
    const leftMs = call.until - now;
    if (leftMs <= 0) return this.#refuse(call, 'deadline');
    /** Who makes room. */
    const last = queued < maxQueue ? undefined : (this.#queue.last ?? call);
    if (last && (last.priority ?? 0) >= (call.priority ?? 0)) return this.#refuse(call, 'queue-full');
    const limitMs = overloaded ? targetMs : intervalMs;
    const reason = leftMs < limitMs ? 'deadline' : overloaded ? 'overload' : 'waited';
    if (queued === 0 && !overloaded) this.#busySince = now;
    if (last) this.#room.leave(last);
    this.#room.enter(call, Math.min(limitMs, leftMs), () => {
      this.withdraw(call);
      this.#refuse(call, reason);
      this.#look();
    });
    last?.within(() => this.#refuse(last, 'queue-full'));
    return WAIT;
  }

  /** Sees whether the queue has stood too long. */
  #look(): void {
    if (this.clock.now() - this.#busySince >= (this.options.intervalMs ?? 100)) this.#become(true);
  }

  #become(overloaded: boolean): void {
    if (this.overloaded === overloaded) return;
    this.#queue.newest = overloaded;
    const reason = overloaded ? 'overload' : 'calm';
    this.tell?.(undefined, { type: 'load-shed.changed', reason, queued: this.queued });
  }

  #refuse(call: Call, reason: ShedReason): typeof WAIT {
    const { priority = 0 } = call;
    this.tell?.(call, { type: 'load-shed.rejected', reason, priority, queued: this.queued });
    return call.refuse(new LoadShedError(this.name, reason));
  }

  withdraw(call: Call): void {
    this.#room.leave(call);
  }

  leave(): void {
    this.#handOver();
  }

  #handOver(): void {
    if (this.#room.size > 0) this.#look();
    this.#room.handOver(() => this.#hasRoom());
  }
}
