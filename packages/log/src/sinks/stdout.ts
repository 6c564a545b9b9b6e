import { writeSync } from 'node:fs';
import { checkOptions, type Rule, whole } from '@breakwater/errors/options';
import type { Sink } from '../sink.ts';
import { type BufferOptions, bufferRules, openBacklog } from './buffer-options.ts';
import { createFdSink, type Target } from './fd-sink.ts';

export interface StdoutOptions extends BufferOptions {
  /** File descriptor. Default 1. */
  readonly fd?: number | undefined;
}

export const stdoutRules: Readonly<Record<string, Rule>> = { ...bufferRules, fd: /* @__PURE__ */ whole(0) };

/**
 * Lines to standard output, in batches. A reader that is slow slows the program down; with `whenFull` a pipe is opened anew without blocking (Linux), so that the kernel does not block either.
 */
export function stdoutSink(options: StdoutOptions = {}): Sink {
  checkOptions('stdoutSink', options, stdoutRules);
  const { fd = 1, name = 'stdout' } = options;
  const backlog = openBacklog(options);
  const target: Target = options.whenFull?.unblocked(fd) ?? {
    write: (buffer, offset, length) => writeSync(fd, buffer, offset, length),
  };
  return createFdSink(target, { ...options, name }, backlog);
}
