import { AuditError } from '../errors.ts';
import type { AuditStore, JournalEntry } from '../store.ts';

/** A trail in memory, for tests of what uses one. It ends with the process. `files` is what a directory would hold. */
export function memoryStore(files: Map<string, Uint8Array> = new Map()): AuditStore & {
  readonly files: Map<string, Uint8Array>;
} {
  let journal: JournalEntry[] = [];
  let locked = false;
  return {
    files,
    description: 'memory',
    async lock() {
      if (locked) throw new AuditError('AUDIT_LOCKED', 'Another trail in this process writes this store');
      locked = true;
    },
    read: async (path) => files.get(path) ?? null,
    async write(path, bytes) {
      files.set(path, Uint8Array.from(bytes));
    },
    async remove(path) {
      files.delete(path);
    },
    async appendJournal(first, entries) {
      journal.push(...entries.map((entry, i) => ({ index: first + i, entry: Uint8Array.from(entry) })));
    },
    async *readJournal() {
      yield* journal;
    },
    async trimJournal(below) {
      journal = journal.filter(({ index }) => index >= below);
    },
    async close() {
      locked = false;
    },
  };
}
