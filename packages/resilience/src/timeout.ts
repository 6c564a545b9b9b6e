import type { AdaptiveLimit } from './adaptive-limit.ts';
import type { Call } from './call.ts';
import type { Clock } from './clock.ts';
import { TimeoutError } from './errors.ts';
import { durationMs, either, having, oneOf } from './options.ts';
import { ANY, CANCELLED, type Fusible, type Gate, Lane, type Outcome, type Policy } from './policy.ts';
import { type Kind, PolicyBase } from './policy-base.ts';

export interface TimeoutOptions {
  /** The limit in milliseconds, or one that follows the latency seen: `adaptiveLimit({ floorMs, ceilingMs })`. */
  readonly timeoutMs: number | AdaptiveLimit;
  /** What `TimeoutError.kind` says: a word for the kind of limit. Default `attempt`. */
  readonly limit?: 'attempt' | 'total' | undefined;
  /** Default `timeout`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** Time was up for a call. */
export interface TimeoutExpired {
  readonly type: 'timeout.expired';
  readonly reason: 'attempt' | 'total' | 'deadline';
  readonly policy: string;
  readonly operation: string;
  readonly correlationId: string | undefined;
  readonly attempt: number;
  /** The limit that the call had: with `deadline`, what was left when it came to the timeout. */
  readonly timeoutMs: number;
}

export interface TimeoutPolicy extends Policy<TimeoutExpired>, Fusible {
  readonly kind: 'timeout';
  /** The limit in force now, in milliseconds. */
  readonly currentMs: number;
  /** Puts new options in force for calls that begin from now on. Keeps the latencies seen. Throws as `createTimeout`. */
  reconfigure(options: TimeoutOptions): void;
}

const kind: Kind<TimeoutOptions> = {
  kind: 'timeout',
  rules: {
    timeoutMs: either(durationMs, having('an adaptiveLimit', 'record', 'follow')),
    limit: oneOf('attempt', 'total'),
  },
  required: ['timeoutMs'],
};

/**
 * Limits how long a call may take. The time is counted from the end of the event-loop turn in which the call began
 * (see `Timers`), never fires early, and is cut short by the caller's `deadline`. After success the signal is never
 * aborted, so a streamed body can be read on. When time is up the signal is aborted with the `TimeoutError`, and the work no
 * longer awaited, so that a function deaf to the signal cannot hold its caller; {@link cooperative} waits for it. Throws `OptionError` on bad options.
 */
export function createTimeout(options: TimeoutOptions): TimeoutPolicy {
  return new TimeoutImpl(options);
}

class TimeoutImpl extends PolicyBase<TimeoutOptions, TimeoutExpired> implements TimeoutPolicy, Gate {
  declare readonly kind: 'timeout';
  readonly lane: Lane = new Lane();
  readonly holds = false;
  #limit!: Pick<AdaptiveLimit, 'currentMs'> & Partial<AdaptiveLimit>;
  /** With an adaptive limit: when each of the calls under way began. */
  readonly #startedAt: Map<Call, number> = new Map();

  constructor(options: TimeoutOptions) {
    super(kind, options);
    this.#follow(options);
  }

  get currentMs(): number {
    return this.#limit.currentMs;
  }

  override reconfigure(options: TimeoutOptions): void {
    super.reconfigure(options);
    const before = this.#limit;
    this.#follow(options);
    if (before.record) this.#limit.follow?.(before as AdaptiveLimit);
  }

  #follow({ timeoutMs }: TimeoutOptions): void {
    const { lane } = this;
    const fixed = typeof timeoutMs === 'number';
    this.#limit = fixed ? { currentMs: timeoutMs } : timeoutMs;
    lane.limitMs = fixed ? timeoutMs : 0;
    lane.most = fixed ? ANY : 0;
    lane.watch = !fixed;
  }

  enter(call: Call): void {
    const now = this.clock.now();
    const limitMs = Math.min(this.currentMs, Math.max(0, call.until - now));
    const { timers } = call.plan;
    // All limits of a chain end with the call: the one that ends first is all that matters.
    if (limitMs < timers.dueAt(call) - now) {
      timers.remove(call);
      timers.add(call, limitMs);
      call.limit = this;
    }
    if (this.#limit.record) this.#startedAt.set(call, now);
  }

  leave(call: Call, outcome: Outcome): void {
    const startedAt = this.#startedAt.get(call);
    // A limit built only from calls that beat it would shrink for ever: what was cut off counts, at its length so far.
    if (startedAt !== undefined && outcome !== CANCELLED) this.#limit.record?.(this.clock.now() - startedAt);
    this.#startedAt.delete(call);
  }

  onLimit(call: Call): void {
    const reason = this.clock.now() >= call.until ? 'deadline' : (this.options.limit ?? 'attempt');
    // The limit that ran: a deadline was nearer, or an adaptive limit has moved on since.
    const { operation, attempt, due: timeoutMs } = call;
    this.tell?.(call, { type: 'timeout.expired', reason, attempt, timeoutMs });
    call.cancel(new TimeoutError(operation, reason, timeoutMs), false);
  }
}
