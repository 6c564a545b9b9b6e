import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';

/** Lines on disk until there is room for them. Outlives the process. */
export interface SpillFile {
  /** Lines not taken yet. */
  readonly lines: number;
  /** False when the file has no room: the line is not in it. */
  append(line: string): boolean;
  /** Puts lines in front of all else. Throws when its disk is full too. */
  prepend(bytes: Uint8Array, lines: number): void;
  /** The oldest whole lines, about `bytes` of them. */
  take(bytes: number): { readonly bytes: Buffer; readonly lines: number } | undefined;
  close(): void;
}

/** Opens or makes the file. `maxBytes` bounds it. Throws what `fs.openSync` throws. */
export function openSpill(path: string, maxBytes: number): SpillFile {
  const old = existsSync(path) ? statSync(path).size : 0;
  let fd = openSync(path, old > 0 ? 'r+' : 'w+', 0o600);
  let start = 0;
  let end = old;
  let lines = old > 0 ? countAll(fd, old) : 0;

  function reset(): void {
    start = 0;
    end = 0;
    ftruncateSync(fd, 0);
  }

  return {
    get lines() {
      return lines;
    },
    append(line) {
      const bytes = Buffer.from(line);
      if (end + bytes.length > maxBytes) return false;
      try {
        let offset = 0;
        while (offset < bytes.length) offset += writeSync(fd, bytes, offset, bytes.length - offset, end + offset);
      } catch {
        // The disk of the spill file is full too: the caller counts the line as lost, and what was begun is cut off.
        ftruncateSync(fd, end);
        return false;
      }
      end += bytes.length;
      lines++;
      return true;
    },
    prepend(bytes, count) {
      const rest = Buffer.alloc(end - start);
      readSync(fd, rest, 0, rest.length, start);
      // Beside it first: what is in the file stays when there is no room for more.
      const next = openSync(`${path}.next`, 'w+', 0o600);
      try {
        const all = Buffer.concat([bytes, rest]);
        let offset = 0;
        while (offset < all.length) offset += writeSync(next, all, offset, all.length - offset, offset);
        renameSync(`${path}.next`, path);
      } catch (error) {
        closeSync(next);
        rmSync(`${path}.next`, { force: true });
        throw error;
      }
      closeSync(fd);
      fd = next;
      start = 0;
      end = bytes.length + rest.length;
      lines += count;
    },
    take(size) {
      if (lines === 0) return undefined;
      const buffer = Buffer.alloc(Math.min(Math.max(size, 1), end - start));
      let bytes = buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, start));
      let last = bytes.lastIndexOf(10);
      if (last === -1) {
        // One line longer than what was asked for.
        bytes = Buffer.alloc(end - start);
        readSync(fd, bytes, 0, bytes.length, start);
        last = bytes.indexOf(10);
        if (last === -1) last = bytes.length - 1;
      }
      const taken = bytes.subarray(0, last + 1);
      let count = 0;
      for (const byte of taken) if (byte === 10) count++;
      start += taken.length;
      lines -= Math.min(count, lines);
      if (start >= end || lines === 0) reset();
      return { bytes: taken, lines: count };
    },
    close() {
      closeSync(fd);
    },
  };
}

function countAll(fd: number, size: number): number {
  const buffer = Buffer.alloc(65_536);
  let count = 0;
  for (let at = 0; at < size; ) {
    const read = readSync(fd, buffer, 0, buffer.length, at);
    if (read <= 0) break;
    for (let index = 0; index < read; index++) if (buffer[index] === 10) count++;
    at += read;
  }
  return count;
}
