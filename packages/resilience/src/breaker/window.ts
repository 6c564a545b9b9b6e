import { OptionError } from '@breakwater/errors';
import { durationMs as above0, type Rule, share, whole } from '@breakwater/errors/options';
import { checkOptions } from '../options.ts';

/** Calls seen, and how many of them failed or were slow. */
export interface Counts {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

/** What a breaker with a window looks at. */
export interface RateOptions {
  /** Share of failed calls in the window that opens. Default 0.5. Needs a `window`, as the others here do. */
  readonly failureRate?: number | undefined;
  /** Share of slow calls in the window that opens; needs `slowCallMs`. Default: none. */
  readonly slowCallRate?: number | undefined;
  /** A call that takes at least this long is slow, whether it succeeds or fails. */
  readonly slowCallMs?: number | undefined;
  /** Calls the window must hold before a rate means anything. Default 10, at most those of a `countWindow`. */
  readonly minimumCalls?: number | undefined;
}

/** Remembers the outcome of recent calls. */
export interface Window {
  record(now: number, failed: boolean, slow: boolean): void;
  counts(now: number): Counts;
}

/** Which calls rates are computed from; made by {@link countWindow} and {@link timeWindow}. */
export interface CallWindow {
  readonly calls?: number;
  readonly durationMs?: number;
  /** Rules of the options that come with it. */
  readonly rules: Record<string, Rule>;
  /** Throws `OptionError` for options that do not go together. */
  check(options: RateOptions): void;
  /** Begins to remember. */
  start(): Window;
  /** Why a breaker with these counts must open, if it must. */
  judge(counts: Counts, options: RateOptions): 'failure-rate' | 'slow-call-rate' | undefined;
}

/** The last `calls` calls: one byte per call. Throws `OptionError` unless it is a whole number from 1 to a million. */
export function countWindow(calls: number): CallWindow {
  checkOptions('countWindow', { calls }, { calls: whole(1, 1_000_000) }, ['calls']);
  return { ...rates, calls, start: () => createCountWindow(calls) };
}

/** The calls of the last `durationMs` milliseconds. Throws `OptionError` unless they are above 0. */
export function timeWindow(durationMs: number): CallWindow {
  checkOptions('timeWindow', { durationMs }, { durationMs: above0 }, ['durationMs']);
  return { ...rates, durationMs, start: () => createTimeWindow(durationMs) };
}

const rates: Pick<CallWindow, 'rules' | 'check' | 'judge'> = {
  rules: { failureRate: share, slowCallRate: share, slowCallMs: above0, minimumCalls: whole(1) },
  check(this: CallWindow, { slowCallRate, slowCallMs, minimumCalls = 1 }) {
    if ((slowCallRate === undefined) !== (slowCallMs === undefined)) {
      throw new OptionError('createBreaker.slowCallMs', slowCallMs, 'both slowCallRate and slowCallMs, or neither');
    }
    if (minimumCalls > (this.calls ?? minimumCalls)) {
      throw new OptionError(
        'createBreaker.minimumCalls',
        minimumCalls,
        `at most the calls of the window (${this.calls})`,
      );
    }
  },
  judge(this: CallWindow, { calls, failures, slow }, options) {
    const { minimumCalls = Math.min(10, this.calls ?? 10), failureRate = 0.5, slowCallRate = 2 } = options;
    if (calls < minimumCalls) return undefined;
    if (failures / calls >= failureRate) return 'failure-rate';
    return slow / calls >= slowCallRate ? 'slow-call-rate' : undefined;
  },
};

const FAILED_BIT = 1;
const SLOW_BIT = 2;

/** The last `size` calls: one byte per call. */
function createCountWindow(size: number): Window {
  const ring = new Uint8Array(size);
  let calls = 0;
  let next = 0;
  let failures = 0;
  let slows = 0;
  return {
    record(_now, failed, slow) {
      if (calls === size) {
        const old = ring[next]!;
        failures -= old & FAILED_BIT;
        slows -= old >> 1;
      } else {
        calls++;
      }
      ring[next] = (failed ? FAILED_BIT : 0) | (slow ? SLOW_BIT : 0);
      failures += failed ? 1 : 0;
      slows += slow ? 1 : 0;
      next = (next + 1) % size;
    },
    counts: () => ({ calls, failures, slow: slows }),
  };
}

const SLICES = 10;

/**
 * The calls of the last `durationMs`, in ten slices: a call is forgotten when its slice has wholly left the window,
 * whether or not other calls come, so at most a tenth of the window later than exact. Fixed memory.
 */
export function createTimeWindow(durationMs: number): Window {
  const sliceMs = durationMs / SLICES;
  const slots = new Float64Array((SLICES + 1) * 3);
  let newest = Number.NEGATIVE_INFINITY;
  /** Empties the slices that time has passed since the newest, and returns where the present one starts. */
  const forget = (now: number): number => {
    const slice = Math.floor(now / sliceMs);
    if (slice > newest) {
      for (let stale = Math.max(newest + 1, slice - SLICES); stale <= slice; stale++) {
        const at = (((stale % (SLICES + 1)) + SLICES + 1) % (SLICES + 1)) * 3;
        slots.fill(0, at, at + 3);
      }
      newest = slice;
    }
    return (((newest % (SLICES + 1)) + SLICES + 1) % (SLICES + 1)) * 3;
  };
  return {
    record(now, failed, slow) {
      const at = forget(now);
      slots[at]!++;
      if (failed) slots[at + 1]!++;
      if (slow) slots[at + 2]!++;
    },
    counts(now) {
      forget(now);
      let calls = 0;
      let failures = 0;
      let slow = 0;
      for (let at = 0; at < slots.length; at += 3) {
        calls += slots[at]!;
        failures += slots[at + 1]!;
        slow += slots[at + 2]!;
      }
      return { calls, failures, slow };
    },
  };
}
