/**
 * Where a policy gets its time from. Everything in this package that measures or waits takes one, so a test can pass
 * a virtual clock and see the same trace twice.
 */
export interface Clock {
  /** Monotonic milliseconds. The zero point is arbitrary; the value never goes back. */
  now(): number;
  /** Milliseconds since the Unix epoch. Only read to turn a wall-clock date (an HTTP date) into a delay. */
  wallNow(): number;
  /** Calls `callback` once, not before `delayMs` have passed. `delayMs` stays below 2^31; longer waits go through {@link timersOf}. */
  setTimer(callback: () => void, delayMs: number): unknown;
  /** Forgets a timer. Harmless after it fired. */
  clearTimer(handle: unknown): void;
  /** Calls `callback` once in this turn of the event loop, after input that has already arrived was handled (`setImmediate`). */
  defer(callback: () => void): void;
}

/** A source of uniform numbers in [0, 1), as `Math.random`. */
export type Random = () => number;

/** Time from `performance.now`, `Date.now`, `setTimeout` and `setImmediate`. The default of every policy. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimer: (handle) => clearTimeout(handle as NodeJS.Timeout),
  defer: (callback) => {
    setImmediate(callback);
  },
};

/** One of something for each clock, made when first asked for. */
export function perClock<T extends object>(make: (clock: Clock) => T): (clock: Clock) => T {
  const known = new WeakMap<Clock, T>();
  return (clock) => {
    const made = known.get(clock) ?? make(clock);
    known.set(clock, made);
    return made;
  };
}
