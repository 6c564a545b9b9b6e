import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { Target } from './fd-sink.ts';

/** The pipe behind `fd`, opened anew so that writing to it does not block; `fd` itself where that cannot be. */
export function openUnblocked(fd: number): number {
  try {
    return fstatSync(fd).isFIFO() ? openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK) : fd;
  } catch {
    // Not Linux, or not a pipe that can be opened anew: the descriptor as it is, blocking or not.
    return fd;
  }
}

export function unblocked(fd: number): Target {
  const own = openUnblocked(fd);
  return {
    write: (buffer, offset, length) => writeSync(own, buffer, offset, length),
    close() {
      if (own !== fd) closeSync(own);
    },
  };
}
