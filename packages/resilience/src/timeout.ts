import type { AdaptiveLimit } from './adaptive-limit.ts';
import type { Call } from './call.ts';
import type { Clock } from './clock.ts';
import { TimeoutError } from './errors.ts';
import { durationMs, OptionError, oneOf } from './options.ts';
import { ANY, CANCELLED, type Fusible, type Gate, Lane, type Outcome, type Policy } from './policy.ts';
import { type Kind, PolicyBase } from './policy-base.ts';

export interface TimeoutOptions {
  /** The limit in milliseconds. Give this or `adaptive`. */
  readonly timeoutMs?: number | undefined;
  /** A limit that follows the latency seen: `adaptiveLimit({ floorMs, ceilingMs })`. */
  readonly adaptive?: AdaptiveLimit | undefined;
  /**
   * What happens to the work when time is up. In both modes its signal is aborted with the `TimeoutError`.
   * - `abandon` (default): stop waiting for it, so that a function deaf to the signal cannot hold its caller.
   * - `cooperative`: wait until it ends; if it then fails by the abort, the failure is the `TimeoutError`; if it
   *   succeeds all the same, its result counts. Nothing is left running behind the caller.
   */
  readonly mode?: 'abandon' | 'cooperative' | undefined;
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
  maker: 'createTimeout',
  rules: {
    timeoutMs: durationMs,
    adaptive: ['adaptiveLimit(…)', (v) => typeof (v as AdaptiveLimit | null)?.record === 'function'],
    mode: oneOf('abandon', 'cooperative'),
    limit: oneOf('attempt', 'total'),
  },
  check({ timeoutMs, adaptive }) {
    if ((timeoutMs === undefined) === (adaptive === undefined)) {
      throw new OptionError('createTimeout.timeoutMs', timeoutMs, 'either timeoutMs or adaptive, not both');
    }
  },
};

/**
 * Limits how long a call may take. The time is counted from the end of the event-loop turn in which the call began
 * (see `Timers`), never fires early, and is cut short by the caller's `deadline`. After success the signal is never
 * aborted, so a streamed body can be read on. Throws `OptionError` on bad options.
 */
export function createTimeout(options: TimeoutOptions): TimeoutPolicy {
  return new TimeoutImpl(options);
}

class TimeoutImpl extends PolicyBase<TimeoutOptions, TimeoutExpired> implements TimeoutPolicy, Gate {
  declare readonly kind: 'timeout';
  readonly lane: Lane = new Lane();
  readonly holds = false;
  /** With an adaptive limit: when each of the calls under way began. */
  readonly #startedAt: Map<Call, number> = new Map();

  constructor(options: TimeoutOptions) {
    super(kind, options);
    this.#sync();
  }

  get cooperative(): boolean {
    return this.options.mode === 'cooperative';
  }
  get currentMs(): number {
    const { adaptive, timeoutMs } = this.options;
    return adaptive?.currentMs ?? timeoutMs!;
  }

  override reconfigure(options: TimeoutOptions): void {
    const { adaptive } = this.options;
    // Calls under way end as they began.
    if ((options.mode === 'cooperative') !== this.cooperative)
      throw new OptionError('createTimeout.mode', options.mode, 'as when it was built');
    super.reconfigure(options);
    if (adaptive !== undefined) options.adaptive?.follow(adaptive);
    this.#sync();
  }

  #sync(): void {
    const { lane } = this;
    const { timeoutMs = 0 } = this.options;
    lane.limitMs = timeoutMs;
    lane.most = timeoutMs && ANY;
    lane.watch = !timeoutMs;
  }

  enter(call: Call): void {
    const now = this.clock.now();
    call.plan.timers.add(call, Math.min(this.currentMs, Math.max(0, call.until - now)));
    if (this.options.adaptive) this.#startedAt.set(call, now);
  }

  leave(call: Call, outcome: Outcome): void {
    const startedAt = this.#startedAt.get(call);
    if (startedAt === undefined) return;
    this.#startedAt.delete(call);
    // A limit built only from calls that beat it would shrink for ever: what was cut off counts, at its length so far.
    if (outcome !== CANCELLED) this.options.adaptive?.record(this.clock.now() - startedAt);
  }

  onLimit(call: Call): void {
    const reason = this.clock.now() >= call.until ? 'deadline' : (this.options.limit ?? 'attempt');
    const timeoutMs = this.currentMs;
    const { operation, attempt } = call;
    this.tell?.(call, { type: 'timeout.expired', reason, attempt, timeoutMs });
    call.cut(new TimeoutError(operation, reason, timeoutMs));
  }
}
