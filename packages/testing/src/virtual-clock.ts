import { knownOptions, requireFunction } from './check.ts';

/** Turns of the microtask queue that {@link VirtualClock.settle} grants. Chains of promises longer than this need a second call. */
const SETTLE_TURNS = 40;
/** Settlings that `run` grants a promise once no timer is left. */
const LAST_SETTLINGS = 250;
/** Callbacks at one instant, each called for by the one before, that are taken for an endless loop. */
const MAX_CHAIN = 10_000;
/** `setTimeout` fires at once from here on. */
const TOO_LONG_MS = 2 ** 31;

/** A clock that only moves when told to. Has the shape of the `Clock` of `@breakwater/resilience`. */
export interface VirtualClock {
  /** Monotonic milliseconds since the clock was made. */
  now(): number;
  /** `startMs` plus {@link VirtualClock.now}. */
  wallNow(): number;
  /**
   * Calls `callback` once, `delayMs` later; a delay below 0 is 0. Throws `RangeError` for a delay that `setTimeout` would
   * take for 1 ms: one that is no number, or 2^31 or more.
   */
  setTimer(callback: () => void, delayMs: number): unknown;
  /** Forgets a timer. Harmless after it fired. */
  clearTimer(handle: unknown): void;
  /** Queues `callback` to run when the clock is next advanced or settled, before any timer. */
  defer(callback: () => void): void;
  /** A promise for `delayMs` later; rejects with the signal's reason when aborted. */
  sleep(delayMs: number, options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * Moves time on by `ms`, running every timer on the way at its exact time, in order of time and then of creation.
   * Promise callbacks run between timers, so work that goes on after a timer is seen by the next. Callbacks of
   * `process.nextTick` and of I/O do not: they come after the test's own `await`. Rejects with what a callback throws; the
   * callbacks after it stay queued. Rejects when more than 10,000 callbacks at one
   * instant called each for the next.
   */
  advance(ms: number): Promise<void>;
  /** Lets promise callbacks and deferred callbacks run without moving time. */
  settle(): Promise<void>;
  /** Moves time on by `ms` without running anything: what a blocked event loop does. The next `advance` finds timers late. */
  block(ms: number): void;
  /** Moves time on, timer by timer, until `promise` settles, and returns its result. Throws when nothing is left to wait for. */
  run<T>(promise: PromiseLike<T>): Promise<T>;
  /** Timers set and neither fired nor cleared. */
  readonly pendingTimers: number;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  /** Timers at the same instant that led to this one. */
  readonly chained: number;
  readonly callback: () => void;
}

/** Makes a {@link VirtualClock}. `startMs`: what `wallNow` starts at, default 2026-01-01T00:00:00Z. */
export function createVirtualClock(options: { readonly startMs?: number } = {}): VirtualClock {
  knownOptions('createVirtualClock', options, ['startMs']);
  const startMs = options.startMs ?? Date.UTC(2026, 0, 1);
  if (!Number.isFinite(startMs))
    throw new TypeError(`createVirtualClock: startMs must be a finite number, got ${startMs}`);
  let now = 0;
  let order = 0;
  /** How many timers at this instant led to the one that fires now. */
  let chain = 0;
  let deferred: (() => void)[] = [];
  const timers = new Set<Entry>();

  function next(): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of timers) {
      if (first === undefined || entry.at < first.at || (entry.at === first.at && entry.order < first.order))
        first = entry;
    }
    return first;
  }

  async function settle(): Promise<void> {
    let chained = 0;
    do {
      if (++chained > MAX_CHAIN) throw endless();
      const batch = deferred;
      deferred = [];
      try {
        for (let callback = batch.shift(); callback !== undefined; callback = batch.shift()) {
          callback();
        }
      } finally {
        // What was behind a callback that threw.
        if (batch.length > 0) deferred = [...batch, ...deferred];
      }
      for (let turn = 0; turn < SETTLE_TURNS; turn++) await undefined;
    } while (deferred.length > 0);
  }

  async function runNext(entry: Entry): Promise<void> {
    timers.delete(entry);
    if (entry.chained > MAX_CHAIN) throw endless();
    now = Math.max(now, entry.at);
    chain = entry.chained;
    try {
      entry.callback();
      await settle();
    } finally {
      chain = 0;
    }
  }

  function endless(): Error {
    return new Error(`More than ${MAX_CHAIN} callbacks at ${now} ms: one calls for itself again without delay`);
  }

  function addTimer(callback: () => void, delayMs: number): Entry {
    const at = now + Math.max(0, delayMs);
    const entry = { at, order: order++, chained: at > now ? 0 : chain + 1, callback };
    timers.add(entry);
    return entry;
  }

  const clock: VirtualClock = {
    now: () => now,
    wallNow: () => startMs + now,
    setTimer(callback, delayMs) {
      requireFunction('setTimer: callback', callback);
      if (!Number.isFinite(delayMs) || delayMs >= TOO_LONG_MS)
        throw new RangeError(`setTimer: expected milliseconds below 2^31, got ${String(delayMs)}`);
      return addTimer(callback, delayMs);
    },
    clearTimer: (handle) => {
      timers.delete(handle as Entry);
    },
    defer: (callback) => {
      requireFunction('defer: callback', callback);
      deferred.push(callback);
    },
    sleep: (delayMs, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (!Number.isFinite(delayMs))
          throw new RangeError(`sleep: expected finite milliseconds, got ${String(delayMs)}`);
        if (signal?.aborted === true) {
          reject(signal.reason);
          return;
        }
        const onAbort = (): void => {
          clock.clearTimer(handle);
          reject(signal!.reason);
        };
        const handle = addTimer(() => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        }, delayMs);
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    async advance(ms) {
      requireMs('advance', ms);
      const end = now + ms;
      await settle();
      for (let entry = next(); entry !== undefined && entry.at <= end; entry = next()) await runNext(entry);
      now = Math.max(now, end);
      await settle();
    },
    settle,
    block(ms) {
      requireMs('block', ms);
      now += ms;
    },
    async run(promise) {
      let done = false;
      const watched = Promise.resolve(promise).finally(() => {
        done = true;
      });
      watched.catch(() => {
        // Only to keep the rejection handled while time moves; it is returned below.
      });
      await settle();
      let settlings = 0;
      while (!done) {
        const entry = next();
        if (entry !== undefined) await runNext(entry);
        // A long chain of promises needs no timer, only turns.
        else if (++settlings <= LAST_SETTLINGS) await settle();
        else throw new Error(`The promise is still pending at ${now} ms and no timer is left`);
      }
      return watched;
    },
    get pendingTimers() {
      return timers.size;
    },
  };
  return clock;
}

function requireMs(method: string, ms: number): void {
  if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`${method}: expected milliseconds of 0 or more, got ${ms}`);
}
