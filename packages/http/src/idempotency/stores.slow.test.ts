import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { Redis } from 'ioredis';
import pg from 'pg';
import { send } from '../conformance/raw-client.ts';
import { startPostgres, startRedis, type TestServer } from '../conformance/servers.ts';
import { createBareEdge } from '../conformance/test-exchange.ts';
import { type Answer, jsonAnswer } from '../message.ts';
import { createIdempotency } from './idempotency.ts';
import { postgresIdempotencyStore } from './postgres-store.ts';
import { redisIdempotencyStore } from './redis-store.ts';

let postgres: TestServer | string = 'not started';
let redisServer: TestServer | string = 'not started';
let pool: pg.Pool;
let redis: Redis;

before(async () => {
  postgres = await startPostgres();
  redisServer = await startRedis();
  if (typeof postgres !== 'string') {
    pool = new pg.Pool({ host: '127.0.0.1', port: postgres.port, user: 'postgres', max: 20 });
    // Connections that the end of the server finds still closing.
    pool.on('error', () => undefined);
    await pool.query('CREATE TABLE payments (id serial PRIMARY KEY, amount integer NOT NULL)');
    await postgresIdempotencyStore(pool).createTable();
  }
  if (typeof redisServer !== 'string') redis = new Redis({ host: '127.0.0.1', port: redisServer.port });
});
after(async () => {
  if (typeof postgres !== 'string') {
    await pool.end();
    await postgres.stop();
  }
  if (typeof redisServer !== 'string') {
    redis.disconnect();
    await redisServer.stop();
  }
});

async function service(crash: string): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL('../conformance/pay-service.ts', import.meta.url), {
    execArgv: ['--conditions=@breakwater/source'],
    env: { ...process.env, PG_PORT: String((postgres as TestServer).port), CRASH: crash },
  });
  const [port] = (await once(child, 'message')) as [number];
  return { child, port };
}

function pay(port: number, key: string, amount = 5): ReturnType<typeof send> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': `"${key}"` };
  return send(port, '/payments', { method: 'POST', headers, body: JSON.stringify({ amount }) });
}

async function payments(): Promise<number> {
  const { rows } = await pool.query('SELECT count(*)::int AS count FROM payments');
  return (rows[0] as { count: number }).count;
}

test('H23 PostgreSQL: killed between commit and response, the repetition is given the answer, and there is one payment', async (t) => {
  if (typeof postgres === 'string') return t.skip(postgres);
  const before = await payments();
  const first = await service('after commit');
  await assert.rejects(pay(first.port, 'crash-1'));
  assert.equal(await payments(), before + 1);
  const second = await service('');
  const answer = await pay(second.port, 'crash-1');
  assert.deepEqual([answer.status, answer.headers['idempotency-replayed']], [201, 'true']);
  assert.equal(await payments(), before + 1);
  second.child.kill();
});

test('H23 PostgreSQL: killed in the work, nothing has happened, and the repetition runs', async (t) => {
  if (typeof postgres === 'string') return t.skip(postgres);
  const before = await payments();
  const first = await service('in the work');
  await assert.rejects(pay(first.port, 'crash-2'));
  assert.equal(await payments(), before);
  const second = await service('');
  const answer = await pay(second.port, 'crash-2');
  assert.deepEqual([answer.status, answer.headers['idempotency-replayed']], [201, undefined]);
  assert.equal(await payments(), before + 1);
  second.child.kill();
});

test('H23 PostgreSQL: of ten at once over two processes one pays, the others get 409 or its answer; other content gets 422', async (t) => {
  if (typeof postgres === 'string') return t.skip(postgres);
  const before = await payments();
  const services = [await service(''), await service('')];
  const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => pay(services[index % 2]!.port, 'burst')));
  const paid = answers.filter(
    (answer) => answer.status === 201 && answer.headers['idempotency-replayed'] === undefined,
  );
  assert.equal(paid.length, 1);
  for (const answer of answers) assert.ok([201, 409].includes(answer.status), answer.body);
  assert.equal(await payments(), before + 1);
  assert.equal((await pay(services[0]!.port, 'burst', 6)).status, 422);
  for (const { child } of services) child.kill();
});

test('H23 PostgreSQL: an answer whose time is over is replaced, and removed on request; connections come back', async (t) => {
  if (typeof postgres === 'string') return t.skip(postgres);
  const store = postgresIdempotencyStore(pool);
  const entry = { key: 'ab'.repeat(32), fingerprint: 'f', ttlMs: 1, leaseMs: 1, onUnknown: 'refuse' } as const;
  const work = async (): Promise<Answer> => jsonAnswer(200, {});
  for (let index = 0; index < 3; index++) {
    const result = await store.execute(entry, work);
    assert.deepEqual([result.state, result.state === 'done' && result.replayed], ['done', false]);
    await pool.query('SELECT pg_sleep(0.01)');
  }
  await assert.rejects(
    store.execute(entry, () => Promise.reject(new Error('no'))),
    /no/,
  );
  await assert.rejects(
    store.execute(entry, async (client) => {
      await client.query('SELECT 1/0').catch(() => undefined);
      return jsonAnswer(200, {});
    }),
    /aborted/,
  );
  assert.equal(await store.removeExpired(), 1);
  assert.equal(pool.idleCount, pool.totalCount);
  assert.throws(() => postgresIdempotencyStore(pool, { table: 'a; drop' }), /postgresIdempotencyStore\.table/);
});

test('H24 Redis: once per key; a request that broke off leaves "unknown" after its lease, or runs again if told so', async (t) => {
  if (typeof redisServer === 'string') return t.skip(redisServer);
  const store = redisIdempotencyStore({
    eval: (script, keys, args) => redis.eval(script, keys.length, ...keys, ...args),
  });
  const { open } = createBareEdge({ logStart: false });
  let runs = 0;
  const ask = async (key: string, body: unknown, onUnknown: 'refuse' | 'rerun' = 'refuse'): Promise<string> => {
    const idempotent = createIdempotency({ store, leaseMs: 60_000, onUnknown });
    const exchange = open('/pay', { 'idempotency-key': key }, 'POST');
    const work = async (): Promise<Answer> => jsonAnswer(201, { run: ++runs });
    const answer = await idempotent(exchange, body, work).catch((error: unknown) => exchange.fail(error));
    return `${answer.status} ${answer.body}`;
  };
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask('k', { a: 1 })));
  assert.equal(runs, 1);
  assert.ok(answers.includes('201 {"run":1}'));
  assert.equal(await ask('k', { a: 1 }), '201 {"run":1}');
  assert.match(await ask('k', { a: 2 }), /^422 .*IDEMPOTENCY_KEY_REUSED/);

  // What a process that was killed in its work leaves behind: the key, open.
  const entry = { key: 'dead', fingerprint: 'f', ttlMs: 60_000, leaseMs: 60_000, onUnknown: 'refuse' } as const;
  void store.execute(entry, () => new Promise(() => {})).catch(() => undefined);
  while ((await redis.exists('idempotency:dead')) === 0);
  const work = async (): Promise<Answer> => jsonAnswer(200, {});
  assert.equal((await store.execute(entry, work)).state, 'busy');
  await redis.hset('idempotency:dead', 'lease', '1');
  assert.equal((await store.execute(entry, work)).state, 'unknown');
  assert.equal((await store.execute({ ...entry, onUnknown: 'rerun' }, work)).state, 'done');
  assert.equal((await store.execute(entry, work)).state, 'done');
  assert.ok((await redis.pttl('idempotency:dead')) > 0);
});

test('H24 Redis: an answer that another run has overtaken, and a key that cannot be given up, are told', async (t) => {
  if (typeof redisServer === 'string') return t.skip(redisServer);
  const told: unknown[] = [];
  let away = false;
  const store = redisIdempotencyStore(
    {
      eval: async (script, keys, args) => {
        if (away) throw new Error('redis is away');
        return redis.eval(script, keys.length, ...keys, ...args);
      },
    },
    { onError: (error) => told.push((error as Error).message) },
  );
  const entry = { key: 'late', fingerprint: 'f', ttlMs: 60_000, leaseMs: 60_000, onUnknown: 'rerun' } as const;
  const work = async (): Promise<Answer> => jsonAnswer(200, {});
  const result = await store.execute(entry, async () => {
    await redis.hset('idempotency:late', 'lease', '1');
    await store.execute(entry, work);
    return jsonAnswer(201, {});
  });
  assert.equal(result.state, 'done');
  const failed = store.execute({ ...entry, key: 'gone' }, async () => {
    away = true;
    throw new Error('no');
  });
  await assert.rejects(failed, /no/);
  assert.deepEqual(told.length, 2);
  assert.match(String(told[0]), /longer than its lease/);
  assert.equal(told[1], 'redis is away');
});

test('H24 Redis that does not answer: ioredis as it is queues for ever, the store does not wait for it', async () => {
  const dead = createServer().listen(0, '127.0.0.1');
  await once(dead, 'listening');
  const { port } = dead.address() as { port: number };
  const client = new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  const store = redisIdempotencyStore(
    { eval: (script, keys, args) => client.eval(script, keys.length, ...keys, ...args) },
    { timeoutMs: 150 },
  );
  const entry = { key: 'k', fingerprint: 'f', ttlMs: 60_000, leaseMs: 60_000, onUnknown: 'refuse' } as const;
  await assert.rejects(
    store.execute(entry, () => assert.fail('the work was begun')),
    { name: 'TimeoutError', timeoutMs: 150 },
  );
  assert.notEqual(client.status, 'ready');
  client.disconnect();
  dead.close();
});
