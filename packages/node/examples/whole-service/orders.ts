// A whole service: PORT, DATABASE_URL and PAYMENTS_URL say where, OTEL_EXPORTER_OTLP_ENDPOINT where telemetry goes.
import { randomUUID } from 'node:crypto';
import { defineErrors } from '@breakwater/errors';
import { createEdge } from '@breakwater/http';
import { fastifyEdge } from '@breakwater/http/fastify';
import { guardPgPool } from '@breakwater/http/pg';
import { start } from '@breakwater/node';
import { createBreaker, createRetry, createTimeout, exponentialBackoff, pipeline } from '@breakwater/resilience';
import { createFetch } from '@breakwater/resilience/http';
import Fastify from 'fastify';
import pg from 'pg';

const service = start({ service: 'orders', version: '1.0.0' });
const { PORT = '3000', DATABASE_URL, PAYMENTS_URL = 'http://127.0.0.1:4001' } = process.env;
const errors = defineErrors({ PAYMENT_FAILED: { category: 'transient', message: 'Payments said {status:number}' } });
const db = guardPgPool(new pg.Pool({ connectionString: DATABASE_URL }), { name: 'orders-db', queryTimeoutMs: 2000 });
const policy = pipeline({
  name: 'payments',
  retry: createRetry({ name: 'payments.retry', maxAttempts: 3, backoff: exponentialBackoff({ baseMs: 20 }) }),
  breaker: createBreaker({ name: 'payments.breaker', consecutiveFailures: 5, openMs: 60_000 }),
  timeout: createTimeout({ name: 'payments.timeout', timeoutMs: 500 }),
});
for (const each of [policy, db.guard]) service.watch(each);
const callPayments = createFetch({ policy });

await db.query('CREATE TABLE IF NOT EXISTS orders (id bigserial PRIMARY KEY, item text NOT NULL, paid bool NOT NULL)');
const app = Fastify();
const health = service.createHealth({ checks: [db.guard.check] });
fastifyEdge(app, createEdge({ log: service.log, guards: [health.guard], quietPaths: ['/readyz'] }));
const body = { type: 'object', required: ['item'], properties: { item: { type: 'string', pattern: '^[a-z]{1,20}$' } } };
app.post<{ Body: { item: string } }>('/orders', { schema: { body } }, async ({ body: { item } }) => {
  const init = { method: 'POST', headers: { 'idempotency-key': randomUUID() } };
  const paid = await callPayments(`${PAYMENTS_URL}/${item}`, init);
  if (!paid.ok) throw new errors.PAYMENT_FAILED({ status: paid.status });
  const { rows } = await db.query('INSERT INTO orders (item, paid) VALUES ($1, true) RETURNING id', [item]);
  service.log.log('info', 'Order {orderId} placed', { orderId: rows[0].id, item }, 'order.placed');
  return { id: rows[0].id };
});
service.serve(app.server);
service.onShutdown('resources', 'database', () => db.end());
await app.listen({ port: Number(PORT), host: '127.0.0.1' });
