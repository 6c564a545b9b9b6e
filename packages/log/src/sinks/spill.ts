import { resolve } from 'node:path';
import { OptionError } from '@breakwater/errors/core';
import { checkOptions, text, whole } from '@breakwater/errors/options';
import type { Backlog, FullPolicy } from './full-policy.ts';
import { openSpillFile } from './spill-file.ts';
import { unblocked } from './unblocked.ts';

export interface SpillOptions {
  /** Bytes of the file; what has no room in it is dropped as `queue-full`. Default 67 108 864. */
  readonly maxBytes?: number | undefined;
}

const rules = { maxBytes: /* @__PURE__ */ whole(1) };
const inUse = new Set<string>();

/**
 * When memory is full, lines go to a file, on another disk than the sink's, and are brought in later, in order. What is in
 * it when the process ends, and what the sink could not write by then, is written by the next process that names the
 * file; after SIGKILL, lines of it may be written twice. One file is for one sink of one process.
 */
export function spill(path: string, options: SpillOptions = {}): FullPolicy {
  if (!text[1](path)) throw new OptionError('spill path', path, text[0]);
  checkOptions('spill', options, rules);
  const { maxBytes = 67_108_864 } = options;
  return { kind: 'spill', open: (maxChars) => openBacklog(resolve(path), maxBytes, maxChars), unblocked };
}

function openBacklog(path: string, maxBytes: number, maxChars: number): Backlog {
  if (inUse.has(path)) throw new OptionError('spill path', path, 'a file that no other sink spills to');
  const file = openSpillFile(path, maxBytes);
  inUse.add(path);
  /** Older than what the file holds. */
  let waiting: string[] = [];
  let waitingChars = 0;

  function keep(bytes: Uint8Array, text: string, lines: number): boolean {
    const all = Buffer.concat([bytes, Buffer.from(text + waiting.join(''))]);
    if (!file.prepend(all, lines + waiting.length)) return false;
    forget();
    return true;
  }

  function forget(): void {
    waiting = [];
    waitingChars = 0;
  }

  return {
    get size() {
      return waiting.length + file.lines;
    },
    push(line) {
      // Once there are lines in the file, later ones follow them.
      if (file.lines > 0 || waitingChars + line.length > maxChars) return file.append(line) ? 0 : 1;
      waiting.push(line);
      waitingChars += line.length;
      return 0;
    },
    take(size) {
      if (waiting.length === 0) return file.take(size);
      let lines = 0;
      let text = '';
      while (lines < waiting.length && text.length < size) text += waiting[lines++];
      waiting.splice(0, lines);
      waitingChars -= text.length;
      return { bytes: Buffer.from(text), lines };
    },
    clear() {
      const lost = waiting.length;
      forget();
      // The next process must not find again what was taken from the file.
      keep(Buffer.alloc(0), '', 0);
      return lost;
    },
    keep,
    close() {
      file.close();
      inUse.delete(path);
    },
  };
}
