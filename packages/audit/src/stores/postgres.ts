import { callable, type Rule } from '@breakwater/errors/options';
import { AuditError } from '../errors.ts';
import { checkOptions, shortText } from '../option.ts';
import type { AuditStore } from '../store.ts';

/** What the store needs of a connection; a `Client` of the package `pg` has it. Not a pool: the lock is the connection's. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
  /** A lost connection is told by the next query; without a listener it would end the process. */
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

export interface PostgresStoreOptions {
  /**
   * Makes one connection: `async () => { const c = new pg.Client(url); await c.connect(); return c; }`. Not to PgBouncer in
   * transaction mode. A server that does not answer is waited for without end, unless the client has a `query_timeout`.
   */
  readonly connect: () => Promise<PostgresClient>;
  /** Several trails fit in one database, each under its name, 1 to 200 characters. */
  readonly trail: string;
}

type Row = Record<string, unknown>;

const RULES: { readonly [option in keyof PostgresStoreOptions]-?: Rule } = { connect: callable, trail: shortText };

const TABLES = [
  `CREATE TABLE IF NOT EXISTS breakwater_audit_file (
    trail text NOT NULL, path text NOT NULL, bytes bytea NOT NULL, PRIMARY KEY (trail, path))`,
  `CREATE TABLE IF NOT EXISTS breakwater_audit_journal (
    trail text NOT NULL, index bigint NOT NULL, entry bytea NOT NULL, PRIMARY KEY (trail, index))`,
];
const LOCK_KEY = "hashtextextended('breakwater_audit:' || $1, 0)";
const TABLES_KEY = "hashtextextended('breakwater_audit_tables', 0)";

/**
 * A trail in PostgreSQL. The writer is who holds an advisory lock, which PostgreSQL gives back when the connection ends,
 * so a crash leaves nothing to clean. A lost connection is not made again: the lock went with it, so every write fails
 * with `AUDIT_STORAGE_FAILED` until the trail is opened anew. A batch whose commit was not answered may be read back
 * then. Each write makes sure that it runs in the session that holds the lock, and fails with `AUDIT_LOCKED` otherwise.
 * Tables are made by `lock` where they are not there. Durable as far as the server is (`synchronous_commit` is set to
 * `on`). Throws `AUDIT_INVALID_OPTION`.
 */
export function postgresStore(options: PostgresStoreOptions): AuditStore {
  checkOptions('postgresStore', options, RULES, ['connect', 'trail']);
  const { connect, trail } = options;
  let connection: Promise<PostgresClient> | null = null;
  /** The server's process that holds the lock. */
  let session: number | null = null;
  /** Index of a batch that failed and may be committed all the same. */
  let refused: number | null = null;
  let last: Promise<unknown> = Promise.resolve();

  async function connectOnce(): Promise<PostgresClient> {
    const client = await connect();
    client.on?.('error', () => undefined);
    return client;
  }

  /** One after the other: a connection runs one query at a time, and `pg` is to refuse a second one. */
  async function query(what: string, text: string, values: unknown[]): Promise<Row[]> {
    try {
      connection ??= connectOnce();
      const open = await connection;
      const result = last.then(() => open.query(text, values));
      last = result.catch(() => undefined);
      return (await result).rows;
    } catch (cause) {
      throw new AuditError('AUDIT_STORAGE_FAILED', `Could not ${what}: ${(cause as Error).message}`, { cause });
    }
  }

  const anotherWriter = (why: string): AuditError => new AuditError('AUDIT_LOCKED', `${why} A trail has one writer.`);

  /** Runs a statement whose condition `$N = pg_backend_pid()` holds in the locked session only, and answers how many rows it wrote. */
  async function write(what: string, text: string, values: unknown[]): Promise<number> {
    const [row] = await query(
      what,
      `WITH done AS (${text} RETURNING 1) SELECT count(*)::int AS count FROM done`,
      values,
    );
    return Number(row?.['count']);
  }

  function refuseOtherSession(isOther: boolean): void {
    if (isOther)
      throw anotherWriter(
        `The connection of the trail "${trail}" is not the one that took its lock: "connect" gave a pool, or PgBouncer in transaction mode.`,
      );
  }

  async function takeLock(): Promise<void> {
    // A lock may be taken twice in one session, so that two writers that share one would both get it.
    const [shared] = await query(
      'lock',
      `SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND pid = pg_backend_pid()
        AND ((classid::bigint << 32) | objid::bigint) = ${LOCK_KEY}`,
      [trail],
    );
    const [row] =
      shared?.['count'] === 0
        ? await query('lock', `SELECT pg_try_advisory_lock(${LOCK_KEY}) AS ok, pg_backend_pid() AS pid`, [trail])
        : [];
    if (row?.['ok'] !== true) throw anotherWriter(`Another connection writes the trail "${trail}".`);
    session = Number(row['pid']);
  }

  async function makeTables(): Promise<void> {
    const exist = `SELECT to_regclass('breakwater_audit_file') IS NOT NULL
      AND to_regclass('breakwater_audit_journal') IS NOT NULL AS ok`;
    // Looked for first: CREATE asks for a right that a role which only writes the trail need not have.
    if ((await query('set up', exist, []))[0]?.['ok'] === true) return;
    // One creator at a time: IF NOT EXISTS alone does not exclude two that look at once.
    await query('set up', `SELECT pg_advisory_lock(${TABLES_KEY})`, []);
    for (const statement of TABLES) await query('set up', statement, []);
    await query('set up', `SELECT pg_advisory_unlock(${TABLES_KEY})`, []);
  }

  async function close(): Promise<void> {
    if (connection === null) return;
    const open = await connection.catch(() => null);
    connection = null;
    if (open === null) return;
    // Ending the connection gives the locks back too, but not before the server has noticed.
    if (session !== null) await open.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    session = null;
    await open.end();
  }

  return {
    description: `PostgreSQL, trail ${trail}`,
    async lock() {
      try {
        await takeLock();
        await query('set up', "SELECT set_config('synchronous_commit', 'on', false)", []);
        await makeTables();
      } catch (error) {
        // A connection that nobody closes would stay; what is thrown says more than that it could not be ended.
        await close().catch(() => undefined);
        throw error;
      }
    },
    async read(path) {
      const text = 'SELECT bytes FROM breakwater_audit_file WHERE trail = $1 AND path = $2';
      const [row] = await query(`read ${path}`, text, [trail, path]);
      return row === undefined ? null : (row['bytes'] as Buffer);
    },
    async write(path, bytes) {
      const text = `INSERT INTO breakwater_audit_file (trail, path, bytes)
        SELECT $1, $2, $3::bytea WHERE coalesce($4::int, pg_backend_pid()) = pg_backend_pid()
        ON CONFLICT (trail, path) DO UPDATE SET bytes = excluded.bytes`;
      const count = await write(`write ${path}`, text, [trail, path, Buffer.from(bytes), session]);
      refuseOtherSession(count !== 1);
    },
    async remove(path) {
      await query(`remove ${path}`, 'DELETE FROM breakwater_audit_file WHERE trail = $1 AND path = $2', [trail, path]);
    },
    async appendJournal(first, entries) {
      if (refused !== null) {
        const undo = `DELETE FROM breakwater_audit_journal
          WHERE trail = $1 AND index >= $2 AND coalesce($3::int, pg_backend_pid()) = pg_backend_pid()`;
        await query('undo a batch that failed', undo, [trail, refused, session]);
        refused = null;
      }
      const text = `INSERT INTO breakwater_audit_journal (trail, index, entry)
        SELECT $1, $2::bigint + place - 1, entry FROM unnest($3::bytea[]) WITH ORDINALITY AS batch (entry, place)
        WHERE coalesce($4::int, pg_backend_pid()) = pg_backend_pid()`;
      let count: number;
      try {
        count = await write('write the journal', text, [
          trail,
          first,
          entries.map((entry) => Buffer.from(entry)),
          session,
        ]);
      } catch (error) {
        // With a timeout of the client the statement may still run: the next batch comes after it and undoes it.
        if (!isDuplicate(error)) refused = first;
        throw error;
      }
      refuseOtherSession(count !== entries.length);
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
    close,
  };
}

/** The batch is not there, and another one is: that one must not be undone. */
function isDuplicate(error: unknown): boolean {
  return ((error as Error).cause as { code?: unknown } | undefined)?.code === '23505';
}
