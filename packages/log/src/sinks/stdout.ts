import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { Sink } from '../sink.ts';
import { type BufferOptions, createFdSink, fdTarget, type Target } from './fd-sink.ts';
import { openSpill } from './spill.ts';

export interface StdoutOptions extends BufferOptions {
  /** File descriptor. Default 1. */
  readonly fd?: number;
}

/**
 * Lines to standard output, in batches. With `whenFull: 'block'` a reader that is slow slows the program down; with any
 * other policy a pipe is opened anew without blocking (Linux), so that the kernel does not block either.
 */
export function stdoutSink(options: StdoutOptions = {}): Sink {
  const spill = options.spillPath === undefined ? undefined : openSpill(options.spillPath, 67_108_864);
  const target =
    (options.whenFull ?? 'block') === 'block' ? fdTarget(options.fd ?? 1, false) : unblocked(options.fd ?? 1);
  return createFdSink(target, { name: 'stdout', ...options }, spill);
}

function unblocked(fd: number): Target {
  const own = openUnblocked(fd);
  return own === fd ? fdTarget(fd, false) : { ...fdTarget(own, false), close: () => closeSync(own) };
}

/** The pipe behind `fd`, opened anew so that writing to it does not block; `fd` itself where that cannot be. */
export function openUnblocked(fd: number): number {
  try {
    return fstatSync(fd).isFIFO() ? openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK) : fd;
  } catch {
    // Not Linux, or not a pipe that can be opened anew: the descriptor as it is, blocking or not.
    return fd;
  }
}
