import { createLogger } from '@breakwater/log';
import { memorySink } from '@breakwater/log/testing';
import pg from 'pg';
import { createEdge } from '../edge.ts';
import { createIdempotency } from '../idempotency/idempotency.ts';
import { postgresIdempotencyStore } from '../idempotency/postgres-store.ts';
import { jsonAnswer } from '../message.ts';
import { payApps } from './pay-apps.ts';

// A service that takes payments, on the framework it is told, and that a test kills: in the work, or between commit and
const pool = new pg.Pool({ host: '127.0.0.1', port: Number(process.env['PG_PORT']), user: 'postgres', max: 20 });
const store = postgresIdempotencyStore(pool);
const crash = process.env['CRASH'];
const idempotent = createIdempotency({
  store: {
    async execute(entry, work) {
      const result = await store.execute(entry, work);
      if (crash === 'after commit') process.kill(process.pid, 'SIGKILL');
      return result;
    },
  } satisfies Pick<typeof store, 'execute'>,
});
const edge = createEdge({ log: createLogger({ service: 'pay', sinks: [memorySink()] }) });
const start = payApps[process.env['FRAMEWORK'] ?? 'fastify']!;
const { port } = await start(edge, (exchange, body) =>
  idempotent(exchange, body, async (client) => {
    const { amount, waits } = body as { amount: number; waits?: boolean };
    const { rows } = await client.query('INSERT INTO payments (amount) VALUES ($1) RETURNING id', [amount]);
    if (crash === 'in the work') process.kill(process.pid, 'SIGKILL');
    // Held by the test for as long as it wants this request to be under way.
    if (waits === true) await client.query('SELECT pg_advisory_xact_lock(42)');
    else await client.query('SELECT pg_sleep(0.05)');
    const headers = { location: `/payments/${(rows[0] as { id: number }).id}` };
    return jsonAnswer(201, { payment: (rows[0] as { id: number }).id, note: 'für „Ünï“ \u2028' }, headers);
  }),
);
process.send?.(port);
