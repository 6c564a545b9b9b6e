import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AuditError } from '../errors.ts';

interface LockFile {
  readonly path: string;
  readonly number: number;
  readonly pid: string;
  /** Start time of the process, '' where the system does not tell it. */
  readonly started: string;
}

/**
 * Takes a lock file with the pid and the start time of this process, and answers what releases it. Throws `AUDIT_LOCKED`
 * where a running process holds it; `what` says what that process does (`writes this trail`).
 *
 * A dead holder's lock is not replaced but succeeded, by a file with the next number (`writer.lock`, `writer.lock.1`, …):
 * of several that find the same dead lock one makes that file, and no running process's lock is ever moved away.
 */
export async function takeLock(path: string, what: string): Promise<() => Promise<void>> {
  const prepared = `${path}.${process.pid}.${randomUUID()}`;
  // The lock appears with its content: an empty one would look like a dead one.
  await writeFile(prepared, `${process.pid} ${(await startTimeOf(process.pid)) ?? ''}`, { flag: 'wx', mode: 0o640 });
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const locks = await readLocks(path);
      await refuseIfHeld(locks, what);
      const number = Math.max(-1, ...locks.map((lock) => lock.number)) + 1;
      const own = number === 0 ? path : `${path}.${number}`;
      if (!(await linkIfFree(prepared, own))) continue;
      const release = (): Promise<void> => rm(own, { force: true });
      try {
        // Somebody who looked when other locks stood here may hold one with another number.
        const others = (await readLocks(path)).filter((lock) => lock.path !== own);
        await refuseIfHeld(others, what);
        for (const dead of others) await rm(dead.path, { force: true });
      } catch (error) {
        await release();
        throw error;
      }
      return release;
    }
    throw new AuditError('AUDIT_LOCKED', `The lock ${path} cannot be taken: others take it at the same time`);
  } finally {
    await rm(prepared, { force: true });
  }
}

async function readLocks(path: string): Promise<LockFile[]> {
  const name = basename(path);
  const locks: LockFile[] = [];
  for (const found of await readdir(dirname(path))) {
    const suffix = found === name ? '.0' : found.startsWith(name) ? found.slice(name.length) : '';
    if (!/^\.\d{1,9}$/.test(suffix)) continue;
    const file = join(dirname(path), found);
    const content = await readIfThere(file);
    if (content === null) continue;
    const [pid = '', started = ''] = content.trimEnd().split(' ');
    locks.push({ path: file, number: Number(suffix.slice(1)), pid, started });
  }
  return locks;
}

async function refuseIfHeld(locks: readonly LockFile[], what: string): Promise<void> {
  for (const { path, pid, started } of locks) {
    const running = await startTimeOf(Number(pid));
    if (running !== null && (started === '' || running === started))
      throw new AuditError('AUDIT_LOCKED', `Process ${pid} ${what} (${path}). One process may; stop that one first.`);
  }
}

async function linkIfFree(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Start time of a running process, '' where the system does not tell, null where it does not run. */
async function startTimeOf(pid: number): Promise<string | null> {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
  }
  const stat = await readIfThere(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
