import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { callable } from '@breakwater/errors/options';
import { AuditError } from '../errors.ts';
import { decodeFrames, encodeFrame } from '../journal-frame.ts';
import { checkOptions } from '../option.ts';
import type { AuditStore, JournalEntry } from '../store.ts';
import { takeLock } from './lock-file.ts';

const LOCK_FILE = 'writer.lock';
const JOURNAL = 'journal';
/** A new journal file is begun past this size, so that trimming frees space. */
const ROTATE_BYTES = 64 * 1024 * 1024;

export interface DirectoryStoreOptions {
  /** Tests replace it to make writing fail. */
  readonly openFile?: typeof open;
}

/**
 * A trail in a local directory, in the layout of C2SP tlog-tiles, so that any web server can publish it. The journal is
 * in `journal/`; its file names are the index of their first entry. Every write is followed by fsync, of the file and,
 * where a name is new, of its folder. Throws `AUDIT_INVALID_OPTION`.
 */
export function directoryStore(directory: string, options: DirectoryStoreOptions = {}): AuditStore {
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0'))
    throw new AuditError('AUDIT_INVALID_OPTION', 'directoryStore: expected the path of a directory');
  checkOptions('directoryStore', options, { openFile: callable });
  const openFile = options.openFile ?? open;
  const lockPath = join(directory, LOCK_FILE);
  const journalFolder = join(directory, JOURNAL);
  const knownFolders = new Set<string>();
  let lastFolder: Promise<unknown> = Promise.resolve();
  let journal: OpenJournal | null = null;
  let lastUse: Promise<unknown> = Promise.resolve();
  let release: (() => Promise<void>) | null = null;

  async function syncFolder(folder: string): Promise<void> {
    const handle = await openFile(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** One after the other: a folder that another call is making is not there before its parent knows it on disk. */
  function ensureFolder(folder: string): Promise<void> {
    if (knownFolders.has(folder)) return Promise.resolve();
    const made = lastFolder.then(() => makeFolder(folder));
    lastFolder = made.catch(() => undefined);
    return made;
  }

  async function makeFolder(folder: string): Promise<void> {
    if (knownFolders.has(folder)) return;
    const made = await mkdir(folder, { recursive: true, mode: 0o750 });
    if (made !== undefined) {
      for (let at = folder; at.length >= made.length; at = dirname(at)) await syncFolder(dirname(at));
    }
    knownFolders.add(folder);
  }

  /** One after the other: a file that a batch goes to must not be taken for one that is done. */
  function useJournal(use: () => Promise<void>): Promise<void> {
    const used = lastUse.then(use);
    lastUse = used.catch(() => undefined);
    return used;
  }

  async function readJournalFile(name: string): Promise<ReturnType<typeof decodeFrames>> {
    return decodeFrames(await readFile(join(journalFolder, name)), `journal/${name}`);
  }

  async function journalNames(): Promise<string[]> {
    try {
      return (await readdir(journalFolder)).filter((name) => /^\d{16}$/.test(name)).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw storageError('read the journal', error);
    }
  }

  async function openJournal(first: number): Promise<OpenJournal> {
    await ensureFolder(journalFolder);
    const last = (await journalNames()).at(-1);
    if (last !== undefined) {
      const { frames, goodBytes } = await readJournalFile(last);
      // A batch that failed and could not be undone then stands where this one goes: it was refused, so it yields.
      const refused = frames.find((frame) => frame.first >= first);
      const keptBytes = refused?.offset ?? goodBytes;
      if (keptBytes < ROTATE_BYTES) {
        const handle = await openFile(join(journalFolder, last), 'r+');
        try {
          await handle.truncate(keptBytes);
        } catch (error) {
          await handle.close();
          throw error;
        }
        return { handle, name: last, bytes: keptBytes, next: first };
      }
    }
    const name = String(first).padStart(16, '0');
    const handle = await openFile(join(journalFolder, name), 'w+', 0o640);
    try {
      await syncFolder(journalFolder);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return { handle, name, bytes: 0, next: first };
  }

  async function append(first: number, entries: readonly Uint8Array[]): Promise<void> {
    const frame = encodeFrame(first, entries);
    try {
      journal ??= await openJournal(first);
    } catch (error) {
      throw error instanceof AuditError ? error : storageError('open the journal', error);
    }
    const { handle, bytes } = journal;
    try {
      for (let written = 0; written < frame.length; ) {
        written += (await handle.write(frame, written, frame.length - written, bytes + written)).bytesWritten;
      }
      await handle.datasync();
    } catch (error) {
      journal = null;
      await handle.truncate(bytes).catch(() => undefined);
      await handle.close().catch(() => undefined);
      throw storageError('write the journal', error);
    }
    journal.bytes += frame.length;
    journal.next = first + entries.length;
    if (journal.bytes >= ROTATE_BYTES) {
      journal = null;
      await handle.close();
    }
  }

  async function trim(below: number): Promise<void> {
    const names = await journalNames();
    for (const [position, name] of names.entries()) {
      const next = names[position + 1];
      const isDone = next === undefined ? await isLastDone(name, below) : Number(next) <= below;
      if (!isDone) break;
      if (journal?.name === name) {
        await journal.handle.close();
        journal = null;
      }
      await rm(join(journalFolder, name), { force: true });
    }
  }

  return {
    description: `directory ${directory}`,

    async lock() {
      try {
        await ensureFolder(directory);
        release = await takeLock(lockPath, 'writes this trail');
      } catch (error) {
        throw error instanceof AuditError ? error : storageError(`lock ${directory}`, error);
      }
    },

    async read(path) {
      try {
        return await readFile(join(directory, path));
      } catch (error) {
        if (isMissing(error)) return null;
        throw storageError(`read ${path}`, error);
      }
    },

    async write(path, bytes) {
      const target = join(directory, path);
      const folder = dirname(target);
      const temporary = join(folder, `.${basename(target)}.tmp`);
      try {
        await ensureFolder(folder);
        const handle = await openFile(temporary, 'w', 0o640);
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(temporary, target);
        await syncFolder(folder);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw storageError(`write ${path}`, error);
      }
    },

    async remove(path) {
      try {
        await rm(join(directory, path), { force: true });
      } catch (error) {
        throw storageError(`remove ${path}`, error);
      }
    },

    appendJournal: (first, entries) => useJournal(() => append(first, entries)),

    async *readJournal(): AsyncIterable<JournalEntry> {
      const names = await journalNames();
      for (const [position, name] of names.entries()) {
        const file = await readFile(join(journalFolder, name));
        const { entries, goodBytes } = decodeFrames(file, `journal/${name}`);
        if (goodBytes < file.length && position < names.length - 1) {
          throw new AuditError(
            'AUDIT_CORRUPT',
            `journal/${name} is damaged at byte ${goodBytes}, before entries that were acknowledged`,
          );
        }
        yield* entries;
      }
    },

    trimJournal: (below) => useJournal(() => trim(below)),

    async close() {
      await lastUse;
      await journal?.handle.close();
      journal = null;
      await release?.();
      release = null;
    },
  };

  async function isLastDone(name: string, below: number): Promise<boolean> {
    if (journal?.name === name) return journal.next <= below;
    const { entries } = await readJournalFile(name);
    return (entries.at(-1)?.index ?? -1) < below;
  }
}

interface OpenJournal {
  readonly handle: FileHandle;
  readonly name: string;
  bytes: number;
  /** Index after its last entry. */
  next: number;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function storageError(what: string, cause: unknown): AuditError {
  const code = (cause as NodeJS.ErrnoException).code;
  const why =
    code === 'ENOSPC'
      ? 'the disk is full'
      : code === 'EACCES' || code === 'EPERM'
        ? 'permission is denied'
        : cause instanceof Error
          ? cause.message
          : String(cause);
  return new AuditError('AUDIT_STORAGE_FAILED', `Could not ${what}: ${why}`, { cause });
}
