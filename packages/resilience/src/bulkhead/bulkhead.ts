import { type Call, run } from '../call.ts';
import { type Clock, systemClock } from '../clock.ts';
import { BulkheadFullError, withoutStack } from '../errors.ts';
import { emit, type Listener, subscribe } from '../events.ts';
import { checkOptions, durationMs, flag, type Rule, whole } from '../options.ts';
import { type Plan, toPlan } from '../plan.ts';
import { type CallOptions, type Fusible, type Gate, Lane, type Policy, WAIT, type Work } from '../policy.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface BulkheadOptions {
  /** Calls whose work may go on at the same time. */
  readonly maxConcurrent: number;
  /** Calls that may wait for a slot. Default 0: refuse at once. */
  readonly maxQueue?: number | undefined;
  /** Calls of one `key` that may wait. Default: `maxQueue`. */
  readonly maxQueuePerKey?: number | undefined;
  /** Longest wait for a slot. Default: none but the caller's deadline. */
  readonly maxWaitMs?: number | undefined;
  /** Serves waiting calls of different `key` in turn, so that a busy key delays itself only. Default false: in order of arrival. */
  readonly fairByKey?: boolean | undefined;
  /** How often calls of higher `priority` may go before a waiting one of lower priority. Default 10. */
  readonly starvationLimit?: number | undefined;
  /** Default `bulkhead`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

interface EventBase {
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
}

/** What a bulkhead tells its listeners. */
export type BulkheadEvent = EventBase &
  (
    | { readonly type: 'bulkhead.queued'; readonly active: number; readonly queued: number }
    | { readonly type: 'bulkhead.admitted'; readonly waitedMs: number }
    | {
        readonly type: 'bulkhead.rejected';
        readonly reason: BulkheadRefusal;
        readonly active: number;
        readonly queued: number;
      }
  );

/** Why a bulkhead refuses a call. */
export type BulkheadRefusal = 'queue-full' | 'key-full' | 'wait-limit' | 'deadline';

export interface Bulkhead extends Policy<BulkheadEvent>, Fusible {
  readonly kind: 'bulkhead';
  /** Slots in use, also by work that goes on after its caller has given up. */
  readonly active: number;
  readonly queued: number;
  /** Puts new options in force. Those that wait keep their place; a lower limit is reached as calls end. Throws as `createBulkhead`. */
  reconfigure(options: BulkheadOptions): void;
}

const rules: Record<string, Rule> = {
  maxConcurrent: whole(1),
  maxQueue: whole(0),
  maxQueuePerKey: whole(1),
  maxWaitMs: durationMs,
  fairByKey: flag,
  starvationLimit: whole(1),
};

/**
 * Limits how many calls go on at the same time; some may wait for a slot. A waiting call goes before every one that
 * comes later with the same priority (and, with `fairByKey`, the same key), and is never dropped for another. A slot is
 * held until the work really ends, however early its caller gives up. Throws `OptionError` on bad options.
 */
export function createBulkhead(options: BulkheadOptions): Bulkhead {
  return new BulkheadImpl(options);
}

class BulkheadImpl implements Bulkhead, Gate {
  readonly kind = 'bulkhead';
  readonly name: string;
  readonly clock: Clock;
  readonly holds = true;
  readonly lane: Lane = new Lane();
  listeners: readonly Listener<BulkheadEvent>[] | undefined = undefined;
  #options: BulkheadOptions;
  #room: WaitingRoom | undefined = undefined;
  #plan: Plan | undefined = undefined;

  constructor(options: BulkheadOptions) {
    checkOptions('createBulkhead', options, rules, ['maxConcurrent']);
    this.#options = options;
    this.lane.free = true;
    this.lane.most = options.maxConcurrent;
    this.name = options.name ?? 'bulkhead';
    this.clock = options.clock ?? systemClock;
  }

  get gates(): readonly Gate[] {
    return [this];
  }
  get active(): number {
    return this.lane.active;
  }
  get queued(): number {
    return this.#room?.size ?? 0;
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    this.#plan ??= toPlan(this);
    return run(this.#plan, work, options);
  }

  on(listener: Listener<BulkheadEvent>): () => void {
    return subscribe(this, listener);
  }

  reconfigure(options: BulkheadOptions): void {
    checkOptions('createBulkhead', options, rules, ['maxConcurrent']);
    this.#options = options;
    this.lane.most = options.maxConcurrent;
    if (this.#room !== undefined) this.#room.starvationLimit = options.starvationLimit ?? 10;
    this.#handOver();
  }

  /** Only asked when no slot is free, or others wait. */
  enter(call: Call): typeof WAIT {
    const {
      maxQueue = 0,
      maxQueuePerKey = maxQueue,
      maxWaitMs,
      fairByKey = false,
      starvationLimit = 10,
    } = this.#options;
    this.#room ??= new WaitingRoom(this.clock, starvationLimit);
    const room = this.#room;
    if (room.size >= maxQueue) return this.#refuse(call, 'queue-full');
    // Without fairness all calls share one lane, and one key cannot be told from another.
    const key = fairByKey ? (call.key ?? '') : '';
    if (fairByKey && room.sizeOf(key) >= maxQueuePerKey) return this.#refuse(call, 'key-full');
    const deadlineMs = (call.options?.deadline ?? Number.POSITIVE_INFINITY) - this.clock.now();
    const limitMs = Math.min(maxWaitMs ?? Number.POSITIVE_INFINITY, deadlineMs);
    if (limitMs <= 0) return this.#refuse(call, 'deadline');
    room.enter(call, key, limitMs, () => {
      this.#sync();
      this.#refuse(call, limitMs === deadlineMs ? 'deadline' : 'wait-limit');
    });
    this.#sync();
    if (this.listeners !== undefined) {
      const { operation, correlationId } = call;
      const { active, queued } = this;
      emit(this, { type: 'bulkhead.queued', policy: this.name, operation, correlationId, active, queued });
    }
    return WAIT;
  }

  #refuse(call: Call, reason: BulkheadRefusal): typeof WAIT {
    if (this.listeners !== undefined) {
      const { operation, correlationId } = call;
      const { active, queued } = this;
      emit(this, { type: 'bulkhead.rejected', reason, policy: this.name, operation, correlationId, active, queued });
    }
    call.refuse(withoutStack(() => new BulkheadFullError(this.name, reason)));
    return WAIT;
  }

  withdraw(call: Call): void {
    this.#room?.leave(call);
    this.#sync();
  }

  leave(): void {
    this.#handOver();
  }

  #handOver(): void {
    const { lane } = this;
    this.#room?.handOver(
      () => lane.active < lane.most,
      () => false,
      ({ call, since }) => {
        if (this.listeners === undefined) return;
        const { operation, correlationId } = call;
        const waitedMs = this.clock.now() - since;
        emit(this, { type: 'bulkhead.admitted', policy: this.name, operation, correlationId, waitedMs });
      },
    );
    this.#sync();
  }

  /** While some wait, nobody passes freely, and whoever ends hands over. */
  #sync(): void {
    const waiting = this.queued > 0;
    this.lane.free = !waiting;
    this.lane.watch = waiting;
  }
}
