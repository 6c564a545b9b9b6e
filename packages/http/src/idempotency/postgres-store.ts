import { checkOptions, checkValue, having, type Rule } from '@breakwater/errors/options';
import { endTransaction } from '../pg/transaction.ts';
import type { IdempotencyResult, IdempotencyStore } from './store.ts';

/** A connection of `pg`. */
export interface PgClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[]; readonly command?: string }>;
  release(error?: Error | boolean): void;
}

/** A pool of `pg`. */
export interface PgPool<Client extends PgClient = PgClient> {
  connect(): Promise<Client>;
}

/** The connections of a pool. Of pg's `connect`, which takes a callback too, the one that resolves with a connection. */
export type PgClientOf<Pool extends PgPool> = Pool['connect'] extends {
  (): Promise<infer Client extends PgClient>;
  (callback: never): unknown;
}
  ? PgClient extends Client
    ? PlainClientOf<Pool>
    : Client
  : PlainClientOf<Pool>;

type PlainClientOf<Pool> = Pool extends PgPool<infer Client> ? Client : PgClient;

export interface PostgresIdempotencyStore<Client> extends IdempotencyStore<Client> {
  /** Creates the table when it is not there. */
  createTable(): Promise<void>;
  /** Removes answers whose time is over; resolves with how many. */
  removeExpired(): Promise<number>;
}

interface Row {
  readonly fingerprint: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const rules: Record<string, Rule> = {
  // It becomes part of statements.
  table: [
    'a plain identifier, with or without schema',
    (v) => typeof v === 'string' && /^[a-z_][a-z\d_]{0,62}(\.[a-z_][a-z\d_]{0,62})?$/.test(v),
  ],
};

/**
 * A store in PostgreSQL. The work is given the connection inside a transaction, and its answer is written in the same
 * transaction: both are there or neither. So a crash at any moment, also between commit and response, leaves either
 * nothing, and a repetition runs, or the answer, and a repetition is given it. A lock per key, held by the transaction,
 * makes a second request see at once that the first is under way; it goes with the connection, so nothing is left behind.
 *
 * The work must not commit or roll back itself. `table`: default `idempotency_keys`; throws `OptionError` for a name that is not
 * a plain identifier.
 */
export function postgresIdempotencyStore<Pool extends PgPool>(
  pool: Pool,
  options: { readonly table?: string | undefined } = {},
): PostgresIdempotencyStore<PgClientOf<Pool>> {
  checkValue('postgresIdempotencyStore.pool', pool, having('a pool of pg', 'connect'));
  checkOptions('postgresIdempotencyStore', options, rules);
  const { table = 'idempotency_keys' } = options;

  const once = async (text: string): Promise<readonly unknown[]> => {
    const client = await pool.connect();
    try {
      const { rows } = await client.query(text);
      client.release();
      return rows;
    } catch (error) {
      client.release(true);
      throw error;
    }
  };

  return {
    execute({ key, fingerprint, ttlMs }, work) {
      return endTransaction<Pool, IdempotencyResult>(pool, 'BEGIN ISOLATION LEVEL READ COMMITTED', async (client) => {
        const lock = await client.query('SELECT pg_try_advisory_xact_lock($1::bigint) AS locked', [toLockId(key)]);
        if (!(lock.rows[0] as { locked: boolean }).locked) return { end: 'ROLLBACK', value: { state: 'busy' } };
        const found = await client.query(
          `SELECT fingerprint, status, headers, body FROM ${table} WHERE key = $1 AND expires_at > now()`,
          [key],
        );
        const row = found.rows[0] as Row | undefined;
        if (row !== undefined) {
          if (row.fingerprint !== fingerprint) return { end: 'ROLLBACK', value: { state: 'mismatch' } };
          const answer = { status: row.status, headers: row.headers, body: row.body };
          return { end: 'ROLLBACK', value: { state: 'done', answer, replayed: true } };
        }
        const answer = await work(client);
        await client.query(
          `INSERT INTO ${table} (key, fingerprint, status, headers, body, expires_at)
           VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 millisecond')
           ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,
             headers = excluded.headers, body = excluded.body, expires_at = excluded.expires_at`,
          [key, fingerprint, answer.status, JSON.stringify(answer.headers), answer.body, ttlMs],
        );
        return { end: 'COMMIT', value: { state: 'done', answer, replayed: false } };
      });
    },
    async createTable() {
      await once(`CREATE TABLE IF NOT EXISTS ${table} (
        key text PRIMARY KEY, fingerprint text NOT NULL, status integer NOT NULL,
        headers jsonb NOT NULL, body text NOT NULL, expires_at timestamptz NOT NULL)`);
      await once(`CREATE INDEX IF NOT EXISTS ${table.replace('.', '_')}_expires_at ON ${table} (expires_at)`);
    },
    async removeExpired() {
      return (await once(`DELETE FROM ${table} WHERE expires_at <= now() RETURNING 1`)).length;
    },
  };
}

// Two keys with equal 64 bits would only wait for each other.
function toLockId(key: string): string {
  return BigInt.asIntN(64, BigInt(`0x${key.slice(0, 16)}`)).toString();
}
