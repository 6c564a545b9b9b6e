import { hash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCheckpoint } from '../checkpoint.ts';
import { AuditError } from '../errors.ts';
import { parseNote } from '../note.ts';
import { takeLock } from '../stores/lock-file.ts';
import type { LastSigned, WitnessState } from './create-witness.ts';

/**
 * A witness's memory in a directory, one file with the last checkpoint for each trail, on disk before `set` resolves.
 * Takes a lock: `AUDIT_LOCKED` where another process has it. A file that cannot be read throws `AUDIT_CORRUPT`, because to
 * begin again would be to sign a second history.
 */
export async function directoryWitnessState(
  directory: string,
): Promise<WitnessState & { readonly close: () => Promise<void> }> {
  const lock = join(directory, 'witness.lock');
  const pathOf = (origin: string): string => join(directory, `${hash('sha256', origin)}.checkpoint`);
  let release: () => Promise<void>;
  try {
    await mkdir(directory, { recursive: true, mode: 0o750 });
    release = await takeLock(lock, 'is a witness with this memory');
  } catch (cause) {
    throw cause instanceof AuditError ? cause : failed('prepare', directory, cause);
  }
  return {
    async get(origin) {
      const path = pathOf(origin);
      let note: string;
      try {
        note = await readFile(path, 'utf8');
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw failed('read', path, cause);
      }
      return readNote(note, origin, path);
    },
    async set(origin, { note }) {
      const path = pathOf(origin);
      const temporary = `${path}.tmp`;
      try {
        const file = await open(temporary, 'w', 0o640);
        try {
          await file.writeFile(note);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, path);
        const folder = await open(directory, 'r');
        try {
          await folder.sync();
        } finally {
          await folder.close();
        }
      } catch (cause) {
        throw failed('write', path, cause);
      }
    },
    close: release,
  };
}

function readNote(note: string, origin: string, path: string): LastSigned {
  try {
    const checkpoint = parseCheckpoint(parseNote(note).text);
    if (checkpoint.origin === origin) return { size: checkpoint.size, root: checkpoint.root, note };
  } catch (cause) {
    throw new AuditError('AUDIT_CORRUPT', `${path} is not a checkpoint`, { cause });
  }
  throw new AuditError('AUDIT_CORRUPT', `${path} is the checkpoint of another trail than "${origin}"`);
}

function failed(what: string, path: string, cause: unknown): AuditError {
  return new AuditError('AUDIT_STORAGE_FAILED', `Could not ${what} ${path}: ${(cause as Error).message}`, { cause });
}
