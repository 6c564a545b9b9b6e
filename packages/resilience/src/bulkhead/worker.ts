import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { compose } from '../compose.ts';
import type { PolicyErrorFacts } from '../errors.ts';
import { type Listener, warn } from '../events.ts';
import { checkOptions, durationMs, OptionError, type Rule, record, text, whole } from '../options.ts';
import type { CallContext, CallOptions } from '../policy.ts';
import { createTimeout, type TimeoutExpired } from '../timeout.ts';
import { type BulkheadEvent, createBulkhead } from './bulkhead.ts';

/** Memory a worker may use; see `resourceLimits` of `node:worker_threads`. A worker that needs more ends, alone. */
export interface WorkerMemory {
  readonly maxOldGenerationSizeMb?: number | undefined;
  readonly maxYoungGenerationSizeMb?: number | undefined;
  readonly stackSizeMb?: number | undefined;
}

export interface WorkerBulkheadOptions {
  /** The module that does the work: a `file:` URL, usually `new URL('./work.ts', import.meta.url)`. */
  readonly module: URL;
  /** Which of its exports does it: a function of one argument. Input and result are copied (structured clone). Default `default`. */
  readonly exportName?: string | undefined;
  /** Worker threads, and so calls under way. They start when first needed. */
  readonly maxConcurrent: number;
  /** As in `createBulkhead`. */
  readonly maxQueue?: number | undefined;
  readonly maxWaitMs?: number | undefined;
  /** A call that takes longer, waiting not counted, fails with `TimeoutError`, and its worker is stopped. Default: none. */
  readonly timeoutMs?: number | undefined;
  /** Default: what Node gives a worker. */
  readonly memory?: WorkerMemory | undefined;
  /** Default `worker-bulkhead`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** The worker ended while it had work: it ran out of memory, called `process.exit`, or could not load its module. */
export class WorkerCrashedError extends Error implements PolicyErrorFacts {
  override readonly name = 'WorkerCrashedError';
  readonly code = 'WORKER_CRASHED';
  readonly category = 'permanent';
  readonly retryable = false;
  readonly outcome = 'unknown';
}

/** Runs CPU-bound work in worker threads. */
export interface WorkerBulkhead<Input, Output> {
  readonly name: string;
  readonly active: number;
  readonly queued: number;
  /** Gives `input` to a worker. When the caller's signal aborts, or time is up, the worker is stopped: CPU-bound work hears no signal. */
  run(input: Input, options?: CallOptions): Promise<Output>;
  on(listener: Listener<BulkheadEvent | TimeoutExpired>): () => void;
  /** Stops all workers; calls under way fail with `WorkerCrashedError`. An unused worker does not keep the process alive. */
  close(): Promise<void>;
}

const rules: Record<string, Rule> = {
  module: ['a file: URL', (v) => v instanceof URL && v.protocol === 'file:'],
  exportName: text,
  maxConcurrent: whole(1, 1024),
  maxQueue: whole(0),
  maxWaitMs: durationMs,
  timeoutMs: durationMs,
  memory: record,
};
const memoryRules: Record<string, Rule> = {
  maxOldGenerationSizeMb: whole(1),
  maxYoungGenerationSizeMb: whole(1),
  stackSizeMb: whole(1, 256),
};

/** Runs in the worker: loads the module, then answers one message at a time, each by its number. */
const BOOTSTRAP = `
const { parentPort, workerData } = require('node:worker_threads');
const loading = import(workerData.module).then((module) => module[workerData.exportName]);
loading.catch(() => {});
parentPort.on('message', async ({ id, input }) => {
  try {
    const work = await loading;
    if (typeof work !== 'function') throw new TypeError('worker module has no function export ' + workerData.exportName);
    parentPort.postMessage({ id, ok: true, value: await work(input) });
  } catch (error) {
    // A copied Error loses its own properties, of which the code matters to whoever handles it.
    try {
      parentPort.postMessage({ id, ok: false, value: error, own: error instanceof Error ? { ...error } : undefined });
    } catch {
      parentPort.postMessage({ id, ok: false, value: new Error(String(error)) });
    }
  }
});`;

/** What a worker sends back. */
interface Answer {
  readonly id: number;
  readonly ok: boolean;
  readonly value: unknown;
  readonly own?: object;
}

/**
 * A bulkhead whose slots are worker threads with memory limits: work that would block the event loop, or eat the heap,
 * cannot harm the rest of the process. Throws `OptionError` on bad options.
 */
export function createWorkerBulkhead<Input, Output>(options: WorkerBulkheadOptions): WorkerBulkhead<Input, Output> {
  checkOptions('createWorkerBulkhead', options, rules, ['module', 'maxConcurrent']);
  const { module, exportName = 'default', name = 'worker-bulkhead', timeoutMs, memory = {}, clock } = options;
  checkOptions('createWorkerBulkhead.memory', memory, memoryRules);
  const { maxConcurrent, maxQueue, maxWaitMs } = options;
  const bulkhead = createBulkhead({ maxConcurrent, maxQueue, maxWaitMs, name, clock });
  const policy = timeoutMs === undefined ? bulkhead : compose(bulkhead, createTimeout({ timeoutMs, name, clock }));
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  let closed = false;
  let asked = 0;

  function startWorker(): Worker {
    const worker = new Worker(BOOTSTRAP, {
      eval: true,
      workerData: { module: module.href, exportName },
      resourceLimits: Object.fromEntries(Object.entries(memory).filter(([, value]) => value !== undefined)),
    });
    all.add(worker);
    const leave = (): boolean => {
      const at = idle.indexOf(worker);
      if (at !== -1) idle.splice(at, 1);
      return at !== -1;
    };
    worker.once('exit', () => {
      all.delete(worker);
      leave();
    });
    worker.on('error', (error) => {
      // No call of its own can tell that an idle one fails; while busy, `work` below does. It is not used again.
      if (leave()) warn(error);
    });
    return worker;
  }

  function work(input: Input, { signal }: CallContext): Promise<Output> {
    if (closed) throw new OptionError(name, 'closed', 'a worker bulkhead that is not closed');
    const worker = idle.pop() ?? startWorker();
    worker.ref();
    const id = ++asked;
    return new Promise<Output>((resolve, reject) => {
      const ignore = (): void => {
        worker.off('message', onMessage).off('messageerror', onUnreadable).off('error', onError).off('exit', onExit);
      };
      const finish = (settle: () => void): void => {
        ignore();
        signal.removeEventListener('abort', onAbort);
        settle();
      };
      const onMessage = (answer: Answer | null): void => {
        // The work may send messages of its own.
        if (answer?.id !== id) return;
        const { ok, value, own } = answer;
        worker.unref();
        idle.push(worker);
        if (own !== undefined) Object.assign(value as object, own);
        finish(() => (ok ? resolve(value as Output) : reject(value)));
      };
      // Anything can be thrown there.
      const onError = (cause: unknown): void => {
        const text = cause instanceof Error ? cause.message : String(cause);
        finish(() => reject(new WorkerCrashedError(`${name}: the worker failed: ${text}`, { cause })));
      };
      const onExit = (code: number): void =>
        finish(() => reject(new WorkerCrashedError(`${name}: the worker ended with code ${code} before it answered`)));
      const stop = (then: () => void): void => {
        // An answer that comes all the same must not put a worker that is being stopped among the idle ones.
        ignore();
        // The slot is free when the thread has really ended.
        worker.terminate().then(then, (error: unknown) => finish(() => reject(error)));
      };
      const onAbort = (): void => stop(() => finish(() => reject(signal.reason)));
      const onUnreadable = (cause: unknown): void => stop(() => onError(cause));
      worker.on('message', onMessage).on('messageerror', onUnreadable).on('error', onError).on('exit', onExit);
      signal.addEventListener('abort', onAbort);
      try {
        worker.postMessage({ id, input });
      } catch (error) {
        // The input cannot be copied: the worker never saw it, and stays good.
        worker.unref();
        idle.push(worker);
        finish(() => reject(error));
      }
    });
  }

  return {
    name,
    get active() {
      return bulkhead.active;
    },
    get queued() {
      return bulkhead.queued;
    },
    run: (input, callOptions) => policy.execute((context) => work(input, context), callOptions),
    on: (listener) => policy.on(listener),
    async close() {
      closed = true;
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}
