import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type BundleJob, type BundleResult, checkBundles } from '../verify/bundles.ts';
import { nodePrimitives } from './primitives.ts';
import { openSource } from './sources.ts';

/** Below this many entries starting threads costs more than it saves. */
const MIN_ENTRIES = 100_000;
const JOBS_PER_WORKER = 2;

export interface WorkerAnswer {
  readonly id: number;
  readonly result?: BundleResult;
  readonly entries?: readonly { readonly index: number; readonly entry: Uint8Array }[];
  readonly error?: string;
}

export interface EntryChecker {
  readonly check: (job: BundleJob) => Promise<BundleResult>;
  readonly concurrency: number;
  close(): Promise<void>;
}

/**
 * Checks entries in one worker thread per processor for a large trail, here for a small one. `onEntry` hears of the first
 * and last entry of each range and of those that the trail wrote itself, in the order in which ranges end.
 */
export function createEntryChecker(
  where: string,
  onEntry: (index: number, entry: Uint8Array) => void,
  threads: number = availableParallelism(),
): EntryChecker {
  const source = openSource(where);
  const waiting = new Map<number, { resolve: (result: BundleResult) => void; reject: (error: Error) => void }>();
  let workers: Worker[] = [];
  let nextId = 0;

  function start(): void {
    const file = import.meta.url.endsWith('.ts') ? 'entry-worker.ts' : 'entry-worker.js';
    workers = Array.from({ length: threads }, () => {
      const worker = new Worker(new URL(file, import.meta.url), { workerData: where });
      worker.on('message', ({ id, result, entries, error }: WorkerAnswer) => {
        const job = waiting.get(id);
        waiting.delete(id);
        if (result === undefined) job?.reject(new Error(error));
        else {
          for (const { index, entry } of entries ?? []) onEntry(index, entry);
          job?.resolve(result);
        }
      });
      worker.on('error', (error) => {
        for (const job of waiting.values()) job.reject(error as Error);
        waiting.clear();
      });
      return worker;
    });
  }

  return {
    concurrency: Math.max(1, threads) * JOBS_PER_WORKER,
    async check(job) {
      if (job.size < MIN_ENTRIES || threads < 2) return checkBundles(job, source, nodePrimitives, onEntry);
      if (workers.length === 0) start();
      const id = nextId;
      nextId += 1;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        workers[id % workers.length]!.postMessage({ id, job });
      });
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
      workers = [];
    },
  };
}
