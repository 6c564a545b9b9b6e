/**
 * Where a trail lives. Small enough that a directory, a database and an object store all fit; one contract suite
 * (`stores/contract.ts`) holds for all. Every write is durable when its promise resolves.
 */
export interface AuditStore {
  /** For messages: `directory /var/audit`. */
  readonly description: string;
  /** Becomes the one writer. Throws `AUDIT_LOCKED` where another process is. */
  lock(): Promise<void>;
  /** The bytes at a path of the tile layout, or null. */
  read(path: string): Promise<Uint8Array | null>;
  /** Writes or replaces. The same path only ever gets the same bytes, but for `checkpoint` and `pruned`. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Absent is fine. */
  remove(path: string): Promise<void>;
  /**
   * Appends entries to the journal: what is acknowledged and not yet in tiles. `first` is the index of the first one.
   * All or nothing: after a failure none of the batch is read back.
   */
  appendJournal(first: number, entries: readonly Uint8Array[]): Promise<void>;
  /**
   * The journal's entries in order. A batch cut off by a crash, which was never acknowledged, is left out; damage before
   * a batch that was acknowledged throws `AUDIT_CORRUPT`.
   */
  readJournal(): AsyncIterable<JournalEntry>;
  /** Forgets journal entries below an index; they are in tiles now. May keep some. */
  trimJournal(below: number): Promise<void>;
  /** Gives up being the writer. */
  close(): Promise<void>;
}

export interface JournalEntry {
  readonly index: number;
  readonly entry: Uint8Array;
}
