import { checkOptions, checkValue, having, type Rule } from '@breakwater/errors/options';
import { TransactionRolledBackError } from '../dependency/errors.ts';
import type { PgClientOf, PgPool } from '../idempotency/postgres-store.ts';

const rules: Record<string, Rule> = {
  begin: [
    'a statement that begins a transaction',
    (v) => typeof v === 'string' && /^\s*(?:BEGIN|START\s+TRANSACTION)\b/i.test(v),
  ],
};

/**
 * Runs `work` in a transaction on a connection of `pool`, guarded or not: committed when `work` resolves, rolled back when
 * it rejects, with whatever it rejects with. Rejects with `TransactionRolledBackError` when `work` has caught the failure of a
 * statement: PostgreSQL commits nothing then. A connection that cannot even roll back is closed. When `COMMIT` itself
 * fails by time or by a broken connection, whether it took effect is not known: the error's outcome says so. `begin`:
 * default `BEGIN`. Rejects with `OptionError` for wrong options.
 */
export async function inTransaction<Pool extends PgPool, T>(
  pool: Pool,
  work: (client: PgClientOf<Pool>) => Promise<T>,
  options: { readonly begin?: string | undefined } = {},
): Promise<T> {
  checkValue('inTransaction.pool', pool, having('a pool of pg', 'connect'));
  checkOptions('inTransaction', options, rules);
  return endTransaction(pool, options.begin ?? 'BEGIN', async (client) => ({
    end: 'COMMIT',
    value: await work(client),
  }));
}

/** As `inTransaction`; `work` says how it ends. */
export async function endTransaction<Pool extends PgPool, T>(
  pool: Pool,
  begin: string,
  work: (client: PgClientOf<Pool>) => Promise<{ readonly end: 'COMMIT' | 'ROLLBACK'; readonly value: T }>,
): Promise<T> {
  const client = (await pool.connect()) as PgClientOf<Pool>;
  let broken = false;
  try {
    await client.query(begin);
    const { end, value } = await work(client);
    const { command } = await client.query(end);
    // No error of the server: it answers with what it did instead.
    if (end === 'COMMIT' && command === 'ROLLBACK') throw new TransactionRolledBackError();
    return value;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
