import { closeSync, fstatSync, fsyncSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkOptions } from '@breakwater/errors/options';
import type { Sink } from '../sink.ts';
import { type BufferOptions, bufferRules, openBacklog } from './buffer-options.ts';
import { createFdSink, type Target } from './fd-sink.ts';
import { type FilePlace, placeRules } from './file-place.ts';
import { followFile, openLog, rotateFile } from './rotate.ts';

export interface FileOptions extends BufferOptions, FilePlace {}

const rules = { ...bufferRules, ...placeRules };

/**
 * Lines to a file, appended in batches. A file that was moved or deleted is made anew, so `logrotate` needs no signal. Several
 * processes may append to one file; when one of them rotates it, the others follow. Throws what `fs.openSync` throws when
 * the file cannot be opened, and what `fs.fsyncSync` throws when it has no disk to wait for.
 */
export function fileSink(options: FileOptions): Sink {
  checkOptions('fileSink', options, rules, ['path']);
  const { name = 'file' } = options;
  const backlog = openBacklog(options);
  try {
    return createFdSink(openFile({ ...options, path: resolve(options.path) }), { ...options, name }, backlog);
  } catch (error) {
    backlog?.close?.();
    throw error;
  }
}

function openFile({ path, maxBytes = Number.POSITIVE_INFINITY, maxFiles = 5, durable = false }: FilePlace): Target {
  let fd = openLog(path, durable);
  let size = fstatSync(fd).size;
  const turnTo = (next: number): void => {
    fd = next;
    // Others may write to it too.
    size = fstatSync(fd).size;
  };
  return {
    write(buffer, offset, length) {
      const written = writeSync(fd, buffer, offset, length);
      if (durable) sync(fd);
      size += written;
      return written;
    },
    check() {
      turnTo(followFile(path, fd));
    },
    settled() {
      if (size >= maxBytes) turnTo(rotateFile(path, fd, maxFiles));
    },
    close: () => closeSync(fd),
  };
}

function sync(fd: number): void {
  try {
    fsyncSync(fd);
  } catch (cause) {
    // Whatever the reason: what the disk has of it nobody knows, so it is no place that is only full.
    throw new Error('the disk did not confirm', { cause });
  }
}
