import type { AddressInfo } from 'node:net';
import { createLogger } from '@breakwater/log';
import { memorySink } from '@breakwater/log/testing';
import fastify from 'fastify';
import pg from 'pg';
import { exchangeOf, fastifyEdge, sendAnswer } from '../adapters/fastify.ts';
import { createEdge } from '../edge.ts';
import { createIdempotency } from '../idempotency/idempotency.ts';
import { postgresIdempotencyStore } from '../idempotency/postgres-store.ts';
import { jsonAnswer } from '../message.ts';

// A service that takes payments and that a test kills: in the work, or between commit and response.
const pool = new pg.Pool({ host: '127.0.0.1', port: Number(process.env['PG_PORT']), user: 'postgres', max: 20 });
const store = postgresIdempotencyStore<pg.PoolClient>(pool);
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
const app = fastify();
fastifyEdge(app, edge);
app.post('/payments', async (request, reply) => {
  const answer = await idempotent(exchangeOf(request)!, request.body, async (client) => {
    const { rows } = await client.query('INSERT INTO payments (amount) VALUES ($1) RETURNING id', [
      (request.body as { amount: number }).amount,
    ]);
    if (crash === 'in the work') process.kill(process.pid, 'SIGKILL');
    await client.query('SELECT pg_sleep(0.05)');
    return jsonAnswer(201, { payment: (rows[0] as { id: number }).id });
  });
  return sendAnswer(reply, answer);
});
await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.((app.server.address() as AddressInfo).port);
