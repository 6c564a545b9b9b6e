import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { toProblem } from '@breakwater/errors';
import { TimeoutError } from '@breakwater/resilience';
import { createRandom } from '@breakwater/testing';
import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import pg from 'pg';
import { CANARY, codeOf, local, until, usePostgres } from '../conformance/guarded-pools.ts';
import { startPostgres } from '../conformance/servers.ts';
import { postgresIdempotencyStore } from '../idempotency/postgres-store.ts';
import { connectDependencyTelemetry, guardPgPool, inTransaction, PoolExhaustedError, ReadOnlyError } from '../pg.ts';

const postgres = usePostgres();

test('H28 the guarded pool has the shape of the pool: queries, clients, callbacks, instanceof, the idempotency store', async (t) => {
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const { pool } = postgres.guarded(3);
  assert.ok(pool instanceof pg.Pool);
  assert.deepEqual((await pool.query<{ a: number }>('SELECT $1::int AS a', [7])).rows, [{ a: 7 }]);
  assert.deepEqual((await pool.query({ text: 'SELECT 1 AS a', rowMode: 'array' })).rows, [[1]]);
  const called = new Promise((resolve, reject) => {
    void pool.query('SELECT 2 AS a', (error: Error, result: pg.QueryResult) =>
      error ? reject(error) : resolve(result.rows),
    );
  });
  assert.deepEqual(await called, [{ a: 2 }]);
  const client = await pool.connect();
  assert.ok(client instanceof pg.Client);
  assert.equal(client.escapeLiteral("it's"), "'it''s'");
  assert.equal((await client.query('SELECT 3')).rowCount, 1);
  // What is no promise (cursors, streams, COPY) goes through as it is, and is refused as a write is.
  const rows: unknown[] = [];
  const submitted = client.query(new pg.Query('SELECT 5 AS a'));
  submitted.on('row', (row) => rows.push(row));
  await once(submitted, 'end');
  assert.deepEqual(rows, [{ a: 5 }]);
  pool.guard.setReadOnly();
  assert.throws(() => client.query(new pg.Query('DELETE FROM items')), ReadOnlyError);
  pool.guard.setReadWrite();
  await assert.rejects(async () => pool.query(new pg.Query('SELECT 1')), /needs a client/);
  client.release();
  assert.throws(() => client.release(), /already been released/);
  const byCallback = new Promise<unknown>((resolve, reject) => {
    pool.connect((error, got, done) => {
      if (got === undefined) return reject(error);
      got.query('SELECT 4 AS a').then((result) => {
        done();
        resolve(result.rows);
      }, reject);
    });
  });
  assert.deepEqual(await byCallback, [{ a: 4 }]);
  const store = postgresIdempotencyStore(pool);
  await store.createTable();
  const entry = { key: 'ab'.repeat(32), fingerprint: 'f', ttlMs: 1000, leaseMs: 1000, onUnknown: 'refuse' } as const;
  // Typed as the pool's own client, though its `connect` takes a callback too.
  const done = await store.execute(entry, async (client) => {
    const { rows } = await client.query<{ a: number }>('SELECT 5 AS a');
    return { status: 200, headers: {}, body: String(rows[0]?.a) };
  });
  assert.equal(done.state === 'done' && done.answer.body, '5');
  assert.equal(
    await inTransaction(pool, async (client) => (await client.query<{ a: number }>('SELECT 6 AS a')).rows[0]?.a),
    6,
  );
  assert.equal(pool.guard.connections.waiting, 0);
  await pool.end();
  assert.equal(pool.ended, true);
});

test('H29 an exhausted pool: refused in time as overload with 503 and Retry-After, the breaker does not see it, nothing is left', async (t) => {
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const { pool, raw, events } = postgres.guarded(2, {
    acquireTimeoutMs: 80,
    maxWaiting: 2,
    breaker: { consecutiveFailures: 1 },
  });
  const held = [await pool.connect(), await pool.connect()];
  const startedAt = performance.now();
  const asked = [1, 2, 3].map((n) => pool.query('SELECT $1::text', [CANARY + n]).catch((error: unknown) => error));
  const refused = await Promise.all(asked);
  assert.ok(performance.now() - startedAt < 2000);
  assert.deepEqual(
    refused.map((error) => (error instanceof PoolExhaustedError ? error.reason : error)),
    ['wait-limit', 'wait-limit', 'queue-full'],
  );
  const problem = toProblem(refused[0]);
  assert.deepEqual([problem.status, problem.headers['retry-after'], problem.body.retryable], [503, '1', true]);
  assert.equal(pool.guard.breaker.state, 'closed');
  assert.equal(events.filter((event) => event.type === 'dependency.refused' && event.reason === 'exhausted').length, 3);
  assert.equal(raw.waitingCount, 0);
  assert.deepEqual(pool.guard.connections, { max: 2, total: 2, idle: 0, waiting: 0 });
  const degraded = (await pool.guard.check.check(AbortSignal.timeout(1000))) as { reason: string };
  assert.equal(degraded.reason, 'exhausted');
  const next = pool.query('SELECT 1');
  held[0]!.release();
  assert.equal((await next).rowCount, 1);
  held[1]!.release();
  await pool.end();
});

test('H30 a hung statement: rejected in time, cancelled at the server, its connection not used again', async (t) => {
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const { pool, raw, events } = postgres.guarded(1, { queryTimeoutMs: 500 });
  const pid = ((await pool.query('SELECT pg_backend_pid() AS pid')).rows[0] as { pid: number }).pid;
  await assert.rejects(pool.query('SELECT pg_sleep(600), $1::text', [CANARY]), (error) => {
    assert.ok(error instanceof TimeoutError);
    assert.equal(error.outcome, 'unknown');
    assert.ok(!error.message.includes(CANARY) && !error.message.includes('pg_sleep'));
    return true;
  });
  await until(async () => {
    const { rows } = await postgres
      .admin()
      .query("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()");
    return rows.length === 0;
  });
  const next = ((await pool.query('SELECT pg_backend_pid() AS pid')).rows[0] as { pid: number }).pid;
  assert.notEqual(next, pid);
  assert.ok(events.some((event) => event.type === 'dependency.timeout'));

  const client = await pool.connect();
  await client.query('BEGIN');
  await client.query('INSERT INTO items VALUES (1)');
  await assert.rejects(
    client.query({ text: 'SELECT pg_sleep(600)', query_timeout: 50 } as pg.QueryConfig),
    TimeoutError,
  );
  await assert.rejects(client.query('SELECT 1'), (error) => codeOf(error) === 'CONNECTION_GIVEN_UP');
  assert.equal((await client.query('ROLLBACK')).command, 'ROLLBACK');
  client.release();
  await until(() => raw.totalCount === 0);
  assert.equal((await pool.query('SELECT 1 FROM items WHERE id = 1')).rowCount, 0);
  await pool.end();
});

test('H30 over TLS a hung statement is cancelled over TLS', async (t) => {
  const secure = await startPostgres({ tls: true });
  if (typeof secure === 'string') return t.skip(secure);
  const raw = new pg.Pool({ ...local(secure.port), max: 2, ssl: { rejectUnauthorized: false } });
  postgres.keep(raw);
  raw.on('error', () => undefined);
  const pool = guardPgPool(raw, { queryTimeoutMs: 500, connectTimeoutMs: 10_000 });
  assert.equal((await pool.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows[0].ssl, true);
  await assert.rejects(pool.query('SELECT pg_sleep(600)'), TimeoutError);
  const running = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()";
  await until(async () => (await pool.query(running)).rowCount === 0);
  await pool.end();
  await secure.stop();
});

test('H35 what OpenTelemetry is told: connections, waits, refusals, time-outs, read-only, the breaker', async (t) => {
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const { pool } = postgres.guarded(2, { name: 'orders', acquireTimeoutMs: 50, queryTimeoutMs: 400 });
  const stop = await connectDependencyTelemetry(pool.guard, { meter: provider.getMeter('test') });
  await assert.rejects(pool.query('SELECT pg_sleep(600)'), TimeoutError);
  const held = [await pool.connect(), await pool.connect()];
  await assert.rejects(pool.query('SELECT 1'), PoolExhaustedError);
  held[0]!.release();
  pool.guard.setReadOnly();
  await assert.rejects(pool.query('DELETE FROM items'), ReadOnlyError);
  await reader.forceFlush();
  const seen: Record<string, unknown> = {};
  for (const { scopeMetrics } of exporter.getMetrics())
    for (const { metrics } of scopeMetrics)
      for (const { descriptor, dataPoints } of metrics)
        for (const { attributes, value } of dataPoints as { attributes: Attributes; value: unknown }[]) {
          const { 'db.client.connection.pool.name': name, ...rest } = attributes;
          if (descriptor.name.includes('connection')) assert.equal(name, 'orders');
          const label = Object.values(rest).join(' ');
          seen[`${descriptor.name} ${label}`.trim()] =
            typeof value === 'number' ? value : (value as { count: number }).count;
        }
  assert.deepEqual(seen, {
    'breakwater.breaker.state orders': 0,
    'breakwater.dependency.query_timeouts': 1,
    'breakwater.dependency.read_only': 1,
    'breakwater.dependency.refused exhausted': 1,
    'breakwater.dependency.refused read-only': 1,
    'db.client.connection.count idle': 1,
    'db.client.connection.count used': 1,
    'db.client.connection.max': 2,
    'db.client.connection.pending_requests': 0,
    'db.client.connection.timeouts': 1,
    'db.client.connection.wait_time': 3,
  });
  stop?.();
  held[1]!.release();
  await provider.shutdown();
  await pool.end();
});

test('H28 H30 a crowd of calls that go well, fail, take too long and are given back late leaves nothing behind', async (t) => {
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const { pool, raw } = postgres.guarded(5, {
    queryTimeoutMs: 400,
    acquireTimeoutMs: 5000,
    breaker: { consecutiveFailures: 1000 },
  });
  const random = createRandom(11);
  const tally: Record<string, number> = {};
  const one = async (index: number): Promise<void> => {
    const dice = random();
    try {
      if (dice < 0.5) await pool.query('SELECT $1::int', [index]);
      else if (dice < 0.6) await pool.query('SELECT 1/0');
      else if (dice < 0.65) await pool.query('SELECT pg_sleep(600)');
      else if (dice < 0.8) await inTransaction(pool, (client) => client.query('SELECT 1'));
      else {
        const client = await pool.connect();
        try {
          await client.query('BEGIN');
          if (dice < 0.9) await client.query('ROLLBACK');
        } finally {
          client.release(dice > 0.97);
        }
      }
      tally['ok'] = (tally['ok'] ?? 0) + 1;
    } catch (error) {
      tally[String(codeOf(error))] = (tally[String(codeOf(error))] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 400 }, (_, index) => one(index)));
  assert.deepEqual(Object.keys(tally).sort(), ['22012', 'TIMEOUT', 'ok']);
  assert.deepEqual(pool.guard.connections.waiting, 0);
  await until(() => raw.idleCount === raw.totalCount);
  const clients = await Promise.all(Array.from({ length: 5 }, () => pool.connect()));
  // pg-pool takes its own listener off while a client is in use: what is left is the guard's.
  for (const client of clients) assert.equal(client.listenerCount('error'), 1);
  for (const client of clients) client.release();
  const left =
    "SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' OR query LIKE '%pg_sleep(600)%' AND state = 'active' AND pid <> pg_backend_pid()";
  // The server sees that a connection was closed, and a cancel request, a moment later.
  await until(async () => (await postgres.admin().query(left)).rowCount === 0);
  await pool.end();
});

test('H30 a client released in the midst of its transaction does not go back into the pool', async (t) => {
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const { pool } = postgres.guarded(1);
  const client = await pool.connect();
  await client.query('BEGIN');
  await client.query('INSERT INTO items VALUES (2)');
  client.release();
  assert.equal((await pool.query('SELECT 1 FROM items WHERE id = 2')).rowCount, 0);
  await assert.rejects(
    inTransaction(pool, async (inner) => {
      await inner.query('INSERT INTO items VALUES (3)');
      throw new Error('no');
    }),
    /no/,
  );
  assert.equal((await pool.query('SELECT 1 FROM items WHERE id = 3')).rowCount, 0);
  await inTransaction(pool, (inner) => inner.query('INSERT INTO items VALUES (3)'));
  assert.equal((await pool.query('SELECT 1 FROM items WHERE id = 3')).rowCount, 1);
  await pool.end();
});

test('H38 a transaction whose failed statement was caught rejects, as nothing of it was committed', async (t) => {
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const { pool, raw } = postgres.guarded(1);
  for (const [id, each] of [
    [50, pool],
    [51, raw],
  ] as const) {
    await assert.rejects(
      inTransaction(each, async (client) => {
        await client.query(`INSERT INTO items VALUES (${id})`);
        await client.query(`INSERT INTO items VALUES (${id})`).catch(() => undefined);
      }),
      { code: 'TRANSACTION_ROLLED_BACK', outcome: 'not-applied' },
    );
    assert.equal((await pool.query(`SELECT 1 FROM items WHERE id = ${id}`)).rowCount, 0);
    assert.equal(await inTransaction(each, async () => 'went on'), 'went on');
  }
  await pool.end();
});

test('H31 answers of the server open no breaker and cost no connection: unique violation, syntax error, missing table', async (t) => {
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const { pool, raw } = postgres.guarded(1, { breaker: { consecutiveFailures: 1 } });
  await pool.query("INSERT INTO items VALUES (10, 'a')");
  const pid = ((await pool.query('SELECT pg_backend_pid() AS pid')).rows[0] as { pid: number }).pid;
  const wrong: [string, string][] = [
    ['INSERT INTO items VALUES (10)', '23505'],
    ['SELEC 1', '42601'],
    ['SELECT * FROM missing', '42P01'],
    ['SELECT 1/0', '22012'],
    ['SELECT absent FROM items', '42703'],
  ];
  for (const [text, sqlstate] of wrong) await assert.rejects(pool.query(text), (error) => codeOf(error) === sqlstate);
  assert.equal(pool.guard.breaker.state, 'closed');
  assert.equal(((await pool.query('SELECT pg_backend_pid() AS pid')).rows[0] as { pid: number }).pid, pid);
  assert.equal(raw.totalCount, 1);
  await pool.end();
});
