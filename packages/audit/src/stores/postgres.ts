import { AuditError } from '../errors.ts';
import type { AuditStore } from '../store.ts';

/** What the store needs of a connection; a `Client` of the package `pg` has it. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
}

export interface PostgresStoreOptions {
  /** Makes one connection: `async () => { const c = new pg.Client(url); await c.connect(); return c; }`. */
  readonly connect: () => Promise<PostgresClient>;
  /** Several trails fit in one database, each under its name. */
  readonly trail: string;
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS breakwater_audit_file (
    trail text NOT NULL, path text NOT NULL, bytes bytea NOT NULL, PRIMARY KEY (trail, path));
  CREATE TABLE IF NOT EXISTS breakwater_audit_journal (
    trail text NOT NULL, index bigint NOT NULL, entry bytea NOT NULL, PRIMARY KEY (trail, index));`;

/**
 * A trail in PostgreSQL. The writer is who holds an advisory lock, which PostgreSQL gives back when the connection ends,
 * so a crash leaves nothing to clean. A lost connection is not made again: the lock went with it, so every write fails
 * with `AUDIT_STORAGE_FAILED` until the trail is opened anew. A batch whose commit was not answered may be read back
 * then. Tables are made by `lock`. Durable as far as the server is (`synchronous_commit` is set to `on`).
 */
export function postgresStore({ connect, trail }: PostgresStoreOptions): AuditStore {
  let connection: Promise<PostgresClient> | null = null;
  let locked = false;

  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: a connection runs one query at a time, and `pg` is to refuse a second one. */
  async function query(what: string, text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
    try {
      connection ??= connect();
      const open = await connection;
      const result = last.then(() => open.query(text, values));
      last = result.catch(() => undefined);
      return (await result).rows;
    } catch (cause) {
      throw new AuditError('AUDIT_STORAGE_FAILED', `Could not ${what}: ${(cause as Error).message}`, { cause });
    }
  }

  return {
    description: `PostgreSQL, trail ${trail}`,
    async lock() {
      const [row] = await query(
        'lock',
        "SELECT pg_try_advisory_lock(hashtextextended('breakwater_audit:' || $1, 0)) AS ok",
        [trail],
      );
      if (row?.['ok'] !== true)
        throw new AuditError('AUDIT_LOCKED', `Another connection writes the trail "${trail}". A trail has one writer.`);
      locked = true;
      await query('set up', "SELECT set_config('synchronous_commit', 'on', false)", []);
      // One creator at a time: IF NOT EXISTS alone does not exclude two that look at once.
      await query('set up', "SELECT pg_advisory_lock(hashtextextended('breakwater_audit_tables', 0))", []);
      try {
        for (const statement of TABLES.split(';').filter((part) => part.trim() !== ''))
          await query('set up', statement, []);
      } finally {
        await query('set up', "SELECT pg_advisory_unlock(hashtextextended('breakwater_audit_tables', 0))", []);
      }
    },
    async read(path) {
      const text = 'SELECT bytes FROM breakwater_audit_file WHERE trail = $1 AND path = $2';
      const [row] = await query(`read ${path}`, text, [trail, path]);
      return row === undefined ? null : (row['bytes'] as Buffer);
    },
    async write(path, bytes) {
      const text = `INSERT INTO breakwater_audit_file (trail, path, bytes) VALUES ($1, $2, $3)
        ON CONFLICT (trail, path) DO UPDATE SET bytes = excluded.bytes`;
      await query(`write ${path}`, text, [trail, path, Buffer.from(bytes)]);
    },
    async remove(path) {
      await query(`remove ${path}`, 'DELETE FROM breakwater_audit_file WHERE trail = $1 AND path = $2', [trail, path]);
    },
    async appendJournal(first, entries) {
      const text = `INSERT INTO breakwater_audit_journal (trail, index, entry)
        SELECT $1, $2::bigint + place - 1, entry FROM unnest($3::bytea[]) WITH ORDINALITY AS batch (entry, place)`;
      await query('write the journal', text, [trail, first, entries.map((entry) => Buffer.from(entry))]);
    },
    async *readJournal() {
      const text = `SELECT index::text AS index, entry FROM breakwater_audit_journal
        WHERE trail = $1 AND index >= $2 ORDER BY breakwater_audit_journal.index LIMIT 1000`;
      for (let from = 0; ; ) {
        const rows = await query('read the journal', text, [trail, from]);
        for (const row of rows) yield { index: Number(row['index']), entry: row['entry'] as Buffer };
        if (rows.length < 1_000) return;
        from = Number(rows.at(-1)!['index']) + 1;
      }
    },
    async trimJournal(below) {
      await query('trim the journal', 'DELETE FROM breakwater_audit_journal WHERE trail = $1 AND index < $2', [
        trail,
        below,
      ]);
    },
    async close() {
      if (connection === null) return;
      const open = await connection.catch(() => null);
      connection = null;
      if (open === null) return;
      // Ending the connection gives the lock back too, but not before the server has noticed.
      if (locked) await open.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
      locked = false;
      await open.end();
    },
  };
}
