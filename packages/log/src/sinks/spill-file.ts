import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { countLines } from './count-lines.ts';

/** Lines on disk until there is room for them. Outlives the process. */
export interface SpillFile {
  /** Lines not taken yet. */
  readonly lines: number;
  /** False when there is no room: the line is not in it. */
  append(line: string): boolean;
  /** Puts lines in front of all others. False when its disk has no room for that: nothing has changed. */
  prepend(bytes: Uint8Array, lines: number): boolean;
  /** The oldest whole lines, about `size` bytes of them. The first may be the rest of one that was begun elsewhere. */
  take(size: number): { readonly bytes: Buffer; readonly lines: number } | undefined;
  close(): void;
}

const CHUNK = 65_536;

/** Opens or makes the file. `maxBytes` bounds it. Throws what `fs.openSync` throws. */
export function openSpillFile(path: string, maxBytes: number): SpillFile {
  let fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  let start = 0;
  const left = measure(fd);
  let { lines, end } = left;
  // A process that was killed may have left a line without its end, which was nobody's any more; the next one must not grow onto it.
  if (left.size > end) ftruncateSync(fd, end);

  function reset(): void {
    start = end = lines = 0;
    ftruncateSync(fd, 0);
  }

  function prepend(bytes: Uint8Array, count: number): boolean {
    const beside = `${path}.next`;
    let next: number | undefined;
    try {
      const all = Buffer.concat([bytes, read(fd, start, end)]);
      // Beside it first: what is in the file stays when there is no room for more.
      next = openSync(beside, 'w+', 0o600);
      write(next, all, 0);
      renameSync(beside, path);
      closeSync(fd);
      fd = next;
      start = 0;
      end = all.length;
      lines += count;
      return true;
    } catch {
      // Its disk is full too. The caller still has the lines, and counts them.
      if (next !== undefined) {
        closeSync(next);
        rmSync(beside, { force: true });
      }
      return false;
    }
  }

  return {
    get lines() {
      return lines;
    },
    append(line) {
      const bytes = Buffer.from(line);
      // What was taken already is still in the file.
      if (end + bytes.length > maxBytes && start > maxBytes / 2) prepend(Buffer.alloc(0), 0);
      if (end + bytes.length > maxBytes) return false;
      try {
        write(fd, bytes, end);
      } catch {
        // The disk of the spill file is full too: the caller counts the line as lost, and what was begun is cut off.
        ftruncateSync(fd, end);
        return false;
      }
      end += bytes.length;
      lines++;
      return true;
    },
    prepend: (bytes, count) => (bytes.length === 0 && start === 0) || prepend(bytes, count),
    take(size) {
      for (let want = size; lines > 0; want *= 4) {
        const bytes = read(fd, start, Math.min(end, start + want));
        const length = bytes.lastIndexOf(10) + 1;
        if (length > 0) {
          const taken = countLines(bytes, 0, length);
          start += length;
          lines -= taken;
          if (start >= end) reset();
          return { bytes: bytes.subarray(0, length), lines: taken };
        }
        // Somebody else has cut the file: its lines are gone, and stay counted as pending.
        if (start + want >= end) reset();
      }
      return undefined;
    },
    close() {
      closeSync(fd);
    },
  };
}

function read(fd: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  let length = 0;
  for (let got = 1; got > 0 && length < bytes.length; length += got)
    got = readSync(fd, bytes, length, bytes.length - length, from + length);
  return bytes.subarray(0, length);
}

function write(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
}

/** Its lines, and where the last of them ends. */
function measure(fd: number): { lines: number; end: number; size: number } {
  const { size } = fstatSync(fd);
  let lines = 0;
  let end = 0;
  for (let at = 0; at < size; at += CHUNK) {
    const bytes = read(fd, at, Math.min(size, at + CHUNK));
    lines += countLines(bytes, 0, bytes.length);
    const last = bytes.lastIndexOf(10);
    if (last !== -1) end = at + last + 1;
  }
  return { lines, end, size };
}
