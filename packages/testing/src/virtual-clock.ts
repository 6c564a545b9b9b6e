/** Turns of the microtask queue that {@link VirtualClock.settle} grants. Chains of promises longer than this need a second call. */
const SETTLE_TURNS = 40;

/** A clock that only moves when told to. Has the shape of the `Clock` of `@breakwater/resilience`. */
export interface VirtualClock {
  /** Monotonic milliseconds since the clock was made. */
  now(): number;
  /** `startMs` plus {@link VirtualClock.now}. */
  wallNow(): number;
  setTimer(callback: () => void, delayMs: number): unknown;
  clearTimer(handle: unknown): void;
  /** Queues `callback` to run when the clock is next advanced or settled, before any timer. */
  defer(callback: () => void): void;
  /** A promise for `delayMs` later; rejects with the signal's reason when aborted. */
  sleep(delayMs: number, options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * Moves time on by `ms`, running every timer on the way at its exact time, in order of time and then of creation.
   * Promise callbacks run between timers, so work that goes on after a timer is seen by the next.
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
  readonly callback: () => void;
}

/** Makes a {@link VirtualClock}. `startMs`: what `wallNow` starts at, default 2026-01-01T00:00:00Z. */
export function createVirtualClock(options: { readonly startMs?: number } = {}): VirtualClock {
  const startMs = options.startMs ?? Date.UTC(2026, 0, 1);
  if (!Number.isFinite(startMs))
    throw new TypeError(`createVirtualClock: startMs must be a finite number, got ${startMs}`);
  let now = 0;
  let order = 0;
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
    do {
      const batch = deferred;
      deferred = [];
      for (const callback of batch) callback();
      for (let turn = 0; turn < SETTLE_TURNS; turn++) await undefined;
    } while (deferred.length > 0);
  }

  async function runNext(entry: Entry): Promise<void> {
    timers.delete(entry);
    now = Math.max(now, entry.at);
    entry.callback();
    await settle();
  }

  const clock: VirtualClock = {
    now: () => now,
    wallNow: () => startMs + now,
    setTimer(callback, delayMs) {
      const entry = { at: now + Math.max(0, delayMs), order: order++, callback };
      timers.add(entry);
      return entry;
    },
    clearTimer: (handle) => {
      timers.delete(handle as Entry);
    },
    defer: (callback) => {
      deferred.push(callback);
    },
    sleep: (delayMs, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason);
          return;
        }
        const onAbort = (): void => {
          clock.clearTimer(handle);
          reject(signal!.reason);
        };
        const handle = clock.setTimer(() => {
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
      while (!done) {
        const entry = next();
        if (entry === undefined) throw new Error(`The promise is still pending at ${now} ms and no timer is left`);
        await runNext(entry);
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
