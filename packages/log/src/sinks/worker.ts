import { closeSync, fstatSync, openSync } from 'node:fs';
import { OptionError } from '@breakwater/errors/core';
import type { Sink } from '../sink.ts';
import { type BufferOptions, positive } from './fd-sink.ts';
import { openSpill } from './spill.ts';
import { openUnblocked } from './stdout.ts';
import { createWorkerSink } from './worker/main.ts';

/** Where the worker writes to. */
export type WorkerTarget =
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Bytes after which the file becomes `path.1`, that `path.2`, and so on. Default: never. */
      readonly maxBytes?: number;
      /** Old files kept. Default 5. */
      readonly maxFiles?: number;
      /** Wait for the disk after every piece: what is counted as written survives a power cut. Default false. */
      readonly durable?: boolean;
    }
  | {
      readonly kind: 'stdout';
      /** File descriptor. Default 1. */
      readonly fd?: number;
    }
  | {
      readonly kind: 'module';
      /** `file:` address of a module whose default export is given `options` and returns a sink, or the promise of one. */
      readonly url: string | URL;
      /** Given to the module: what `structuredClone` can copy. */
      readonly options?: unknown;
      /** Node's arguments for the worker. Default: the `--conditions` of this process, nothing else. */
      readonly execArgv?: readonly string[];
    };

export interface WorkerOptions extends BufferOptions {
  readonly to: WorkerTarget;
  /**
   * Bytes that wait for the worker, beside `maxBufferChars` in this thread; a power of two is made of it. Default 1 048 576. A
   * longer line is not for a module: it is dropped as `queue-full`.
   */
  readonly ringBytes?: number;
}

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
 * Throws `OptionError`, and what `fs.openSync` throws when the file cannot be opened.
 */
export function workerSink(options: WorkerOptions): Sink {
  const { to } = options ?? {};
  const kind = to?.kind;
  if (kind !== 'file' && kind !== 'stdout' && kind !== 'module')
    throw new OptionError('options.to', to, 'a target of kind file, stdout or module');
  const ringBytes = positive('ringBytes', options.ringBytes ?? 1_048_576);
  if (ringBytes > 2 ** 30) throw new OptionError('options.ringBytes', ringBytes, 'at most 1 073 741 824');
  const settings = {
    ...options,
    name: options.name ?? 'worker',
    ringBytes: 2 ** Math.ceil(Math.log2(Math.max(ringBytes, 4096))),
  };
  if (kind === 'module') {
    const url = String(to.url);
    if (!URL.canParse(url)) throw new OptionError('options.to.url', to.url, 'the address of a module');
    return createWorkerSink(
      settings,
      { module: { url, options: to.options, execArgv: to.execArgv } },
      spillOf(options),
    );
  }
  if (kind === 'stdout') {
    const fd = to.fd ?? 1;
    // A thread that hangs in a write would hold up the end of the process.
    const own = openUnblocked(fd);
    const place = { path: undefined, maxBytes: Number.POSITIVE_INFINITY, maxFiles: 1, durable: false };
    return createWorkerSink(settings, { place, fd: own, ownsFd: own !== fd, size: 0 }, spillOf(options));
  }
  if (typeof to.path !== 'string' || to.path === '') throw new OptionError('options.to.path', to.path, 'a path');
  const place = {
    path: to.path,
    maxBytes: positive('to.maxBytes', to.maxBytes ?? Number.MAX_SAFE_INTEGER),
    maxFiles: positive('to.maxFiles', to.maxFiles ?? 5),
    durable: to.durable === true,
  };
  const spill = spillOf(options);
  const fd = openSync(to.path, 'a', 0o640);
  try {
    return createWorkerSink(settings, { place, fd, ownsFd: true, size: fstatSync(fd).size }, spill);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function spillOf({ spillPath }: WorkerOptions): ReturnType<typeof openSpill> | undefined {
  return spillPath === undefined ? undefined : openSpill(spillPath, 67_108_864);
}
