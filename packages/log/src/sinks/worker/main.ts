import { closeSync } from 'node:fs';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { DropReason, Sink, SinkCounts } from '../../sink.ts';
import { type BufferOptions, createFdSink, positive } from '../fd-sink.ts';
import type { SpillFile } from '../spill.ts';
import { type PlaceOptions, type Step, step } from './place.ts';
import {
  between,
  CELL,
  CONTROL_BYTES,
  copyOf,
  countLines,
  FREE,
  MAIN,
  put,
  REASONS,
  type Shared,
  SIZE,
  unlock,
  viewsOf,
  WORKER,
} from './shared.ts';
import type { WorkerMessage, WorkerStart } from './thread.ts';

/** A place that both threads can write to, or a module that only the worker has. */
export type WorkerTask =
  | { readonly place: PlaceOptions; readonly fd: number; readonly ownsFd: boolean; readonly size: number }
  | {
      readonly module: {
        readonly url: string;
        readonly options: unknown;
        readonly execArgv: readonly string[] | undefined;
      };
    };

/** How long the worker may hold up a full ring before this thread writes in its stead. */
const STUCK_MS = 200;
const MAX_RESTART_MS = 30_000;
/** Deaths before the first sign of life after which a module is given up. */
const MAX_STILLBORN = 5;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * The sink's side in the main thread. Lines go through a sink over bytes, whose place is the shared ring: it has the
 * policies and the bounded buffer. What it counts as written is in the ring; what is written is what was confirmed.
 */
export function createWorkerSink(
  options: BufferOptions & { readonly name: string; readonly ringBytes: number },
  task: WorkerTask,
  spill: SpillFile | undefined,
): Sink {
  const blockMs = positive('blockMs', options.blockMs ?? 2000);
  const shared: Shared = {
    control: new SharedArrayBuffer(CONTROL_BYTES),
    ring: new SharedArrayBuffer(options.ringBytes),
  };
  const views = viewsOf(shared);
  const { cells, numbers } = views;
  const place = 'place' in task ? task.place : undefined;
  if ('place' in task) {
    Atomics.store(cells, CELL.fd, task.fd);
    numbers[SIZE] = task.size;
  }
  /** Dropped here, beside what the inner sink and the sink in the worker drop. */
  const extra: Partial<Record<DropReason, number>> = {};
  /** Lines the inner sink has counted as written that went to the spill file after all. */
  let respilled = 0;
  let tooLong = 0;
  let state: 'open' | 'closing' | 'closed' | 'died' = 'open';
  let holding = false;
  let worker: Worker | undefined;
  let restart: NodeJS.Timeout | undefined;
  let deaths = 0;
  let stillborn = 0;
  let doneAtDeath = 0;
  let lastSuspect: number | undefined;
  let fullSince = 0;
  let doneWhenFull = 0;

  const waiting = (): number => between(Atomics.load(cells, CELL.done), Atomics.load(cells, CELL.tail));

  function tell(message: WorkerMessage): void {
    worker?.postMessage(message);
  }

  function wake(): void {
    if (Atomics.compareExchange(cells, CELL.idle, 1, 0) === 1) tell('wake');
  }

  const inner = createFdSink(
    {
      write(bytes, offset, length) {
        if (state === 'died' || Atomics.load(cells, CELL.broken) === 1)
          throw Object.assign(new Error('the place is gone'), { code: 'EPIPE' });
        let count = put(views, bytes, offset, length);
        if (count < length && makeRoom()) count += put(views, bytes, offset + count, length - count);
        wake();
        return count;
      },
    },
    options,
    spill,
  );

  /** The ring is full: writes in the worker's stead when it has not begun, or does nothing for long. */
  function makeRoom(): boolean {
    if (place === undefined) return false;
    if (holding) return step(views, place) === 'moved';
    const done = Atomics.load(cells, CELL.done);
    const now = performance.now();
    if (fullSince === 0 || done !== doneWhenFull) {
      fullSince = now;
      doneWhenFull = done;
    }
    if (Atomics.load(cells, CELL.ready) === 1 && now - fullSince < STUCK_MS) return false;
    if (Atomics.compareExchange(cells, CELL.lock, FREE, MAIN) !== FREE) return false;
    try {
      return step(views, place) === 'moved';
    } finally {
      unlock(views);
    }
  }

  /** Takes the lock from the worker, which gives it back after each piece. */
  function lock(end: number): boolean {
    Atomics.store(cells, CELL.wanted, 1);
    for (;;) {
      const holder = Atomics.compareExchange(cells, CELL.lock, FREE, MAIN);
      if (holder === FREE) return true;
      const left = end - performance.now();
      if (left <= 0) {
        Atomics.store(cells, CELL.wanted, 0);
        return false;
      }
      Atomics.wait(cells, CELL.lock, holder, Math.min(left, 50));
    }
  }

  /** Writes everything from here, as far as the place takes it; `blockMs` in which it takes nothing are the end. */
  function writeHere(own: PlaceOptions): void {
    if (!lock(performance.now() + blockMs)) return;
    holding = true;
    try {
      for (let before = -1, last: Step = 'moved'; last === 'moved' && !isEmpty(); ) {
        inner.flushSync();
        before = Atomics.load(cells, CELL.taken);
        last = stepUntilFull(own);
        if (last === 'full') respill();
        else if (Atomics.load(cells, CELL.taken) === before) break;
      }
    } finally {
      holding = false;
      Atomics.store(cells, CELL.wanted, 0);
      unlock(views);
      if (waiting() > 0) wake();
    }
  }

  function stepUntilFull(own: PlaceOptions): Step {
    let end = performance.now() + blockMs;
    for (let wait = 1; ; ) {
      const last = step(views, own);
      if (last === 'moved') {
        end = performance.now() + blockMs;
        wait = 1;
      } else if (last === 'empty') return 'moved';
      else if (last === 'broken' || performance.now() >= end) return last;
      else {
        Atomics.wait(pause, 0, 0, wait);
        wait = Math.min(wait * 2, 20);
      }
    }
  }

  function isEmpty(): boolean {
    return waiting() === 0 && inner.counts().pending === 0;
  }

  /** What the place does not take goes to the file that outlives the process, before what came later. */
  function respill(): void {
    if (spill === undefined) return;
    const tail = Atomics.load(cells, CELL.tail);
    const bytes = copyOf(views, Atomics.load(cells, CELL.taken), tail);
    const lines = countLines(views, Atomics.load(cells, CELL.taken), tail);
    spill.prepend(bytes, lines);
    respilled += lines;
    skipTo(tail);
  }

  function skipTo(position: number): void {
    Atomics.store(cells, CELL.taken, position);
    Atomics.store(cells, CELL.done, position);
  }

  /** Waits for a module, whose thread goes on while this one is stopped. */
  function waitForModule(): void {
    tell('flush');
    let done = Atomics.load(cells, CELL.done);
    for (let end = performance.now() + blockMs; performance.now() < end; ) {
      inner.flushSync();
      if (waiting() === 0) return;
      Atomics.wait(cells, CELL.done, Atomics.load(cells, CELL.done), 20);
      if (Atomics.load(cells, CELL.done) === done) continue;
      done = Atomics.load(cells, CELL.done);
      end = performance.now() + blockMs;
    }
  }

  function spawn(): void {
    restart = undefined;
    Atomics.store(cells, CELL.ready, 0);
    Atomics.store(cells, CELL.idle, 0);
    const start: WorkerStart = { shared, place, module: 'module' in task ? task.module : undefined };
    let reason: unknown;
    const made = new Worker(new URL(`./thread${extname(import.meta.url)}`, import.meta.url), {
      name: `breakwater log ${options.name}`,
      workerData: start,
      execArgv: [...('module' in task ? (task.module.execArgv ?? conditions()) : [])],
      // Without NODE_OPTIONS: what it preloads has been loaded once, in this thread.
      env: 'module' in task ? { ...process.env, NODE_OPTIONS: '' } : {},
      // Descriptors opened there when a file rotates belong to both threads.
      trackUnmanagedFds: false,
    });
    made.unref();
    made.on('error', (error) => {
      reason = error;
    });
    made.on('exit', () => {
      if (worker !== made) return;
      worker = undefined;
      if (state === 'open') died(reason);
    });
    worker = made;
  }

  function respawn(): void {
    try {
      spawn();
    } catch (error) {
      // No thread to be had for now.
      died(error);
    }
  }

  /** The lock is given back, and a new worker goes on where this one stopped. */
  function died(reason: unknown): void {
    const begun = Atomics.load(cells, CELL.ready) === 1;
    if (Atomics.compareExchange(cells, CELL.lock, WORKER, FREE) === WORKER) Atomics.notify(cells, CELL.lock);
    // Nobody there to be woken.
    Atomics.store(cells, CELL.idle, 0);
    const done = Atomics.load(cells, CELL.done);
    deaths = done === doneAtDeath ? deaths + 1 : 1;
    doneAtDeath = done;
    stillborn = begun ? 0 : stillborn + 1;
    if (place === undefined) giveUp(begun);
    process.emitWarning(`The worker of log sink ${options.name} died: ${toText(reason)}`, {
      code: 'BREAKWATER_LOG_WORKER',
    });
    if (state !== 'open') return;
    const delayMs = deaths <= 1 ? 0 : Math.min(MAX_RESTART_MS, 50 * 2 ** Math.min(deaths, 12));
    restart = setTimeout(respawn, delayMs);
    restart.unref();
  }

  /** What a module cannot be given again: everything, when it does not start; the line that killed it twice. */
  function giveUp(begun: boolean): void {
    const done = Atomics.load(cells, CELL.done);
    const tail = Atomics.load(cells, CELL.tail);
    const at = Atomics.load(cells, CELL.suspect);
    const suspected = Atomics.exchange(cells, CELL.suspected, 0) === 1;
    if (stillborn >= MAX_STILLBORN) {
      dropAs('worker-died', countLines(views, done, tail));
      skipTo(tail);
      state = 'died';
    } else if (begun && suspected && between(done, at) < between(done, tail)) {
      if (at === lastSuspect) {
        dropAs('worker-died', 1);
        Atomics.store(cells, CELL.skip, at);
        Atomics.store(cells, CELL.skipped, 1);
      }
      lastSuspect = at;
    }
  }

  function dropAs(reason: DropReason, count: number): void {
    if (count > 0) extra[reason] = (extra[reason] ?? 0) + count;
  }

  spawn();

  /** Waits as long as lines leave; `blockMs` in which none does are the end. */
  async function flush(): Promise<void> {
    if (place === undefined) tell('flush');
    let done = Atomics.load(cells, CELL.done);
    let end = performance.now() + blockMs;
    for (
      let waitMs = 1;
      Atomics.load(cells, CELL.broken) === 0 && state !== 'died';
      waitMs = Math.min(waitMs * 2, 20)
    ) {
      await inner.flush();
      if (isEmpty()) return;
      if (Atomics.load(cells, CELL.done) !== done) {
        done = Atomics.load(cells, CELL.done);
        end = performance.now() + blockMs;
      }
      if (performance.now() >= end) return;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  return {
    name: options.name,
    write(line, severity) {
      // A module is given whole lines; this one would never be whole.
      if (place === undefined && line.length * 3 > options.ringBytes && Buffer.byteLength(line) > options.ringBytes) {
        tooLong++;
        dropAs('queue-full', 1);
      } else inner.write(line, severity);
    },
    // A module's own time is not this thread's to spend.
    isSlow: place === undefined,
    exitTimeoutMs: Math.max(3000, blockMs),
    flush,
    flushSync() {
      if (state === 'closed') return;
      if (place !== undefined) writeHere(place);
      else waitForModule();
    },
    async close() {
      if (state === 'closed' || state === 'closing') return;
      await flush();
      if (place !== undefined) writeHere(place);
      const gone = state === 'died';
      state = 'closing';
      clearTimeout(restart);
      await inner.close();
      const old = worker;
      if (old !== undefined) {
        const exit = new Promise<void>((resolve) => old.once('exit', () => resolve()));
        // A thread that hangs in a system call cannot be ended, and must not hold up the others.
        const late = new Promise<void>((resolve) => setTimeout(resolve, blockMs).unref());
        old.ref();
        if (place === undefined) {
          tell('close');
          await Promise.race([exit, late]);
        }
        void old.terminate();
        await Promise.race([exit, late]);
      }
      const tail = Atomics.load(cells, CELL.tail);
      if (Atomics.load(cells, CELL.broken) === 0) {
        dropAs('closed', countLines(views, Atomics.load(cells, CELL.done), tail));
        skipTo(tail);
      }
      state = gone ? 'died' : 'closed';
      if ('place' in task && task.ownsFd) closeSync(Atomics.load(cells, CELL.fd));
    },
    counts(): SinkCounts {
      const own = inner.counts();
      const dropped: Partial<Record<DropReason, number>> = {};
      let total = 0;
      const add = (reason: DropReason, count: number): void => {
        if (count === 0) return;
        dropped[reason] = (dropped[reason] ?? 0) + count;
        total += count;
      };
      for (const [reason, count] of Object.entries(extra) as [DropReason, number][]) add(reason, count);
      for (const [index, reason] of REASONS.entries()) add(reason, Atomics.load(cells, CELL.drops + index));
      const inRing = countLines(views, Atomics.load(cells, CELL.done), Atomics.load(cells, CELL.tail));
      const broken = Atomics.load(cells, CELL.broken) === 1;
      if (broken) add('broken', inRing);
      const written = own.written - respilled - (broken ? 0 : inRing) - (total - tooLong);
      for (const [reason, count] of Object.entries(own.dropped) as [DropReason, number][])
        add(state === 'died' && reason === 'broken' ? 'worker-died' : reason, count);
      const emitted = own.emitted + tooLong;
      return { emitted, written, pending: emitted - written - total, dropped };
    },
  };
}

function toText(reason: unknown): string {
  if (reason === undefined) return 'it ended';
  return reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
}

/** The `--conditions` this process was started with: a module of the caller's may need them to load at all. */
function conditions(): string[] {
  const given = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)];
  return given.flatMap((argument, index) => {
    if (/^(--conditions|-C)=/.test(argument)) return [argument];
    return argument === '--conditions' || argument === '-C' ? [argument, given[index + 1] ?? ''] : [];
  });
}
