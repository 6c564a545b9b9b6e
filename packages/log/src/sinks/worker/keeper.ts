import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { DropReason } from '../../sink.ts';
import type { PlaceOptions } from './place.ts';
import { between, CELL, FREE, linesBetween, type Shared, skipTo, type Views, WORKER } from './shared.ts';
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

/** The worker, whichever it is: when one dies, another goes on. */
export interface Keeper {
  /** The module does not start, and is not tried any more. */
  readonly gaveUp: boolean;
  tell(message: WorkerMessage): void;
  /** There is something in the ring. */
  wake(): void;
  /** Lets a module close its sink, for so long at most, and ends the thread. */
  end(timeoutMs: number): Promise<void>;
}

const MAX_RESTART_MS = 30_000;
/** Deaths before the first sign of life after which a module is given up. */
const MAX_STILLBORN = 5;

/** Starts the worker, and another when it dies. What cannot be given to a module again is told to `drop`. */
export function keepWorker(
  name: string,
  shared: Shared,
  views: Views,
  task: WorkerTask,
  drop: (reason: DropReason, count: number) => void,
): Keeper {
  const { cells } = views;
  const place = 'place' in task ? task.place : undefined;
  let worker: Worker | undefined;
  let restart: NodeJS.Timeout | undefined;
  let ending = false;
  let gaveUp = false;
  let deaths = 0;
  let stillborn = 0;
  let doneAtDeath = 0;
  let lastSuspect: number | undefined;

  function spawn(): void {
    restart = undefined;
    Atomics.store(cells, CELL.ready, 0);
    Atomics.store(cells, CELL.thread, 0);
    Atomics.store(cells, CELL.idle, 0);
    const start: WorkerStart = { shared, place, module: 'module' in task ? task.module : undefined };
    let reason: unknown;
    const made = new Worker(new URL(`./thread${extname(import.meta.url)}`, import.meta.url), {
      name: `breakwater log ${name}`,
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
      if (!ending) died(reason);
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
    process.emitWarning(`The worker of log sink ${name} died: ${toText(reason)}`, {
      code: 'BREAKWATER_LOG_WORKER',
    });
    if (gaveUp || ending) return;
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
      drop('worker-died', linesBetween(views, done, tail));
      skipTo(views, tail);
      gaveUp = true;
    } else if (begun && suspected && between(done, at) < between(done, tail)) {
      if (at === lastSuspect) {
        drop('worker-died', 1);
        Atomics.store(cells, CELL.skip, at);
        Atomics.store(cells, CELL.skipped, 1);
      }
      lastSuspect = at;
    }
  }

  spawn();

  return {
    get gaveUp() {
      return gaveUp;
    },
    tell: (message) => worker?.postMessage(message),
    wake() {
      if (Atomics.compareExchange(cells, CELL.idle, 1, 0) === 1) worker?.postMessage('wake' satisfies WorkerMessage);
    },
    async end(timeoutMs) {
      ending = true;
      clearTimeout(restart);
      const last = worker;
      if (last === undefined) return;
      last.ref();
      const exit = new Promise<void>((resolve) => last.once('exit', () => resolve()));
      // A thread that hangs in a system call cannot be ended, and must not hold up the others.
      const late = new Promise<void>((resolve) => setTimeout(resolve, timeoutMs).unref());
      if (place === undefined) {
        last.postMessage('close' satisfies WorkerMessage);
        await Promise.race([exit, late]);
      }
      void last.terminate();
      await Promise.race([exit, late]);
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
