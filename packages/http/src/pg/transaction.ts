import { TransactionRolledBackError } from '../dependency/errors.ts';
import type { PgClient, PgPool } from '../idempotency/postgres-store.ts';

/**
 * Runs `work` in a transaction on a connection of `pool`, guarded or not: committed when `work` resolves, rolled back when
 * it rejects, with whatever it rejects with. Rejects with `TransactionRolledBackError` when `work` has caught the failure of a
 * statement: PostgreSQL commits nothing then. A connection that cannot even roll back is closed. When `COMMIT` itself
 * fails by time or by a broken connection, whether it took effect is not known: the error's outcome says so.
 */
export async function inTransaction<Client extends PgClient, T>(
  pool: PgPool<Client>,
  work: (client: Client) => Promise<T>,
  options: { readonly begin?: string | undefined } = {},
): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query(options.begin ?? 'BEGIN');
    const value = await work(client);
    const { command } = await client.query('COMMIT');
    // No error of the server: it answers with what it did instead.
    if (command === 'ROLLBACK') throw new TransactionRolledBackError();
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
