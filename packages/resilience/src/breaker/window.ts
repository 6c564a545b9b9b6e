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
  return toCallWindow({ calls }, () => createCountWindow(calls));
}

/** The calls of the last `durationMs` milliseconds. Throws `OptionError` unless they are above 0. */
export function timeWindow(durationMs: number): CallWindow {
  checkOptions('timeWindow', { durationMs }, { durationMs: above0 }, ['durationMs']);
  return toCallWindow({ durationMs }, () => createTimeWindow(durationMs));
}

function toCallWindow(size: Pick<CallWindow, 'calls' | 'durationMs'>, start: () => Window): CallWindow {
  const { calls } = size;
  const slow = { slowCallRate: share, slowCallMs: above0 };
  return {
    ...size,
    start,
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

/** The last `size` calls: one byte per call, 1 for a failed one, 2 more for a slow one. */
function createCountWindow(size: number): Window {
  const ring = new Uint8Array(size);
  let seen = 0;
  let failures = 0;
  let slow = 0;
  return {
    record(_now, isFailed, isSlow) {
      const at = seen++ % size;
      const old = ring[at]!;
      const byte = (isFailed ? 1 : 0) + (isSlow ? 2 : 0);
      failures += (byte & 1) - (old & 1);
      slow += (byte >> 1) - (old >> 1);
      ring[at] = byte;
    },
    counts: () => ({ calls: Math.min(seen, size), failures, slow }),
  };
}

const SLICES = 10;

/**
 * The calls of the last `durationMs`, by tenths: a call is forgotten when its slice has wholly left the window, whether or
 * not other calls come, so at most a tenth of the window later than exact. At most 11 slices are kept.
 */
export function createTimeWindow(durationMs = 30_000): Window {
  /** With their number since time zero, the oldest first. */
  const slices: { readonly at: number; calls: number; failures: number; slow: number }[] = [];
  const forget = (now: number): number => {
    const at = Math.floor((now / durationMs) * SLICES);
    while (slices.length > 0 && slices[0]!.at < at - SLICES) slices.shift();
    return at;
  };
  return {
    record(now, isFailed, isSlow) {
      const at = forget(now);
      if (slices.at(-1)?.at !== at) slices.push({ at, calls: 0, failures: 0, slow: 0 });
      const slice = slices.at(-1)!;
      slice.calls++;
      if (isFailed) slice.failures++;
      if (isSlow) slice.slow++;
    },
    counts(now) {
      forget(now);
      const sum = { calls: 0, failures: 0, slow: 0 };
      for (const { calls, failures, slow } of slices) {
        sum.calls += calls;
        sum.failures += failures;
        sum.slow += slow;
      }
      return sum;
    },
  };
}
