import { closeSync, fstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { OptionError } from '@breakwater/errors/core';
import { checkOptions, listOf, oneOf, type Rule, record, whole } from '@breakwater/errors/options';
import type { Sink } from '../sink.ts';
import { type BufferOptions, bufferRules, openBacklog } from './buffer-options.ts';
import { type FilePlace, placeRules } from './file-place.ts';
import { openLog } from './rotate.ts';
import { openUnblocked } from './unblocked.ts';
import type { WorkerTask } from './worker/keeper.ts';
import { createWorkerSink } from './worker/main.ts';

/** Where the worker writes to. */
export type WorkerTarget =
  | ({ readonly kind: 'file' } & FilePlace)
  | {
      readonly kind: 'stdout';
      /** File descriptor. Default 1. */
      readonly fd?: number | undefined;
    }
  | {
      readonly kind: 'module';
      /** `file:` address of a module whose default export is given `options` and returns a sink, or the promise of one. */
      readonly url: string | URL;
      /** Given to the module: what `structuredClone` can copy. */
      readonly options?: unknown;
      /** Node's arguments for the worker. Default: the `--conditions` of this process, nothing else. */
      readonly execArgv?: readonly string[] | undefined;
    };

export interface WorkerOptions extends BufferOptions {
  readonly to: WorkerTarget;
  /**
   * Bytes that wait for the worker, beside `maxBufferChars` in this thread; a power of two is made of it. Default 1 048 576. A
   * longer line is not for a module: it is dropped as `queue-full`.
   */
  readonly ringBytes?: number | undefined;
}

const KINDS = ['file', 'stdout', 'module'] as const;
const kind = /* @__PURE__ */ oneOf(...KINDS);
const rules = { ...bufferRules, to: record, ringBytes: /* @__PURE__ */ whole(1, 2 ** 30) };
const targetRules: Readonly<Record<WorkerTarget['kind'], Readonly<Record<string, Rule>>>> = {
  file: { kind, ...placeRules },
  stdout: { kind, fd: /* @__PURE__ */ whole(0) },
  module: {
    kind,
    url: ['the address of a module', (v) => (typeof v === 'string' || v instanceof URL) && URL.canParse(String(v))],
    options: ['what structuredClone can copy', isCloneable],
    execArgv: /* @__PURE__ */ listOf(['a string', (v) => typeof v === 'string']),
  },
};
const REQUIRED = { file: ['path'], stdout: [], module: ['url'] } as const;

/**
 * Lines written by a worker thread, so that a place that is slow (a disk over a network, `durable`, many sinks in one
 * module) does not hold up the event loop. For a local file or a fast pipe `fileSink` and `stdoutSink` are cheaper: the way
 * through another thread costs more than a write that the kernel only copies.
 *
 * Lines stand in shared memory until they are written. When it is full, `whenFull` decides, as for the other sinks. When
 * the process ends, this thread writes to file or descriptor what the worker has not; a module is waited for as long
 * as it makes progress (`blockMs` without any is the end). When the worker dies, a new one goes on with what was not
 * written: a line may then be there twice, none is lost; a module that dies five times without starting, and a line
 * that kills it twice, are given up and counted as `worker-died`.
 *
 * Throws `OptionError`, and what `fileSink` throws when the file cannot be opened.
 */
export function workerSink(options: WorkerOptions): Sink {
  checkOptions('workerSink', options, rules, ['to']);
  const { to, name = 'worker', ringBytes = 1_048_576 } = options;
  if (!kind[1](to.kind)) throw new OptionError('workerSink.to.kind', to.kind, kind[0]);
  checkOptions('workerSink.to', to, targetRules[to.kind], REQUIRED[to.kind]);
  const settings = { ...options, name, ringBytes: 2 ** Math.ceil(Math.log2(Math.max(ringBytes, 4096))) };
  const backlog = openBacklog(options);
  let task: WorkerTask | undefined;
  try {
    task = toTask(to);
    return createWorkerSink(settings, task, backlog);
  } catch (error) {
    backlog?.close?.();
    if (task !== undefined && 'place' in task && task.ownsFd) closeSync(task.fd);
    throw error;
  }
}

function toTask(to: WorkerTarget): WorkerTask {
  if (to.kind === 'module') return { module: { url: String(to.url), options: to.options, execArgv: to.execArgv } };
  if (to.kind === 'stdout') {
    const { fd = 1 } = to;
    // A thread that hangs in a write would hold up the end of the process.
    const own = openUnblocked(fd);
    const place = { path: undefined, maxBytes: Number.POSITIVE_INFINITY, maxFiles: 1, durable: false };
    return { place, fd: own, ownsFd: own !== fd, size: 0 };
  }
  const { maxBytes = Number.MAX_SAFE_INTEGER, maxFiles = 5, durable = false } = to;
  const path = resolve(to.path);
  const fd = openLog(path, durable);
  return { place: { path, maxBytes, maxFiles, durable }, fd, ownsFd: true, size: fstatSync(fd).size };
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    // A function, a symbol, or something with one of them in it.
    return false;
  }
}
