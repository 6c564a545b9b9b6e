import { closeSync, fstatSync, fsyncSync, openSync, renameSync, statSync } from 'node:fs';
import { giveBackLock, takeLock } from './rotation-lock.ts';

/** Paths of which was said that they cannot be opened anew. */
const warned = new Set<string>();

/** Throws what `fs.openSync` throws, and for a `durable` file that has no disk to wait for what `fs.fsyncSync` does. */
export function openLog(path: string, durable: boolean): number {
  const fd = openSync(path, 'a', 0o640);
  try {
    if (durable) fsyncSync(fd);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * The descriptor to go on with: another one when the file was moved or deleted, or another process has rotated it.
 * Never throws: where no file can be made, `fd` is still good for what was moved.
 */
export function followFile(path: string, fd: number): number {
  return isAt(path, fd) ? fd : turnTo(path, fd);
}

/**
 * As `followFile`, and before that the file becomes `path.1`, that `path.2`, up to `maxFiles`; the oldest goes. Two processes
 * that moved files at once could move one over another: while one does, the others go on in the file they have.
 */
export function rotateFile(path: string, fd: number, maxFiles: number): number {
  const lock = `${path}.lock`;
  try {
    if (!takeLock(lock)) return fd;
  } catch (error) {
    // Without a lock (a full disk, a folder that is gone) another process could be at it.
    return stay(path, fd, error);
  }
  try {
    return turnTo(path, fd, () => {
      // A process that has turned to the next file already has moved them.
      if (!isAt(path, fd)) return;
      for (let number = maxFiles - 1; number >= 1; number--) move(`${path}.${number}`, `${path}.${number + 1}`);
      move(path, `${path}.1`);
    });
  } finally {
    giveBackLock(lock);
  }
}

function turnTo(path: string, fd: number, before?: () => void): number {
  try {
    before?.();
    const next = openLog(path, false);
    closeSync(fd);
    warned.delete(path);
    return next;
  } catch (error) {
    return stay(path, fd, error);
  }
}

/** Lines go on into the file there is; the next time tries again. */
function stay(path: string, fd: number, error: unknown): number {
  if (!warned.has(path))
    process.emitWarning(`Log file ${path} cannot be made anew: ${(error as Error).message}`, {
      code: 'BREAKWATER_LOG_FILE',
    });
  warned.add(path);
  return fd;
}

function isAt(path: string, fd: number): boolean {
  try {
    const own = fstatSync(fd);
    const there = statSync(path, { throwIfNoEntry: false });
    return there?.ino === own.ino && there.dev === own.dev;
  } catch {
    // A folder that may not be looked into any more says nothing about the file.
    return true;
  }
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
