import { changes } from '../attempt-state.ts';
import type { Call } from '../call.ts';
import { BreakerOpenError, refusalIn } from '../errors.ts';
import { warn } from '../events.ts';
import { toMeaning } from '../failure.ts';
import { checkOptions, durationMs } from '../options.ts';
import {
  ANY,
  CANCELLED,
  type Fusible,
  type Gate,
  Lane,
  NEVER,
  type Outcome,
  type Policy,
  SUCCEEDED,
} from '../policy.ts';
import { PolicyBase } from '../policy-base.ts';
import { Timer } from '../timers.ts';
import { type BreakerOptions, DEFAULT_OPEN_MS, kind } from './options.ts';
import type { Counts, Window } from './window.ts';

/** Why a breaker opened. */
export type OpenReason =
  | 'consecutive-failures'
  | 'failure-rate'
  | 'slow-call-rate'
  | 'probe-failed'
  | 'probe-hung'
  | 'forced'
  | 'adopted';

/** Why a breaker closed. */
export type CloseReason = 'probes-succeeded' | 'reset' | 'adopted';

interface EventBase {
  readonly policy: string;
}

/** What a breaker tells its listeners. */
export type BreakerEvent =
  | (EventBase & {
      readonly type: 'breaker.opened';
      readonly reason: OpenReason;
      readonly openMs: number;
      readonly counts: Counts | undefined;
    })
  | (EventBase & { readonly type: 'breaker.half-opened'; readonly reason: 'open-time-over' })
  | (EventBase & { readonly type: 'breaker.closed'; readonly reason: CloseReason })
  | (EventBase & { readonly type: 'breaker.isolated' | 'breaker.released'; readonly reason: string })
  | (EventBase & {
      readonly type: 'breaker.rejected';
      readonly operation: string;
      readonly correlationId: string | undefined;
      readonly reason: 'open' | 'isolated' | 'no-permit';
      readonly retryAfterMs: number | undefined;
    });

/** Keeps a breaker isolated until released. */
export interface Isolation extends Disposable {
  /** Ends this isolation; others may go on. Harmless when done twice. */
  release(): void;
}

export interface CircuitBreaker extends Policy<BreakerEvent>, Fusible {
  readonly kind: 'breaker';
  /** `open` stays until a call comes after the open time: an unused breaker does nothing by itself. */
  readonly state: 'closed' | 'open' | 'half-open' | 'isolated';
  /** What the window holds; `undefined` without a window, and while not closed. */
  readonly counts: Counts | undefined;
  /** Refuses every call until the handle is released. Isolations add up. `reason` is for events. */
  isolate(reason?: string): Isolation;
  /** Opens now, for `openMs` (default: the configured open time), as if it had tripped. */
  forceOpen(openMs?: number): void;
  /** Closes and forgets all that was counted. Isolations stay. */
  reset(): void;
  /** Puts new options in force and keeps the state; a changed window starts empty. Throws as `createBreaker`. */
  reconfigure(options: BreakerOptions): void;
  /** Asked before it becomes half-open; false keeps it open. For sharing a breaker: one member of a fleet probes. */
  mayProbe: (() => boolean) | undefined;
}

/**
 * A circuit breaker: after too many failures it refuses calls for a while, then lets a few through as probes, and closes
 * when they succeed. Results of calls begun before the last change of state are ignored; so are refusals of other
 * policies and cancelled calls. Holds no timer but those of probes under way. Throws `OptionError` on bad options.
 */
export function createBreaker(options: BreakerOptions = {}): CircuitBreaker {
  return new BreakerImpl(options);
}

/** A call that must be looked at when it ends. */
interface Entry {
  readonly startedAt: number;
  /** Of a probe: limits how long it may take. */
  readonly timer: Timer | undefined;
}

/** @internal For `saveBreaker`, which is bundled only where it is used. */
export class BreakerImpl extends PolicyBase<BreakerOptions, BreakerEvent> implements CircuitBreaker, Gate {
  declare readonly kind: 'breaker';
  readonly lane: Lane = new Lane();
  readonly holds = false;
  mayProbe: (() => boolean) | undefined = undefined;
  /** The state under isolations. */
  own: 'closed' | 'open' | 'half-open' = 'closed';
  /** `changes.count` when the state last changed: who began before is not heard. */
  #since = 0;
  /** While closed, failures in a row; while half-open, probes that have succeeded. */
  #streak = 0;
  /** When it lets probes through, while open. */
  until = 0;
  /** How often in a row it has opened without having closed. */
  openings = 0;
  #isolations = 0;
  #window: Window | undefined = undefined;
  /** The calls that were let pass one by one: probes; with `slowCallMs`, all. */
  #entries: Map<Call, Entry> | undefined = undefined;

  constructor(options: BreakerOptions) {
    super(kind, options);
    this.#window = options.window?.start();
    this.#sync();
  }

  get state(): CircuitBreaker['state'] {
    return this.#isolations === 0 ? this.own : 'isolated';
  }

  get counts(): Counts | undefined {
    return this.own === 'closed' ? this.#window?.counts(this.clock.now()) : undefined;
  }

  get longestOpenMs(): number {
    const { openMs = DEFAULT_OPEN_MS, maxOpenMs = 10 * openMs } = this.options;
    return maxOpenMs;
  }

  override reconfigure(options: BreakerOptions): void {
    const { window: before } = this.options;
    super.reconfigure(options);
    const { window } = options;
    if (window?.calls !== before?.calls || window?.durationMs !== before?.durationMs) this.#window = window?.start();
    this.#sync();
  }

  enter(call: Call): unknown {
    if (this.#isolations > 0 && this.options.mode !== 'observe') return this.#refuse(call, 'isolated');
    const { probes = 1, probeTimeoutMs = 30_000 } = this.options;
    const startedAt = this.clock.now();
    if (this.own === 'open') {
      const remainingMs = Math.max(0, this.until - startedAt);
      if (remainingMs > 0 || this.mayProbe?.() === false) return this.#refuse(call, 'open', remainingMs);
      this.#become('half-open');
      this.tell?.(undefined, { type: 'breaker.half-opened', reason: 'open-time-over' });
    }
    this.#entries ??= new Map();
    let timer: Timer | undefined;
    // A listener may have changed the state.
    if (this.own === 'half-open') {
      if (this.#entries.size >= probes) return this.#refuse(call, 'no-permit');
      timer = new Timer(() => this.trip('probe-hung'));
      this.timers.add(timer, probeTimeoutMs);
    }
    this.#entries.set(call, { startedAt, timer });
    return undefined;
  }

  #refuse(call: Call, reason: 'open' | 'isolated' | 'no-permit', retryAfterMs?: number): unknown {
    if (this.options.mode === 'observe') return undefined;
    this.tell?.(call, { type: 'breaker.rejected', reason, retryAfterMs });
    return call.refuse(new BreakerOpenError(this.name, reason, retryAfterMs));
  }

  leave(call: Call, outcome: Outcome, value: unknown): void {
    const entry = this.#entries?.get(call);
    const probe = Boolean(entry?.timer);
    if (entry) this.#forget(call, entry);
    if (outcome === CANCELLED || (!probe && (this.own !== 'closed' || call.begun < this.#since))) return;
    const failed = this.#isFailure(outcome, value);
    if (failed === undefined) return;
    const { window, consecutiveFailures = window ? NEVER : 5 } = this.options;
    const { slowCallMs = NEVER, successThreshold = 1 } = this.options;
    const now = this.clock.now();
    const slow = entry !== undefined && now - entry.startedAt >= slowCallMs;
    if (probe) {
      if (failed || slow) this.trip('probe-failed');
      else if (++this.#streak >= successThreshold) this.heal('probes-succeeded');
      return;
    }
    this.#streak = failed ? this.#streak + 1 : 0;
    this.#window?.record(now, failed, slow);
    const counts = this.#window?.counts(now);
    const why =
      this.#streak >= consecutiveFailures ? 'consecutive-failures' : counts && window?.judge(counts, this.options);
    if (!why) this.#sync();
    else this.trip(why, undefined, counts);
  }

  #forget(call: Call, { timer }: Entry): void {
    this.#entries!.delete(call);
    if (timer) this.timers.remove(timer);
  }

  #isFailure(outcome: Outcome, value: unknown): boolean | undefined {
    const { expected, failureResult, classify } = this.options;
    try {
      if (outcome === SUCCEEDED) return failureResult?.(value) === true;
      return !expected || refusalIn(value) ? toMeaning(value, this.clock, classify).unwell : expected(value);
    } catch (error) {
      warn(error);
      return undefined;
    }
  }

  /** Opens, for `forMs` or as long as the options say. */
  trip(reason: OpenReason, forMs?: number, counts?: Counts): void {
    const { openMs = DEFAULT_OPEN_MS, openGrowth = 2, jitter = 0.1, random = Math.random } = this.options;
    const grownMs = Math.min(openMs * openGrowth ** this.openings++, this.longestOpenMs);
    const lastsMs = forMs ?? grownMs * (1 + jitter * random());
    this.until = this.clock.now() + lastsMs;
    this.#become('open');
    this.tell?.(undefined, { type: 'breaker.opened', reason, openMs: lastsMs, counts });
  }

  /** Closes. */
  heal(reason: CloseReason): void {
    this.openings = 0;
    this.#window = this.options.window?.start();
    this.#become('closed');
    this.tell?.(undefined, { type: 'breaker.closed', reason });
  }

  #become(state: 'closed' | 'open' | 'half-open'): void {
    this.own = state;
    this.#since = ++changes.count;
    this.#streak = 0;
    for (const [call, entry] of this.#entries ?? []) this.#forget(call, entry);
    this.#sync();
  }

  /** While closed, with no failure to forget, a call that succeeds needs no attention. */
  #sync(): void {
    const { slowCallMs, window, failureResult } = this.options;
    const { lane } = this;
    const free = this.own === 'closed' && this.#isolations === 0 && slowCallMs === undefined;
    lane.most = free ? ANY : 0;
    lane.watch = !free || this.#streak > 0 || Boolean(window ?? failureResult);
  }

  isolate(reason = 'by hand'): Isolation {
    let held = false;
    const hold = (holds: boolean): void => {
      if (held === holds) return;
      held = holds;
      this.#isolations += holds ? 1 : -1;
      this.#sync();
      this.tell?.(undefined, { type: holds ? 'breaker.isolated' : 'breaker.released', reason });
    };
    const release = (): void => hold(false);
    hold(true);
    return { release, [Symbol.dispose]: release };
  }

  forceOpen(openMs?: number): void {
    checkOptions('forceOpen', { openMs }, { openMs: durationMs });
    this.trip('forced', openMs);
  }

  reset(): void {
    this.heal('reset');
  }
}
