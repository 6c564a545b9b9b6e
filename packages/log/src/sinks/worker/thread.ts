/** What runs in the worker of `workerSink`. Imports nothing but Node and its neighbours, so that it starts fast. */
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { createModulePump } from './module-pump.ts';
import { type PlaceOptions, step } from './place.ts';
import { between, CELL, FREE, type Shared, unlock, type Views, viewsOf, WORKER } from './shared.ts';

/** What the main thread gives the worker to begin with. */
export interface WorkerStart {
  readonly shared: Shared;
  readonly place: PlaceOptions | undefined;
  readonly module: { readonly url: string; readonly options: unknown } | undefined;
}

/** Messages to the worker: there is something in the ring; write it now and be done; end. */
export type WorkerMessage = 'wake' | 'flush' | 'close';

export interface Pump {
  run(): void;
  flush(): void;
  close(): Promise<void>;
}

const { shared, place, module } = workerData as WorkerStart;
const views = viewsOf(shared);
const pump = module === undefined ? createPlacePump(views, place!) : await createModulePump(views, module);
Atomics.store(views.cells, CELL.thread, threadOf());
Atomics.store(views.cells, CELL.ready, 1);
parentPort!.on('message', (message: WorkerMessage) => {
  if (message === 'close') void pump.close().then(() => parentPort!.close());
  else if (message === 'flush') pump.flush();
  else pump.run();
});
pump.run();

function threadOf(): number {
  try {
    return Number(basename(readlinkSync('/proc/thread-self'))) || 0;
  } catch {
    // Not Linux.
    return 0;
  }
}

function createPlacePump(own: Views, options: PlaceOptions): Pump {
  const { cells } = own;
  let timer: NodeJS.Timeout | undefined;
  let retryMs = 5;

  /** Whether the worker may sleep: whoever puts something in after this sees it and sends a message. */
  function sleeps(): boolean {
    Atomics.store(cells, CELL.idle, 1);
    const open =
      Atomics.load(cells, CELL.wanted) === 0 &&
      Atomics.load(cells, CELL.lock) === FREE &&
      between(Atomics.load(cells, CELL.taken), Atomics.load(cells, CELL.tail)) > 0;
    return !open || Atomics.compareExchange(cells, CELL.idle, 1, 0) !== 1;
  }

  function run(): void {
    if (timer !== undefined) return;
    for (;;) {
      const mine =
        Atomics.load(cells, CELL.wanted) === 0 && Atomics.compareExchange(cells, CELL.lock, FREE, WORKER) === FREE;
      if (!mine) {
        if (sleeps()) return;
        continue;
      }
      const outcome = step(own, options);
      unlock(own);
      if (outcome === 'broken') return;
      if (outcome === 'full') {
        timer = setTimeout(() => {
          timer = undefined;
          run();
        }, retryMs);
        retryMs = Math.min(retryMs * 2, 100);
        return;
      }
      retryMs = 5;
      if (outcome === 'empty' && sleeps()) return;
    }
  }

  return { run, flush: run, close: () => Promise.resolve() };
}
