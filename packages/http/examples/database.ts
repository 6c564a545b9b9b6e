import { toProblem } from '@breakwater/errors';
import { createHealth } from '@breakwater/http';
import { guardPgPool } from '@breakwater/http/pg';
import pg from 'pg';

// Nothing listens there: a database that is down.
const pool = guardPgPool(new pg.Pool({ host: '127.0.0.1', port: 1, password: 'not in any error' }), {
  name: 'orders',
  acquireTimeoutMs: 500,
  queryTimeoutMs: 2000,
  breaker: { consecutiveFailures: 3, openMs: 10_000, jitter: 0 },
});
const health = createHealth({ checks: [pool.guard.check] });
pool.guard.on((event) => {
  if (event.type === 'dependency.access') console.log('access:', event.access.mode);
});

async function ask(text: string): Promise<void> {
  try {
    await pool.query(text, ['a parameter']);
  } catch (error) {
    const { status, headers, body } = toProblem(error);
    console.log((error as { code: string }).code, '->', status, headers['retry-after'] ?? '-', body.retryable);
  }
}

for (let call = 1; call <= 4; call++) await ask('SELECT * FROM orders WHERE id = $1');
pool.guard.setReadOnly();
await ask('UPDATE orders SET note = $1');
pool.guard.setReadWrite();

const { status, checks } = await health.report();
console.log(status, checks[0]?.reason);
await pool.end();

// Output:
// ECONNREFUSED -> 503 - true
// ECONNREFUSED -> 503 - true
// ECONNREFUSED -> 503 - true
// BREAKER_OPEN -> 503 10 true
// access: read-only
// READ_ONLY -> 503 5 true
// access: read-write
// fail ECONNREFUSED
