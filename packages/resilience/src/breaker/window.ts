/** Calls seen, and how many of them failed or were slow. */
export interface Counts {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

/** Remembers the outcome of recent calls. */
export interface Window {
  record(now: number, failed: boolean, slow: boolean): void;
  counts(now: number): Counts;
}

const FAILED_BIT = 1;
const SLOW_BIT = 2;

/** The last `size` calls: one byte per call. */
export function createCountWindow(size: number): Window {
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
