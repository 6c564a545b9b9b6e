import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
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
import { startPostgres, type TestServer } from '../conformance/servers.ts';
import type { DependencyEvent } from '../dependency/guard.ts';
import { createHealth } from '../health.ts';
import { postgresIdempotencyStore } from '../idempotency/postgres-store.ts';
import {
  connectDependencyTelemetry,
  guardPgPool,
  inTransaction,
  type PgGuardOptions,
  PoolExhaustedError,
  ReadOnlyError,
} from '../pg.ts';

const CANARY = 'canary-5d1f';
let server: TestServer | string = 'not started';
let admin: pg.Pool;

before(async () => {
  server = await startPostgres();
  if (typeof server === 'string') return;
  admin = open(2);
  await admin.query('CREATE TABLE items (id integer PRIMARY KEY, note text)');
});
after(async () => {
  if (typeof server === 'string') return;
  await admin.end();
  await server.stop();
});

const local = (port: number) => ({ host: '127.0.0.1', port, user: 'postgres', password: CANARY });

function open(max: number): pg.Pool {
  const { port } = server as TestServer;
  const pool = new pg.Pool({ ...local(port), max });
  // Not the guard's: for the connections that the test's own end of the server breaks.
  if (max === 2) pool.on('error', () => undefined);
  return pool;
}

const opened: pg.Pool[] = [];
afterEach(async () => {
  // Without effect on a pool that its test has ended, and for one whose test has failed with clients held.
  for (const pool of opened.splice(0)) if (!pool.ending) void pool.end();
});

function guarded(max: number, options: PgGuardOptions = {}) {
  const raw = open(max);
  opened.push(raw);
  const pool = guardPgPool(raw, { connectTimeoutMs: 10_000, ...options });
  const events: DependencyEvent[] = [];
  pool.guard.on((event) => events.push(event));
  return { raw, pool, events };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + 20_000;
  while (!(await condition())) {
    assert.ok(performance.now() < limit, `never so: ${condition.toString()}`);
    await turn();
  }
}

const code = (error: unknown): unknown => (error as { code?: unknown }).code;

test('H28 the guarded pool has the shape of the pool: queries, clients, callbacks, instanceof, the idempotency store', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { pool } = guarded(3);
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
  const store = postgresIdempotencyStore<pg.PoolClient>(pool);
  await store.createTable();
  const entry = { key: 'ab'.repeat(32), fingerprint: 'f', ttlMs: 1000, leaseMs: 1000, onUnknown: 'refuse' } as const;
  assert.equal((await store.execute(entry, async () => ({ status: 200, headers: {}, body: '' }))).state, 'done');
  assert.equal(pool.guard.connections.waiting, 0);
  await pool.end();
  assert.equal(pool.ended, true);
});

test('H29 an exhausted pool: refused in time as overload with 503 and Retry-After, the breaker does not see it, nothing is left', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { pool, raw, events } = guarded(2, {
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
  if (typeof server === 'string') return t.skip(server);
  const { pool, raw, events } = guarded(1, { queryTimeoutMs: 500 });
  const pid = ((await pool.query('SELECT pg_backend_pid() AS pid')).rows[0] as { pid: number }).pid;
  await assert.rejects(pool.query('SELECT pg_sleep(600), $1::text', [CANARY]), (error) => {
    assert.ok(error instanceof TimeoutError);
    assert.equal(error.outcome, 'unknown');
    assert.ok(!error.message.includes(CANARY) && !error.message.includes('pg_sleep'));
    return true;
  });
  await until(async () => {
    const { rows } = await admin.query(
      "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()",
    );
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
  await assert.rejects(client.query('SELECT 1'), (error) => code(error) === 'CONNECTION_GIVEN_UP');
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
  opened.push(raw);
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
  if (typeof server === 'string') return t.skip(server);
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const { pool } = guarded(2, { name: 'orders', acquireTimeoutMs: 50, queryTimeoutMs: 400 });
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
  if (typeof server === 'string') return t.skip(server);
  const { pool, raw } = guarded(5, {
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
      else if (dice < 0.8) await inTransaction(pool, (client: pg.PoolClient) => client.query('SELECT 1'));
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
      tally[String(code(error))] = (tally[String(code(error))] ?? 0) + 1;
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
  const states = await admin.query(
    "SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' OR query LIKE '%pg_sleep(600)%' AND state = 'active' AND pid <> pg_backend_pid()",
  );
  assert.equal(states.rowCount, 0);
  await pool.end();
});

test('H30 a client released in the midst of its transaction does not go back into the pool', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { pool } = guarded(1);
  const client = await pool.connect();
  await client.query('BEGIN');
  await client.query('INSERT INTO items VALUES (2)');
  client.release();
  assert.equal((await pool.query('SELECT 1 FROM items WHERE id = 2')).rowCount, 0);
  await assert.rejects(
    inTransaction(pool, async (inner: pg.PoolClient) => {
      await inner.query('INSERT INTO items VALUES (3)');
      throw new Error('no');
    }),
    /no/,
  );
  assert.equal((await pool.query('SELECT 1 FROM items WHERE id = 3')).rowCount, 0);
  await inTransaction(pool, (inner: pg.PoolClient) => inner.query('INSERT INTO items VALUES (3)'));
  assert.equal((await pool.query('SELECT 1 FROM items WHERE id = 3')).rowCount, 1);
  await pool.end();
});

test('H31 answers of the server open no breaker and cost no connection: unique violation, syntax error, missing table', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { pool, raw } = guarded(1, { breaker: { consecutiveFailures: 1 } });
  await pool.query("INSERT INTO items VALUES (10, 'a')");
  const pid = ((await pool.query('SELECT pg_backend_pid() AS pid')).rows[0] as { pid: number }).pid;
  const wrong: [string, string][] = [
    ['INSERT INTO items VALUES (10)', '23505'],
    ['SELEC 1', '42601'],
    ['SELECT * FROM missing', '42P01'],
    ['SELECT 1/0', '22012'],
    ['SELECT absent FROM items', '42703'],
  ];
  for (const [text, sqlstate] of wrong) await assert.rejects(pool.query(text), (error) => code(error) === sqlstate);
  assert.equal(pool.guard.breaker.state, 'closed');
  assert.equal(((await pool.query('SELECT pg_backend_pid() AS pid')).rows[0] as { pid: number }).pid, pid);
  assert.equal(raw.totalCount, 1);
  await pool.end();
});

test('H31 H32 the server is killed and started again: no crash of the process, the breaker opens, refuses fast, closes', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { pool, events } = guarded(4, { breaker: { consecutiveFailures: 3, openMs: 1000, jitter: 0 } });
  const health = createHealth({ checks: [{ ...pool.guard.check, holdMs: 1 }] });
  const report = async (): Promise<unknown> => {
    const { checks } = await health.report();
    return checks[0]!.status === 'pass' ? 'pass' : checks[0]!.reason;
  };
  assert.equal(await report(), 'pass');
  // One in use between two statements, one in the midst of one, two idle.
  const held = await pool.connect();
  await held.query('BEGIN');
  const others = await Promise.all([pool.connect(), pool.connect()]);
  for (const client of others) client.release();
  const hung = pool.query('SELECT pg_sleep(600)').catch((error: unknown) => error);
  await until(
    async () =>
      (await admin.query("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'")).rowCount === 1,
  );

  await server.crash();
  assert.match(String(code(await hung)), /^57P0|undefined|ECONNRESET/);
  await until(() => events.filter((event) => event.type === 'dependency.connection-lost').length >= 2);
  // It is told of the end by its own connection, whenever that comes.
  await until(async () => {
    const failure: unknown = await held.query('SELECT 1').catch((error: unknown) => error);
    assert.ok(failure instanceof Error);
    return code(failure) === 'CONNECTION_GIVEN_UP';
  });
  held.release();
  while (pool.guard.breaker.state === 'closed') await assert.rejects(pool.query('SELECT 1'));
  const startedAt = performance.now();
  await assert.rejects(pool.query('SELECT 1'), (error) => {
    const problem = toProblem(error);
    assert.deepEqual([code(error), problem.status], ['BREAKER_OPEN', 503]);
    assert.equal(problem.headers['retry-after'], '1');
    return true;
  });
  assert.ok(performance.now() - startedAt < 500);
  assert.notEqual(await report(), 'pass');

  await server.start();
  await until(async () => (await report()) === 'breaker-open');
  await until(async () => (await pool.query('SELECT 1').catch(() => undefined))?.rowCount === 1);
  assert.equal(pool.guard.breaker.state, 'closed');
  assert.equal(await report(), 'pass');
  assert.ok(!JSON.stringify(events).includes(CANARY));
  assert.ok(!JSON.stringify(events).includes('pg_sleep'));
  await pool.end();
});

test('H31 an open breaker is not closed by a connection that was idle: connect() asks the server first', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { pool } = guarded(2, { breaker: { openMs: 1, jitter: 0 } });
  await pool.query('SELECT 1');
  pool.guard.breaker.forceOpen(1);
  await until(async () => {
    const client = await pool.connect().catch(() => undefined);
    client?.release();
    return client !== undefined;
  });
  assert.equal(pool.guard.breaker.state, 'closed');
  await pool.end();
});

test('H33 H34 read-only by the server: writes refused early with 503 and Retry-After, reads go on, degraded; and back', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { pool, events } = guarded(3, { recheckMs: 50, breaker: { consecutiveFailures: 1 } });
  const health = createHealth({ checks: [{ ...pool.guard.check, holdMs: 1 }] });
  const during = await pool.connect();
  await during.query('BEGIN');
  await during.query("INSERT INTO items VALUES (20, 'before')");
  await admin.query('ALTER SYSTEM SET default_transaction_read_only = on');
  await admin.query('SELECT pg_reload_conf()');
  await until(
    async () =>
      (await admin.query('SHOW default_transaction_read_only')).rows[0].default_transaction_read_only === 'on',
  );
  await until(async () => {
    const error = await pool.query('INSERT INTO items VALUES ($1, $2)', [21, CANARY]).then(
      () => pool.query('DELETE FROM items WHERE id = 21').catch(() => undefined),
      (caught: unknown) => caught,
    );
    return error instanceof ReadOnlyError;
  });
  assert.deepEqual(pool.guard.access, { mode: 'read-only', by: 'server' });
  const early = await pool.query('UPDATE items SET note = $1', [CANARY]).catch((error: unknown) => error);
  assert.ok(early instanceof ReadOnlyError && early.reason === 'by-server' && early.outcome === 'not-applied');
  const problem = toProblem(early);
  assert.deepEqual([problem.status, problem.headers['retry-after']], [503, '1']);
  assert.equal((await pool.query('SELECT 1')).rowCount, 1);
  const { status, checks } = await health.report();
  assert.deepEqual([status, checks[0]!.reason], ['degraded', 'read-only']);
  assert.equal(pool.guard.breaker.state, 'closed');
  // What began before the switch is refused its next write too, and what it has may be ended.
  await assert.rejects(during.query('INSERT INTO items VALUES (22)'), ReadOnlyError);
  await during.query('ROLLBACK');
  during.release();

  await admin.query('SET default_transaction_read_only = off');
  await admin.query('BEGIN READ WRITE');
  await admin.query('COMMIT');
  const writer = await admin.connect();
  await writer.query('SET default_transaction_read_only = off');
  await writer.query('ALTER SYSTEM RESET default_transaction_read_only');
  await writer.query('SELECT pg_reload_conf()');
  writer.release();
  // Writes alone bring it back: each asks the server again after `recheckMs`.
  await until(async () => (await pool.query('INSERT INTO items VALUES (23)').catch(() => undefined)) !== undefined);
  assert.deepEqual(pool.guard.access, { mode: 'read-write' });
  assert.equal((await health.report()).status, 'pass');
  const changes = events.filter((event) => event.type === 'dependency.access').map((event) => event.access.mode);
  assert.deepEqual([changes[0], changes.at(-1)], ['read-only', 'read-write']);
  assert.ok(!JSON.stringify(events).includes(CANARY));
  await pool.end();
});

test('H33 a transaction that the caller made read-only is its own affair', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { pool } = guarded(1);
  const client = await pool.connect();
  await client.query('BEGIN READ ONLY');
  await assert.rejects(client.query('INSERT INTO items VALUES (30)'), (error) => code(error) === '25006');
  await client.query('ROLLBACK');
  client.release();
  assert.equal(pool.guard.access.mode, 'read-write');
  await pool.end();
});

test('H33 read-only by hand: writes refused, also in transactions under way, without asking the server', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { pool, raw } = guarded(1);
  pool.guard.setReadOnly();
  const total = raw.totalCount;
  await assert.rejects(pool.query('DELETE FROM items'), ReadOnlyError);
  assert.equal(raw.totalCount, total);
  assert.equal((await pool.query('SELECT 1')).rowCount, 1);
  assert.equal(((await pool.guard.check.check(AbortSignal.timeout(1000))) as { reason: string }).reason, 'read-only');
  pool.guard.setReadWrite();
  assert.equal((await pool.query('DELETE FROM items')).command, 'DELETE');
  await pool.end();
});

test('H32 idle connections that are cut off by the administrator end no process', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=@breakwater/source', '--input-type=module-typescript', '-e', CUT_OFF],
    {
      env: { ...process.env, PG_PORT: String(server.port) },
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: import.meta.dirname,
    },
  );
  let said = '';
  child.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [exit] = (await once(child, 'exit')) as [number];
  assert.equal(exit, 0, said);
  assert.match(said, /lost 2, alive/);
});

const CUT_OFF = `
import pg from 'pg';
import { guardPgPool } from '@breakwater/http/pg';
const raw = new pg.Pool({ host: '127.0.0.1', port: Number(process.env.PG_PORT), user: 'postgres', max: 3 });
const pool = guardPgPool(raw);
let lost = 0;
const both = new Promise((resolve) => pool.guard.on((event) => {
  if (event.type === 'dependency.connection-lost' && ++lost === 2) resolve();
}));
const [idle, held, admin] = [await pool.connect(), await pool.connect(), await pool.connect()];
const pids = [idle.processID, held.processID];
idle.release();
await admin.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [pids]);
await both;
held.release();
admin.release();
console.log('lost ' + lost + ', ' + ((await pool.query('SELECT 1')).rowCount === 1 ? 'alive' : 'dead'));
await pool.end();
`;
