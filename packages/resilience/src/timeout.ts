import { OptionError } from '@breakwater/errors';
import { type Call, run } from './call.ts';
import { type Clock, systemClock } from './clock.ts';
import { TimeoutError } from './errors.ts';
import { emit, type Listener, subscribe } from './events.ts';
import { LatencyWindow } from './latency.ts';
import { checkOptions, durationMs, number, oneOf, type Rule, record, whole } from './options.ts';
import { type Plan, toPlan } from './plan.ts';
import {
  CANCELLED,
  type CallOptions,
  type Fusible,
  type Gate,
  Lane,
  type Outcome,
  type Policy,
  type Work,
} from './policy.ts';
import { type Timed, Timer, type Timers, timersOf } from './timers.ts';

/** How to find the limit from the durations of recent successful calls. */
export interface AdaptiveTimeout {
  /** The share of calls that must fit. Default 0.99. */
  readonly quantile?: number | undefined;
  /** The quantile is multiplied by this. Default 2. */
  readonly factor?: number | undefined;
  /** Never below this many milliseconds. */
  readonly floorMs: number;
  /** Never above this many milliseconds; also the limit until `minimumSamples` are known. */
  readonly ceilingMs: number;
  /** Default 20. */
  readonly minimumSamples?: number | undefined;
}

export interface TimeoutOptions {
  /** The limit in milliseconds. Give this or `adaptive`. */
  readonly timeoutMs?: number | undefined;
  /** A limit that follows the latency seen. */
  readonly adaptive?: AdaptiveTimeout | undefined;
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

const rules: Record<string, Rule> = {
  timeoutMs: durationMs,
  adaptive: record,
  mode: oneOf('abandon', 'cooperative'),
  limit: oneOf('attempt', 'total'),
};
const adaptiveRules: Record<string, Rule> = {
  quantile: number(0, 1, true),
  factor: number(1),
  floorMs: durationMs,
  ceilingMs: durationMs,
  minimumSamples: whole(1),
};

/**
 * Limits how long a call may take. The time is counted from the end of the event-loop turn in which the call began
 * (see `Timers`), never fires early, and is cut short by the caller's `deadline`. After success the signal is never
 * aborted, so a streamed body can be read on. Throws `OptionError` on bad options.
 */
export function createTimeout(options: TimeoutOptions): TimeoutPolicy {
  return new TimeoutImpl(options);
}

/** The token of a call whose duration is wanted. */
class Measured {
  readonly node: Timed;
  readonly startedAt: number;
  constructor(node: Timed, startedAt: number) {
    this.node = node;
    this.startedAt = startedAt;
  }
}

class TimeoutImpl implements TimeoutPolicy, Gate {
  readonly kind = 'timeout';
  readonly name: string;
  readonly clock: Clock;
  readonly holds = false;
  readonly lane: Lane = new Lane();
  readonly gates: readonly Gate[];
  readonly cuts = true;
  readonly cooperative: boolean;
  listeners: readonly Listener<TimeoutExpired>[] | undefined = undefined;
  #timers: Timers;
  #limitMs!: number;
  #kind!: 'attempt' | 'total';
  #adaptive: { readonly [K in keyof AdaptiveTimeout]-?: number } | undefined = undefined;
  #latency: LatencyWindow | undefined = undefined;
  #plan: Plan;

  constructor(options: TimeoutOptions) {
    this.#accept(options);
    this.name = options.name ?? 'timeout';
    this.clock = options.clock ?? systemClock;
    this.cooperative = options.mode === 'cooperative';
    this.#timers = timersOf(this.clock);
    this.gates = [this];
    this.#plan = toPlan(this);
  }

  get currentMs(): number {
    return this.#limitMs;
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    return run(this.#plan, work, options);
  }

  on(listener: Listener<TimeoutExpired>): () => void {
    return subscribe(this, listener);
  }

  reconfigure(options: TimeoutOptions): void {
    if ((options.mode === 'cooperative') !== this.cooperative) {
      throw new OptionError('createTimeout.mode', options.mode, 'the mode the policy was built with');
    }
    this.#accept(options);
  }

  #accept(options: TimeoutOptions): void {
    checkOptions('createTimeout', options, rules);
    const { timeoutMs, adaptive } = options;
    if ((timeoutMs === undefined) === (adaptive === undefined)) {
      throw new OptionError('createTimeout.timeoutMs', timeoutMs, 'either timeoutMs or adaptive, not both');
    }
    if (adaptive !== undefined) {
      checkOptions('createTimeout.adaptive', adaptive, adaptiveRules);
      const { floorMs, ceilingMs, quantile = 0.99, factor = 2, minimumSamples = 20 } = adaptive;
      if (!(floorMs <= ceilingMs)) {
        throw new OptionError(
          'createTimeout.adaptive.floorMs',
          floorMs,
          'floorMs and ceilingMs, with floorMs not above ceilingMs',
        );
      }
      this.#adaptive = { floorMs, ceilingMs, quantile, factor, minimumSamples };
      this.#latency ??= new LatencyWindow();
      this.#limitMs = ceilingMs;
      this.#adapt();
    } else {
      this.#adaptive = undefined;
      this.#limitMs = timeoutMs!;
    }
    this.#kind = options.limit ?? 'attempt';
    this.lane.free = adaptive === undefined;
    this.lane.limitMs = adaptive === undefined ? this.#limitMs : 0;
  }

  enter(call: Call): unknown {
    const given = call.options?.deadline;
    const limitMs =
      given === undefined || given === Number.POSITIVE_INFINITY
        ? this.#limitMs
        : Math.min(this.#limitMs, Math.max(0, given - this.clock.now()));
    const node = call.plan.limit === this ? call : new Timer(() => this.onLimit(call));
    this.#timers.add(node, limitMs);
    if (this.#adaptive !== undefined) return new Measured(node, this.clock.now());
    return node === call ? undefined : node;
  }

  leave(call: Call, token: unknown, outcome: Outcome): void {
    if (token === undefined) {
      this.#timers.remove(call);
      return;
    }
    if (!(token instanceof Measured)) {
      this.#timers.remove(token as Timed);
      return;
    }
    this.#timers.remove(token.node);
    // A limit built only from calls that beat it would shrink for ever: what was cut off counts, at its length so far.
    if (outcome !== CANCELLED) {
      this.#latency!.record(this.clock.now() - token.startedAt);
      this.#adapt();
    }
  }

  onLimit(call: Call): void {
    const { operation } = call;
    const given = call.options?.deadline ?? Number.POSITIVE_INFINITY;
    const reason = this.clock.now() >= given ? 'deadline' : this.#kind;
    const timeoutMs = this.#limitMs;
    if (this.listeners !== undefined) {
      const { correlationId, attempt } = call;
      const type = 'timeout.expired';
      emit(this, { type, reason, policy: this.name, operation, correlationId, attempt, timeoutMs });
    }
    call.cut(new TimeoutError(operation, reason, timeoutMs));
  }

  #adapt(): void {
    const latency = this.#latency;
    if (this.#adaptive === undefined || latency === undefined) return;
    const { floorMs, ceilingMs, quantile, factor, minimumSamples } = this.#adaptive;
    if (latency.count < minimumSamples) return;
    this.#limitMs = Math.min(ceilingMs, Math.max(floorMs, latency.quantile(quantile)! * factor));
  }
}
