import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { AuditError } from '../errors.ts';

/**
 * Takes a lock file with the pid and the start time of this process, so that a dead holder's lock is taken over. Throws
 * `AUDIT_LOCKED` where a running process holds it; `what` says what that process does (`writes this trail`).
 */
export async function takeLock(path: string, what: string): Promise<void> {
  const own = `${process.pid} ${(await startTimeOf(process.pid)) ?? ''}`;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      await writeFile(path, own, { flag: 'wx', mode: 0o640 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid = '', started = ''] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
    const running = await startTimeOf(Number(pid));
    if (running !== null && (started === '' || running === started)) {
      throw new AuditError('AUDIT_LOCKED', `Process ${pid} ${what} (${path}). One process may; stop that one first.`);
    }
    await removeDeadLock(path, `${pid} ${started}`.trimEnd());
  }
  throw new AuditError('AUDIT_LOCKED', `The lock ${path} cannot be taken`);
}

/** Of several processes that find the same dead lock, one moves it away; a lock taken meanwhile is put back. */
async function removeDeadLock(path: string, dead: string): Promise<void> {
  const aside = `${path}.${process.pid}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')).trimEnd() !== dead) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

/** Start time of a running process, '' where the system does not tell, null where it does not run. */
async function startTimeOf(pid: number): Promise<string | null> {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
