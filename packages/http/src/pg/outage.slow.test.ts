import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { toProblem } from '@breakwater/errors';
import { CANARY, codeOf, until, usePostgres } from '../conformance/guarded-pools.ts';
import { createHealth } from '../health.ts';
import { ReadOnlyError } from '../pg.ts';

const postgres = usePostgres();

test('H31 H32 the server is killed and started again: no crash of the process, the breaker opens, refuses fast, closes', async (t) => {
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const { pool, events } = postgres.guarded(4, { breaker: { consecutiveFailures: 3, openMs: 1000, jitter: 0 } });
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
      (await postgres.admin().query("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'")).rowCount ===
      1,
  );

  await server.crash();
  assert.match(String(codeOf(await hung)), /^57P0|undefined|ECONNRESET/);
  await until(() => events.filter((event) => event.type === 'dependency.connection-lost').length >= 2);
  // It is told of the end by its own connection, whenever that comes.
  await until(async () => {
    const failure: unknown = await held.query('SELECT 1').catch((error: unknown) => error);
    assert.ok(failure instanceof Error);
    return codeOf(failure) === 'CONNECTION_GIVEN_UP';
  });
  held.release();
  while (pool.guard.breaker.state === 'closed') await assert.rejects(pool.query('SELECT 1'));
  const startedAt = performance.now();
  await assert.rejects(pool.query('SELECT 1'), (error) => {
    const problem = toProblem(error);
    assert.deepEqual([codeOf(error), problem.status], ['BREAKER_OPEN', 503]);
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
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const { pool } = postgres.guarded(2, { breaker: { openMs: 1, jitter: 0 } });
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
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const { pool, events } = postgres.guarded(3, { recheckMs: 50, breaker: { consecutiveFailures: 1 } });
  const health = createHealth({ checks: [{ ...pool.guard.check, holdMs: 1 }] });
  const during = await pool.connect();
  await during.query('BEGIN');
  await during.query("INSERT INTO items VALUES (20, 'before')");
  await postgres.admin().query('ALTER SYSTEM SET default_transaction_read_only = on');
  await postgres.admin().query('SELECT pg_reload_conf()');
  await until(
    async () =>
      (await postgres.admin().query('SHOW default_transaction_read_only')).rows[0].default_transaction_read_only ===
      'on',
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

  await postgres.admin().query('SET default_transaction_read_only = off');
  await postgres.admin().query('BEGIN READ WRITE');
  await postgres.admin().query('COMMIT');
  const writer = await postgres.admin().connect();
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
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const { pool } = postgres.guarded(1);
  const client = await pool.connect();
  await client.query('BEGIN READ ONLY');
  await assert.rejects(client.query('INSERT INTO items VALUES (30)'), (error) => codeOf(error) === '25006');
  await client.query('ROLLBACK');
  client.release();
  assert.equal(pool.guard.access.mode, 'read-write');
  await pool.end();
});

test('H33 read-only by hand: writes refused, also in transactions under way, without asking the server', async (t) => {
  const server = postgres.server();
  if (typeof server === 'string') return t.skip(server);
  const { pool, raw } = postgres.guarded(1);
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
  const server = postgres.server();
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
