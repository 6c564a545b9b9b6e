import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { type BundleJob, type BundleResult, checkBundles } from '../verify/bundles.ts';
import type { TrailSource } from '../verify/source.ts';
import { createNotableEntries, type NotableEntry } from './notable-entries.ts';
import { nodePrimitives } from './primitives.ts';
import { openSource } from './sources.ts';

/** Below this many entries starting processes costs more than it saves. */
const MIN_ENTRIES = 100_000;
const JOBS_PER_PROCESS = 2;

export interface CheckedJob {
  readonly result: BundleResult;
  readonly entries: readonly NotableEntry[];
}

/** What a worker sends: once that it is there, then an answer for each job. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'checked'; readonly id: number; readonly checked: CheckedJob }
  | { readonly kind: 'failed'; readonly id: number; readonly error: string };

export interface EntryChecker {
  readonly check: (job: BundleJob) => Promise<BundleResult>;
  readonly concurrency: number;
  close(): Promise<void>;
}

interface QueuedJob {
  readonly job: BundleJob;
  readonly resolve: (checked: CheckedJob) => void;
  readonly reject: (error: Error) => void;
}

/** Checks one range and collects the entries that a report shows. */
export async function checkJob(job: BundleJob, source: TrailSource): Promise<CheckedJob> {
  const notable = createNotableEntries();
  const result = await checkBundles(job, source, nodePrimitives, notable.onBundle);
  return { result, entries: notable.take() };
}

/**
 * Checks entries in `processes` processes (default one per processor) for a large trail, this one among them, and in this
 * one alone for a small trail. This one begins at once; the others join when they have started. `onEntry` hears, in the
 * order of the trail, of the first and last entry of each range and of those that the trail wrote itself.
 *
 * Processes and not threads: OpenSSL counts the uses of its digest in memory that threads share, so that two threads hash
 * no more than one.
 */
export function createEntryChecker(
  where: string,
  onEntry: (index: number, entry: Uint8Array) => void,
  processes: number = availableParallelism(),
): EntryChecker {
  const source = openSource(where);
  const concurrency = Math.max(1, processes) * JOBS_PER_PROCESS;
  const queue: QueuedJob[] = [];
  const underWay = new Map<number, QueuedJob>();
  const workers: ChildProcess[] = [];
  const freeSlots: ChildProcess[] = [];
  let ownJobs = 0;
  let nextId = 0;
  let last: Promise<unknown> = Promise.resolve();
  let failure: Error | null = null;
  let closed = false;

  function start(): void {
    const file = import.meta.url.endsWith('.ts') ? 'entry-worker.ts' : 'entry-worker.js';
    for (let i = 1; i < processes; i += 1) {
      const worker = fork(new URL(file, import.meta.url), [where], {
        execArgv: [],
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      worker.on('message', (message: WorkerMessage) => onMessage(worker, message));
      worker.on('error', fail);
      worker.on('exit', (code, signal) => {
        if (!closed) fail(new Error(`A process that checks entries ended with ${signal ?? code}`));
      });
      workers.push(worker);
    }
  }

  function fail(error: Error): void {
    failure ??= error;
    for (const job of [...underWay.values(), ...queue.splice(0)]) job.reject(failure);
    underWay.clear();
  }

  function onMessage(worker: ChildProcess, message: WorkerMessage): void {
    if (message.kind === 'ready') {
      for (let slot = 0; slot < JOBS_PER_PROCESS; slot += 1) freeSlots.push(worker);
    } else {
      const job = underWay.get(message.id);
      underWay.delete(message.id);
      if (message.kind === 'checked') job?.resolve(message.checked);
      else job?.reject(new Error(message.error));
      freeSlots.push(worker);
    }
    dispatch();
  }

  function dispatch(): void {
    while (queue.length > 0 && freeSlots.length > 0) {
      const job = queue.shift()!;
      underWay.set(nextId, job);
      freeSlots.pop()!.send({ id: nextId, job: job.job });
      nextId += 1;
    }
    const ownSlots = workers.length === 0 ? concurrency : JOBS_PER_PROCESS;
    while (queue.length > 0 && ownJobs < ownSlots) {
      ownJobs += 1;
      const job = queue.shift()!;
      // A turn of the event loop between two jobs lets the answers of the other processes in.
      turn()
        .then(() => checkJob(job.job, source))
        .then(job.resolve, job.reject)
        .finally(() => {
          ownJobs -= 1;
          dispatch();
        });
    }
  }

  return {
    concurrency,
    check(job) {
      if (failure !== null) return Promise.reject(failure);
      if (workers.length === 0 && processes > 1 && job.size >= MIN_ENTRIES) start();
      const checked = new Promise<CheckedJob>((resolve, reject) => queue.push({ job, resolve, reject }));
      dispatch();
      const inOrder = Promise.all([checked, last]).then(([{ result, entries }]) => {
        for (const { index, entry } of entries) onEntry(index, entry);
        return result;
      });
      last = inOrder;
      return inOrder;
    },
    async close() {
      closed = true;
      await Promise.all(
        workers.map(async (worker) => {
          if (worker.exitCode !== null || worker.signalCode !== null || worker.pid === undefined) return;
          const ended = once(worker, 'exit');
          worker.kill();
          await ended;
        }),
      );
    },
  };
}
