import { closeSync, fstatSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { OptionError } from '@breakwater/errors/core';
import type { Sink } from '../sink.ts';
import { type BufferOptions, createFdSink, positive, type Target } from './fd-sink.ts';
import { openSpill } from './spill.ts';

export interface FileOptions extends BufferOptions {
  readonly path: string;
  /** Bytes after which the file becomes `path.1`, that `path.2`, and so on. Default: never. */
  readonly maxBytes?: number;
  /** Old files kept. Default 5. */
  readonly maxFiles?: number;
  /** Wait for the disk after every batch: what is counted as written survives a power cut. Default false. */
  readonly durable?: boolean;
}

/** Lines to a file, appended in batches. Throws what `fs.openSync` throws when the file cannot be opened. */
export function fileSink(options: FileOptions): Sink {
  if (typeof options?.path !== 'string' || options.path === '')
    throw new OptionError('options.path', options?.path, 'a path');
  const maxBytes = positive('maxBytes', options.maxBytes ?? Number.MAX_SAFE_INTEGER);
  const maxFiles = positive('maxFiles', options.maxFiles ?? 5);
  const spill = options.spillPath === undefined ? undefined : openSpill(options.spillPath, 67_108_864);
  return createFdSink(
    rotating(options.path, maxBytes, maxFiles, options.durable === true),
    { name: 'file', ...options },
    spill,
  );
}

function rotating(path: string, maxBytes: number, maxFiles: number, durable: boolean): Target {
  let fd = openSync(path, 'a', 0o640);
  let size = fstatSync(fd).size;
  return {
    write: (buffer, offset, length) => writeSync(fd, buffer, offset, length),
    afterBatch(bytes) {
      if (durable) fsyncSync(fd);
      size += bytes;
      if (size < maxBytes) return;
      rmSync(`${path}.${maxFiles}`, { force: true });
      for (let number = maxFiles - 1; number >= 1; number--) move(`${path}.${number}`, `${path}.${number + 1}`);
      renameSync(path, `${path}.1`);
      const next = openSync(path, 'a', 0o640);
      closeSync(fd);
      fd = next;
      size = 0;
    },
    close: () => closeSync(fd),
  };
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
