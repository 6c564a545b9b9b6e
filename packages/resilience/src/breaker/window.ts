import { durationMs as above0, checkExactly, checkOptions, type Rule, share, whole } from '../options.ts';

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

interface WindowSize {
  readonly calls?: number;
  readonly durationMs?: number;
}

/** Which calls rates are computed from; made by {@link countWindow} and {@link timeWindow}. */
export interface CallWindow extends WindowSize {
  /** Rules of the options that come with it. */
  readonly rules: Record<string, Rule>;
  /** Throws `OptionError` for options that do not go together. */
  check(options: RateOptions): void;
  /** Begins to remember. */
  start(): Window;
  /** Why a breaker with these counts must open, if it must. */
  judge(counts: Counts, options: RateOptions): 'failure-rate' | 'slow-call-rate' | undefined;
}

/** The last `calls` calls: three bytes per call. Throws `OptionError` unless it is a whole number from 1 to a million. */
export function countWindow(calls: number): CallWindow {
  checkOptions('countWindow', { calls }, { calls: whole(1, 1_000_000) }, ['calls']);
  return toCallWindow({ calls });
}

/** The calls of the last `durationMs` milliseconds. Throws `OptionError` unless they are above 0. */
export function timeWindow(durationMs: number): CallWindow {
  checkOptions('timeWindow', { durationMs }, { durationMs: above0 }, ['durationMs']);
  return toCallWindow({ durationMs });
}

function toCallWindow(size: WindowSize): CallWindow {
  const { calls } = size;
  const slow = { slowCallRate: share, slowCallMs: above0 };
  return {
    ...size,
    start: () => createWindow(size),
    rules: { ...slow, failureRate: share, minimumCalls: whole(1, calls) },
    check({ slowCallRate, slowCallMs }) {
      // Neither means anything without the other.
      const required = (slowCallRate ?? slowCallMs) === undefined ? [] : Object.keys(slow);
      checkExactly('createBreaker', { slowCallRate, slowCallMs }, slow, required);
    },
    judge({ calls: seen, failures, slow }, options) {
      const { minimumCalls = Math.min(10, calls ?? 10), failureRate = 0.5, slowCallRate = 2 } = options;
      if (seen < minimumCalls) return undefined;
      if (failures / seen >= failureRate) return 'failure-rate';
      return slow / seen >= slowCallRate ? 'slow-call-rate' : undefined;
    },
  };
}

/** A window of time has this many slices, and that of now. */
const SLICES = 10;

/**
 * The last calls, or those of the last milliseconds by tenths: a call is forgotten when its slice has wholly left the window,
 * whether or not other calls come, so at most a tenth of the window later than exact.
 */
export function createWindow({ calls: size = SLICES + 1, durationMs }: WindowSize): Window {
  // A ring of slices, with three counts each. In a window of calls, a slice is one call.
  const ring = new (durationMs ? Uint32Array : Uint8Array)(3 * size);
  let last = 0;
  let startedAt: number | undefined;
  let calls = 0;
  let failures = 0;
  let slow = 0;

  /** Goes on to the slice of now, or of the next call, and forgets those whose place it takes. Returns where it is. */
  function turn(now: number, isNext: number): number {
    startedAt ??= now;
    const to = durationMs ? Math.floor(((now - startedAt) / durationMs) * SLICES) : last + isNext;
    last = Math.max(last, to - size);
    while (last < to) {
      const at = (++last % size) * 3;
      calls -= ring[at]!;
      failures -= ring[at + 1]!;
      slow -= ring[at + 2]!;
      ring[at] = ring[at + 1] = ring[at + 2] = 0;
    }
    return (last % size) * 3;
  }
  return {
    record(now, isFailed, isSlow) {
      const at = turn(now, 1);
      ring[at]!++;
      calls++;
      if (isFailed) {
        ring[at + 1]!++;
        failures++;
      }
      if (isSlow) {
        ring[at + 2]!++;
        slow++;
      }
    },
    counts(now) {
      turn(now, 0);
      return { calls, failures, slow };
    },
  };
}
