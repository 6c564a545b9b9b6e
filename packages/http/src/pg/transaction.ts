import type { PgClient, PgPool } from '../idempotency/postgres-store.ts';

/**
 * Runs `work` in a transaction on a connection of `pool`, guarded or not: committed when `work` resolves, rolled back when
 * it rejects, with whatever it rejects with. A connection that cannot even roll back is closed. When `COMMIT` itself
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
    await client.query('COMMIT');
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
