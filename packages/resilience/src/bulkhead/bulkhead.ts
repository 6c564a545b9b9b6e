import type { Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import { BulkheadFullError } from '../errors.ts';
import { durationMs, having, whole } from '../options.ts';
import { type Fusible, type Gate, Lane, NEVER, type Policy, WAIT } from '../policy.ts';
import { type Kind, PolicyBase } from '../policy-base.ts';
import type { QueueOrder } from './fair-queue.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface BulkheadOptions {
  /** Calls whose work may go on at the same time. */
  readonly maxConcurrent: number;
  /** Calls that may wait for a slot. Default 0: refuse at once. */
  readonly maxQueue?: number | undefined;
  /** Longest wait for a slot. Default: none but the caller's deadline. */
  readonly maxWaitMs?: number | undefined;
  /** Who goes next: `fairQueue({ … })` knows priorities and keys. Default: in order of arrival. */
  readonly order?: QueueOrder | undefined;
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

const kind: Kind<BulkheadOptions> = {
  kind: 'bulkhead',
  rules: {
    maxConcurrent: whole(1),
    maxQueue: whole(0),
    maxWaitMs: durationMs,
    order: having('a fairQueue', 'add', 'remove', 'take'),
  },
  required: ['maxConcurrent'],
};

/**
 * Limits how many calls go on at the same time; some may wait for a slot. A waiting call goes before every one that
 * comes later (with an `order`: of its priority and key), and is never dropped for another. A slot is held until the work
 * really ends, however early its caller gives up. Throws `OptionError` on bad options.
 */
export function createBulkhead(options: BulkheadOptions): Bulkhead {
  return new BulkheadImpl(options);
}

class BulkheadImpl extends PolicyBase<BulkheadOptions, BulkheadEvent> implements Bulkhead, Gate {
  declare readonly kind: 'bulkhead';
  readonly lane: Lane = new Lane();
  readonly holds = true;
  readonly #room: WaitingRoom;

  constructor(options: BulkheadOptions) {
    super(kind, options);
    this.#room = new WaitingRoom(this.timers);
    this.#handOver();
  }

  get active(): number {
    return this.lane.active;
  }
  get queued(): number {
    return this.#room.size;
  }

  override reconfigure(options: BulkheadOptions): void {
    super.reconfigure(options);
    this.#handOver();
  }

  /** Only asked when no slot is free, or others wait. */
  enter(call: Call): typeof WAIT {
    const { maxQueue = 0, maxWaitMs = NEVER } = this.options;
    const deadlineMs = call.until - this.clock.now();
    const limitMs = Math.min(maxWaitMs, deadlineMs);
    if (this.queued >= maxQueue) return this.#refuse(call, 'queue-full');
    if (limitMs <= 0) return this.#refuse(call, 'deadline');
    const waits = this.#room.enter(call, limitMs, () => {
      this.withdraw(call);
      this.#refuse(call, limitMs === deadlineMs ? 'deadline' : 'wait-limit');
    });
    if (!waits) return this.#refuse(call, 'key-full');
    this.#sync();
    const { active, queued } = this;
    this.tell?.(call, { type: 'bulkhead.queued', active, queued });
    return WAIT;
  }

  #refuse(call: Call, reason: BulkheadRefusal): typeof WAIT {
    const { active, queued } = this;
    this.tell?.(call, { type: 'bulkhead.rejected', reason, active, queued });
    return call.refuse(new BulkheadFullError(this.name, reason));
  }

  withdraw(call: Call): void {
    this.#room.leave(call);
    this.#sync();
  }

  leave(): void {
    this.#handOver();
  }

  #handOver(): void {
    const { maxConcurrent, order } = this.options;
    this.#room.reorder(order);
    this.#room.handOver(
      () => this.active < maxConcurrent,
      (call, waitedMs) => {
        this.tell?.(call, { type: 'bulkhead.admitted', waitedMs });
      },
    );
    this.#sync();
  }

  /** While some wait, nobody passes freely, and whoever ends hands over. */
  #sync(): void {
    const { lane } = this;
    lane.watch = this.queued > 0;
    lane.most = lane.watch ? 0 : this.options.maxConcurrent;
  }
}
