import { type Call, run } from '../call.ts';
import { type Clock, type Random, systemClock } from '../clock.ts';
import { BreakerOpenError, isRejection, withoutStack } from '../errors.ts';
import { emit, type Listener, subscribe, warn } from '../events.ts';
import { type Plan, toPlan } from '../plan.ts';
import {
  CANCELLED,
  type CallOptions,
  type Fusible,
  type Gate,
  Lane,
  type Outcome,
  type Policy,
  SUCCEEDED,
  WAIT,
  type Work,
} from '../policy.ts';
import { Timer, timersOf } from '../timers.ts';
import { type BreakerOptions, type BreakerSettings, toSettings } from './options.ts';
import { type Counts, createCountWindow, createTimeWindow, type Window } from './window.ts';

/** Why a breaker opened. */
export type OpenReason =
  | 'consecutive-failures'
  | 'failure-rate'
  | 'slow-call-rate'
  | 'probe-failed'
  | 'probe-hung'
  | 'forced'
  | 'adopted';

interface EventBase {
  readonly policy: string;
}

/** What a breaker tells its listeners. */
export type BreakerEvent = EventBase &
  (
    | {
        readonly type: 'breaker.opened';
        readonly reason: OpenReason;
        readonly openMs: number;
        readonly counts: Counts | undefined;
      }
    | { readonly type: 'breaker.half-opened'; readonly reason: 'open-time-over' }
    | { readonly type: 'breaker.closed'; readonly reason: 'probes-succeeded' | 'reset' | 'adopted' }
    | { readonly type: 'breaker.isolated'; readonly reason: string }
    | { readonly type: 'breaker.released'; readonly reason: string }
    | {
        readonly type: 'breaker.rejected';
        readonly reason: 'open' | 'isolated' | 'no-permit';
        readonly operation: string;
        readonly correlationId: string | undefined;
        readonly retryAfterMs: number | undefined;
      }
  );

/** The state of a breaker as plain data, for `restore` after a restart or on another machine. */
export interface BreakerSnapshot {
  readonly version: 1;
  readonly state: 'closed' | 'open';
  /** Wall-clock milliseconds at which an open breaker lets probes through. */
  readonly openUntil?: number;
  /** How often in a row it has opened without having closed. */
  readonly openings: number;
}

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
  save(): BreakerSnapshot;
  /** Takes over a saved state. Throws `TypeError` when it is not one. */
  restore(snapshot: BreakerSnapshot): void;
  /** Puts new options in force and keeps the state; a changed window starts empty. Throws as `createBreaker`. */
  reconfigure(options: BreakerOptions): void;
  /** Asked before it becomes half-open; false keeps it open. For sharing a breaker: one member of a fleet probes. */
  mayProbe: (() => boolean) | undefined;
}

/** The identity of a state object tells whether a result belongs to a call begun in it. */
type State =
  | { readonly kind: 'closed'; failures: number; window: Window | undefined }
  | { readonly kind: 'open'; readonly until: number }
  | { readonly kind: 'half-open'; successes: number; readonly probes: Set<Probe> };

/** The token of a call made while half-open. */
interface Probe {
  readonly state: State;
  readonly timer: Timer;
  readonly startedAt: number;
}

/** The token of a call whose duration matters. */
class Started {
  readonly state: State;
  readonly at: number;
  constructor(state: State, at: number) {
    this.state = state;
    this.at = at;
  }
}

/**
 * A circuit breaker: after too many failures it refuses calls for a while, then lets a few through as probes, and closes
 * when they succeed. Results of calls begun before the last change of state are ignored; so are refusals of other
 * policies and cancelled calls. Holds no timer but those of probes under way. Throws `OptionError` on bad options.
 */
export function createBreaker(options: BreakerOptions = {}): CircuitBreaker {
  return new BreakerImpl(options);
}

class BreakerImpl implements CircuitBreaker, Gate {
  readonly kind = 'breaker';
  readonly name: string;
  readonly clock: Clock;
  readonly holds = false;
  readonly lane: Lane = new Lane();
  listeners: readonly Listener<BreakerEvent>[] | undefined = undefined;
  mayProbe: (() => boolean) | undefined = undefined;
  #set: BreakerSettings;
  #random: Random;
  #state: State = { kind: 'closed', failures: 0, window: undefined };
  #openings = 0;
  #isolations: Set<Isolation> | undefined = undefined;
  #plan: Plan | undefined = undefined;

  constructor(options: BreakerOptions) {
    this.#set = toSettings(options);
    this.name = options.name ?? 'breaker';
    this.clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#sync();
  }

  get gates(): readonly Gate[] {
    return [this];
  }

  get state(): CircuitBreaker['state'] {
    return this.#isolations === undefined ? this.#state.kind : 'isolated';
  }

  get counts(): Counts | undefined {
    const state = this.#state;
    return state.kind === 'closed' ? state.window?.counts(this.clock.now()) : undefined;
  }

  execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
    this.#plan ??= toPlan(this);
    return run(this.#plan, work, options);
  }

  on(listener: Listener<BreakerEvent>): () => void {
    return subscribe(this, listener);
  }

  enter(call: Call): unknown {
    let state = this.#state;
    if (this.#isolations !== undefined && this.#set.enforce) return this.#refuse(call, 'isolated', undefined);
    if (state.kind === 'closed') {
      return this.#set.timed ? new Started(state, this.clock.now()) : state;
    }
    const now = this.clock.now();
    if (state.kind === 'open') {
      const remainingMs = state.until - now;
      if (remainingMs > 0 || this.mayProbe?.() === false) {
        return this.#set.enforce ? this.#refuse(call, 'open', Math.max(0, remainingMs)) : undefined;
      }
      state = { kind: 'half-open', successes: 0, probes: new Set() };
      this.#become(state);
      if (this.listeners !== undefined) {
        emit(this, { type: 'breaker.half-opened', reason: 'open-time-over', policy: this.name });
      }
      // A listener may have changed the state.
      if (this.#state !== state) return this.enter(call);
    }
    if (state.probes.size >= this.#set.probes) {
      return this.#set.enforce ? this.#refuse(call, 'no-permit', undefined) : undefined;
    }
    return this.#probe(state, now);
  }

  #probe(state: State & { kind: 'half-open' }, startedAt: number): Probe {
    const timer = new Timer(() => {
      if (this.#state === state) this.#open('probe-hung', undefined);
    });
    const probe: Probe = { state, timer, startedAt };
    state.probes.add(probe);
    timersOf(this.clock).add(timer, this.#set.probeTimeoutMs);
    return probe;
  }

  #refuse(call: Call, reason: 'open' | 'isolated' | 'no-permit', retryAfterMs: number | undefined): typeof WAIT {
    if (this.listeners !== undefined) {
      const { operation, correlationId } = call;
      emit(this, { type: 'breaker.rejected', reason, policy: this.name, operation, correlationId, retryAfterMs });
    }
    call.refuse(withoutStack(() => new BreakerOpenError(this.name, reason, retryAfterMs)));
    return WAIT;
  }

  leave(_call: Call, token: unknown, outcome: Outcome, value: unknown): void {
    if (token === undefined) return;
    this.#judge(token as State | Started | Probe, outcome, value);
  }

  /** While closed, with no failure to forget, a call that succeeds needs no attention. */
  #sync(): void {
    const state = this.#state;
    const { lane } = this;
    const closed = state.kind === 'closed';
    lane.free = closed && !this.#set.timed && this.#isolations === undefined;
    lane.watch = !closed || state.failures > 0 || !this.#set.plain;
    lane.token = closed ? state : undefined;
  }

  #judge(token: State | Started | Probe, outcome: Outcome, value: unknown): void {
    const state = this.#state;
    if ('timer' in token) {
      timersOf(this.clock).remove(token.timer);
      if (state.kind === 'half-open') state.probes.delete(token);
    }
    const begunIn = 'kind' in token ? token : token.state;
    if (begunIn !== state || outcome === CANCELLED) return;
    const failed = this.#isFailure(outcome, value);
    if (failed === undefined) return;
    const startedAt = 'timer' in token ? token.startedAt : 'at' in token ? token.at : undefined;
    if (state.kind === 'closed') this.#count(state, failed, startedAt);
    else if (state.kind === 'half-open') {
      const slow = startedAt !== undefined && this.clock.now() - startedAt >= this.#set.slowCallMs;
      if (failed || slow) this.#open('probe-failed', undefined);
      else if (++state.successes >= this.#set.successThreshold) this.#close('probes-succeeded');
    }
  }

  #isFailure(outcome: Outcome, value: unknown): boolean | undefined {
    try {
      if (outcome === SUCCEEDED) return this.#set.failureResult?.(value) === true;
      return isRejection(value) ? undefined : this.#set.expected(value);
    } catch (error) {
      warn(error);
      return undefined;
    }
  }

  #count(state: State & { kind: 'closed' }, failed: boolean, startedAt: number | undefined): void {
    const { window, consecutiveFailures, minimumCalls, failureRate, slowCallRate, slowCallMs } = this.#set;
    state.failures = failed ? state.failures + 1 : 0;
    this.#sync();
    if (state.failures >= consecutiveFailures) {
      this.#open('consecutive-failures', undefined);
      return;
    }
    if (window === undefined) return;
    const now = this.clock.now();
    state.window ??= window.calls === undefined ? createTimeWindow(window.durationMs) : createCountWindow(window.calls);
    state.window.record(now, failed, startedAt !== undefined && now - startedAt >= slowCallMs);
    const counts = state.window.counts(now);
    if (counts.calls < minimumCalls) return;
    if (counts.failures / counts.calls >= failureRate) this.#open('failure-rate', counts);
    else if (counts.slow / counts.calls >= slowCallRate) this.#open('slow-call-rate', counts);
  }

  #open(reason: OpenReason, counts: Counts | undefined, forMs?: number): void {
    const { openMs, openGrowth, maxOpenMs, jitter } = this.#set;
    const grownMs = Math.min(openMs * openGrowth ** Math.min(this.#openings, 1000), maxOpenMs);
    const lastsMs = forMs ?? grownMs * (1 + jitter * this.#random());
    this.#openings++;
    this.#become({ kind: 'open', until: this.clock.now() + lastsMs });
    if (this.listeners !== undefined) {
      emit(this, { type: 'breaker.opened', reason, policy: this.name, openMs: lastsMs, counts });
    }
  }

  #close(reason: 'probes-succeeded' | 'reset' | 'adopted'): void {
    this.#openings = 0;
    this.#become({ kind: 'closed', failures: 0, window: undefined });
    if (this.listeners !== undefined) emit(this, { type: 'breaker.closed', reason, policy: this.name });
  }

  #become(state: State): void {
    const old = this.#state;
    this.#state = state;
    this.#sync();
    if (old.kind === 'half-open') for (const probe of old.probes) timersOf(this.clock).remove(probe.timer);
  }

  isolate(reason = 'by hand'): Isolation {
    const release = (): void => {
      if (this.#isolations?.delete(isolation) !== true) return;
      if (this.#isolations.size === 0) this.#isolations = undefined;
      this.#sync();
      if (this.listeners !== undefined) emit(this, { type: 'breaker.released', reason, policy: this.name });
    };
    const isolation: Isolation = { release, [Symbol.dispose]: release };
    this.#isolations ??= new Set();
    this.#isolations.add(isolation);
    this.#sync();
    if (this.listeners !== undefined) emit(this, { type: 'breaker.isolated', reason, policy: this.name });
    return isolation;
  }

  forceOpen(openMs?: number): void {
    if (openMs !== undefined && !(openMs > 0))
      throw new RangeError(`forceOpen: expected milliseconds above 0, got ${openMs}`);
    this.#open('forced', undefined, openMs);
  }

  reset(): void {
    this.#close('reset');
  }

  save(): BreakerSnapshot {
    const state = this.#state;
    const openings = this.#openings;
    if (state.kind === 'closed') return { version: 1, state: 'closed', openings };
    const remainingMs = state.kind === 'open' ? Math.max(0, state.until - this.clock.now()) : 0;
    return { version: 1, state: 'open', openUntil: this.clock.wallNow() + remainingMs, openings };
  }

  restore(snapshot: BreakerSnapshot): void {
    const { version, state, openUntil, openings } = (snapshot ?? {}) as Partial<BreakerSnapshot>;
    const valid =
      version === 1 &&
      Number.isInteger(openings) &&
      openings! >= 0 &&
      (state === 'closed' || (state === 'open' && Number.isFinite(openUntil)));
    if (!valid) throw new TypeError(`restore: not a breaker snapshot: ${JSON.stringify(snapshot)}`);
    if (state === 'closed') {
      this.#close('adopted');
      return;
    }
    this.#openings = Math.max(0, openings! - 1);
    // A clock that was set back must not keep the breaker open for ever.
    const remainingMs = Math.min(openUntil! - this.clock.wallNow(), this.#set.maxOpenMs * (1 + this.#set.jitter));
    this.#open('adopted', undefined, remainingMs);
  }

  reconfigure(options: BreakerOptions): void {
    const before = this.#set;
    this.#set = toSettings(options);
    const same =
      before.window?.calls === this.#set.window?.calls && before.window?.durationMs === this.#set.window?.durationMs;
    if (!same && this.#state.kind === 'closed') this.#state.window = undefined;
    this.#sync();
  }
}
