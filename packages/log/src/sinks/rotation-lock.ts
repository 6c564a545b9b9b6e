import { closeSync, linkSync, openSync, rmSync, type Stats, statSync, utimesSync } from 'node:fs';

const STALE_MS = 10_000;

/**
 * Takes the lock. False while another process has it. One that was killed with it loses it after some seconds, to one
 * process only. Throws when there can be no lock.
 */
export function takeLock(path: string, nowMs: number = Date.now()): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o640));
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const left = statSync(path, { throwIfNoEntry: false });
    return left !== undefined && nowMs - left.ctimeMs >= STALE_MS && takeOver(path, left);
  }
}

/** Never throws. */
export function giveBackLock(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A folder that may not be written to any more: nobody rotates there.
    return;
  }
}

/**
 * Several may find the same lock left behind: the name of what they have found can be made by one of them only. That changes
 * its `ctime`, so that it is not found again, and who was first touches it, so that those who are late see that.
 */
export function takeOver(path: string, left: Stats): boolean {
  const claim = `${path}.${left.ino}-${left.ctimeMs}`;
  try {
    linkSync(path, claim);
  } catch (error) {
    // Another was first, or is done with it already.
    if (['EEXIST', 'ENOENT'].includes(codeOf(error))) return false;
    throw error;
  }
  try {
    const now = statSync(claim);
    // It has been taken over, or is a new one, since.
    if (now.ino !== left.ino || now.mtimeMs !== left.mtimeMs) return false;
    utimesSync(path, new Date(), new Date());
    return true;
  } finally {
    rmSync(claim, { force: true });
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}
