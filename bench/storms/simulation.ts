import type { Clock } from '@breakwater/resilience';

/** Virtual time for simulations with millions of timers: a heap, and one turn of the real event loop per moment. */
export class Simulation implements Clock {
  #now = 0;
  #heap: { at: number; order: number; run: () => void; dead: boolean }[] = [];
  #order = 0;
  #deferred: (() => void)[] = [];

  now = (): number => this.#now;
  wallNow = (): number => 1.77e12 + this.#now;
  defer = (callback: () => void): void => {
    this.#deferred.push(callback);
  };
  clearTimer = (handle: unknown): void => {
    (handle as { dead: boolean }).dead = true;
  };
  setTimer = (run: () => void, delayMs: number): unknown => {
    const entry = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run, dead: false };
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
    return entry;
  };

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.setTimer(resolve, ms);
    });
  }

  /** Runs everything up to `end`. */
  async runTo(end: number): Promise<void> {
    await this.#settle();
    for (let top = this.#heap[0]; top !== undefined && top.at <= end; top = this.#heap[0]) {
      this.#now = top.at;
      for (let due = this.#heap[0]; due !== undefined && due.at <= this.#now; due = this.#heap[0]) {
        this.#pop();
        if (!due.dead) due.run();
      }
      await this.#settle();
    }
    this.#now = end;
  }

  async #settle(): Promise<void> {
    do {
      const batch = this.#deferred;
      this.#deferred = [];
      for (const callback of batch) callback();
      // The queue of microtasks is empty when a macrotask runs.
      await new Promise(setImmediate);
    } while (this.#deferred.length > 0);
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function before(a: { at: number; order: number }, b: { at: number; order: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/**
 * A service with so many servers behind one queue. Deaf as most are: what its caller has given up is served all the same.
 * `stalled`: nothing begins.
 */
export class Service {
  servers: number;
  stalled = false;
  received = 0;
  #busy = 0;
  #queue: (() => void)[] = [];
  #head = 0;
  readonly #clock: Simulation;
  readonly #serviceMs: () => number;

  constructor(clock: Simulation, servers: number, serviceMs: () => number) {
    this.#clock = clock;
    this.servers = servers;
    this.#serviceMs = serviceMs;
  }

  /** Answers when served. Rejects when `signal` aborts, as a closed connection does; the work stays in the queue. */
  call(signal?: AbortSignal): Promise<void> {
    this.received++;
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.#queue.push(resolve);
      this.serve();
    });
  }

  serve(): void {
    while (!this.stalled && this.#busy < this.servers && this.#head < this.#queue.length) {
      const done = this.#queue[this.#head++]!;
      this.#busy++;
      this.#clock.setTimer(() => {
        this.#busy--;
        done();
        this.serve();
      }, this.#serviceMs());
    }
    if (this.#head > 10_000) this.#queue = this.#queue.slice(this.#head);
    if (this.#head > 10_000) this.#head = 0;
  }
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** Exponential gaps: calls that know nothing of each other. */
export function gapMs(perSecond: number, random: () => number): number {
  return (-Math.log(1 - random()) * 1000) / perSecond;
}
