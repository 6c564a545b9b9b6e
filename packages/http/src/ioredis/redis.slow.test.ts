import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { toProblem } from '@breakwater/errors';
import { TimeoutError } from '@breakwater/resilience';
import { Redis, type RedisOptions } from 'ioredis';
import { startRedis, type TestServer } from '../conformance/servers.ts';
import type { DependencyEvent } from '../dependency/guard.ts';
import { createHealth } from '../health.ts';
import { guardRedis, PoolExhaustedError, ReadOnlyError, type RedisGuardOptions } from '../ioredis.ts';
import { mayWriteRedis } from './commands.ts';

const CANARY = 'canary-77aa';
let server: TestServer | string = 'not started';

before(async () => {
  server = await startRedis();
});
after(async () => {
  if (typeof server !== 'string') await server.stop();
});

const opened: Redis[] = [];
afterEach(() => {
  for (const client of opened.splice(0)) client.disconnect();
});

function guarded(options: RedisGuardOptions = {}, more: RedisOptions = {}, port = (server as TestServer).port) {
  const raw = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 20, ...more });
  opened.push(raw);
  const redis = guardRedis(raw, options);
  const events: DependencyEvent[] = [];
  redis.guard.on((event) => events.push(event));
  return { raw, redis, events };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + 20_000;
  while (!(await condition())) {
    assert.ok(performance.now() < limit, `never so: ${condition.toString()}`);
    await turn();
  }
}

const code = (error: unknown): unknown => (error as { code?: unknown }).code;
const caught = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

test('H28 the guarded client has the shape of the client: commands, buffers, callbacks, pipelines, transactions, scripts, streams', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  for (const enableAutoPipelining of [false, true]) {
    const { redis, raw } = guarded({}, { enableAutoPipelining });
    assert.ok(redis instanceof Redis);
    assert.equal(await redis.set('a', '1'), 'OK');
    assert.equal(await redis.incr('a'), 2);
    assert.deepEqual(await redis.getBuffer('a'), Buffer.from('2'));
    assert.deepEqual(await redis.mget('a', 'b'), ['2', null]);
    assert.equal(await redis.call('GET', 'a'), '2');
    assert.equal(await new Promise((resolve) => redis.get('a', (_error, value) => resolve(value))), '2');
    assert.deepEqual(
      await redis
        .pipeline()
        .set('b', 'x')
        .get('b')
        .lpush('b', 'y')
        .exec()
        .then((all) => all!.map(([error, value]) => error?.name ?? value)),
      ['OK', 'x', 'ReplyError'],
    );
    assert.deepEqual(
      await redis
        .pipeline([
          ['get', 'a'],
          ['get', 'b'],
        ])
        .exec(),
      [
        [null, '2'],
        [null, 'x'],
      ],
    );
    assert.deepEqual(await redis.multi().set('c', '1').incr('c').exec(), [
      [null, 'OK'],
      [null, 2],
    ]);
    assert.deepEqual(await redis.multi([['incr', 'c']]).exec(), [[null, 3]]);
    const inner = (redis.pipeline() as unknown as Redis).multi().incr('c') as unknown as {
      exec(): { exec(): Promise<unknown[]> };
    };
    assert.equal((await inner.exec().exec()).length, 3);
    raw.defineCommand('twice', { numberOfKeys: 1, lua: 'return redis.call("GET", KEYS[1]) * 2' });
    const scripted = redis as unknown as { twice(key: string): Promise<number> };
    assert.equal(await scripted.twice('a'), 4);
    assert.equal(await redis.eval('return ARGV[1]', 0, 'x'), 'x');
    const keys: string[] = [];
    for await (const found of redis.scanStream()) keys.push(...(found as string[]));
    assert.deepEqual(keys.sort(), ['a', 'b', 'c']);
    assert.equal(await redis.blpop('none', 0.05), null);
    await redis.flushall();
    assert.equal(await redis.quit(), 'OK');
  }
});

test('H31 H35 replies open no breaker, and no argument is in an error', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { redis, events } = guarded({ breaker: { consecutiveFailures: 1 } });
  await redis.set('text', 'x');
  const errors = [
    await caught(redis.lpush('text', CANARY)),
    await caught(redis.call('NOSUCH', CANARY)),
    await caught(redis.eval('return redis.error_reply("MY " .. ARGV[1]:sub(1, 2))', 0, CANARY)),
    await caught(redis.multi().set('a', CANARY).call('NOSUCH', CANARY).exec()),
    (await redis.pipeline().lpush('text', CANARY).exec())![0]![0],
  ];
  for (const error of errors)
    assert.ok(error instanceof Error && !inspect(error, { depth: 9 }).includes(`'${CANARY}'`), inspect(error));
  assert.equal(redis.guard.breaker.state, 'closed');
  assert.ok(!JSON.stringify(events).includes(CANARY));
  redis.disconnect();
});

test('H29 H30 H31 a server that hangs: limited in time, then as overload, then the breaker refuses at once; it closes when the server goes on', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { redis, events } = guarded({
    commandTimeoutMs: 400,
    acquireTimeoutMs: 100,
    connectTimeoutMs: 10_000,
    maxPending: 2,
    breaker: { consecutiveFailures: 2, openMs: 1000, jitter: 0 },
  });
  const health = createHealth({ checks: [{ ...redis.guard.check, holdMs: 1 }] });
  await redis.set('k', 'v');
  assert.equal((await health.report()).status, 'pass');
  server.signal('SIGSTOP');
  try {
    const hung = [caught(redis.set('k', CANARY)), caught(redis.get('k'))];
    assert.ok((await caught(redis.get('k'))) instanceof PoolExhaustedError);
    for (const error of await Promise.all(hung))
      assert.ok(error instanceof TimeoutError && error.outcome === 'unknown');
    const refused = await caught(redis.get('k'));
    assert.equal(code(refused), 'BREAKER_OPEN');
    assert.equal(toProblem(refused).status, 503);
  } finally {
    server.signal('SIGCONT');
  }
  // The places come back when the server has answered.
  await until(async () => (await caught(redis.get('k'))) === CANARY);
  assert.equal(redis.guard.breaker.state, 'closed');
  assert.equal(events.filter((event) => event.type === 'dependency.timeout').length, 2);
  await until(async () => (await health.report()).status === 'pass');
  redis.disconnect();
});

test('H31 what waits for data does not decide whether the server is well again: a PING does', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { redis } = guarded({ breaker: { openMs: 10, jitter: 0 } });
  await redis.ping();
  redis.guard.breaker.forceOpen(10);
  const openUntil = performance.now() + 15;
  await until(() => performance.now() > openUntil);
  const popped = redis.blpop('list', 60);
  await until(() => redis.guard.breaker.state === 'closed');
  await guarded().redis.rpush('list', 'a');
  assert.deepEqual(await popped, ['list', 'a']);
  redis.guard.breaker.isolate();
  assert.equal(await redis.quit(), 'OK');
});

test('H30 a pipeline is limited as one call, and what waits for data is not limited', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { redis } = guarded({ commandTimeoutMs: 400 });
  await redis.ping();
  assert.equal(await redis.blpop('nothing', 0.8), null);
  server.signal('SIGSTOP');
  try {
    assert.ok((await caught(redis.pipeline().get('a').get('b').exec())) instanceof TimeoutError);
  } finally {
    server.signal('SIGCONT');
  }
  redis.disconnect();
});

test('H31 H32 killed and started again: refused in time, nothing sent later, the breaker opens and closes', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { redis, events } = guarded({
    acquireTimeoutMs: 50,
    breaker: { consecutiveFailures: 3, openMs: 1000, jitter: 0 },
  });
  await until(() => redis.status === 'ready');
  await redis.flushall();
  await server.crash();
  await until(() => events.some((event) => event.type === 'dependency.connection-lost'));
  const failures = [
    await caught(redis.set('late', '1')),
    await caught(redis.set('late', '2')),
    await caught(redis.pipeline().set('late', '3').exec()),
  ];
  for (const error of failures) {
    assert.equal(code(error), 'DEPENDENCY_UNREACHABLE');
    assert.equal(toProblem(error).status, 503);
  }
  assert.equal(code(await caught(redis.get('late'))), 'BREAKER_OPEN');
  assert.equal(code(await caught(redis.blpop('none', 60))), 'BREAKER_OPEN');
  await assert.rejects(redis.guard.check.check(AbortSignal.timeout(1000)));
  await server.start();
  await until(async () => (await caught(redis.exists('late'))) === 0);
  assert.equal(redis.guard.breaker.state, 'closed');
  redis.disconnect();
  await until(() => redis.status === 'end');
  assert.equal(code(await caught(redis.get('late'))), 'DEPENDENCY_UNREACHABLE');
});

test('H33 H34 a replica: READONLY is a ReadOnlyError with 503 and Retry-After, writes refused early, reads go on, degraded; and back', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const replica = await startRedis(['--replicaof', '127.0.0.1', String(server.port)]);
  if (typeof replica === 'string') return t.skip(replica);
  try {
    const { redis, raw, events } = guarded({ recheckMs: 50, breaker: { consecutiveFailures: 1 } }, {}, replica.port);
    const health = createHealth({ checks: [{ ...redis.guard.check, holdMs: 1 }] });
    const first = await caught(redis.set('k', CANARY));
    assert.ok(first instanceof ReadOnlyError && first.reason === 'refused');
    assert.ok(!inspect(first, { depth: 9 }).includes(CANARY));
    const problem = toProblem(first);
    assert.deepEqual([problem.status, problem.headers['retry-after']], [503, '1']);
    assert.deepEqual(redis.guard.access, { mode: 'read-only', by: 'server' });
    const early = await caught(redis.pipeline().get('a').set('k', '1').exec());
    assert.ok(early instanceof ReadOnlyError && early.reason === 'by-server');
    assert.ok((await caught(redis.multi().incr('k').exec())) instanceof ReadOnlyError);
    assert.ok((await caught(redis.eval('return 1', 0))) instanceof ReadOnlyError);
    assert.equal(await redis.get('k'), null);
    assert.deepEqual(await redis.pipeline().get('a').exec(), [[null, null]]);
    const { status, checks } = await health.report();
    assert.deepEqual([status, checks[0]!.reason, redis.guard.breaker.state], ['degraded', 'read-only', 'closed']);

    await raw.replicaof('NO', 'ONE');
    await until(async () => (await caught(redis.set('k', '2'))) === 'OK');
    assert.equal((await health.report()).status, 'pass');
    await raw.replicaof('127.0.0.1', server.port);
    // A transaction, and a pipeline, find it out too; the health check does by itself.
    await until(async () => (await caught(redis.multi().incr('k').exec())) instanceof ReadOnlyError);
    assert.equal(redis.guard.access.mode, 'read-only');
    await raw.replicaof('NO', 'ONE');
    await until(async () => (await health.report()).status === 'pass');
    await raw.replicaof('127.0.0.1', server.port);
    await until(async () => (await health.report()).status === 'degraded');
    assert.ok(events.some((event) => event.type === 'dependency.access'));
    redis.disconnect();
  } finally {
    await replica.stop();
  }
});

test('H34 every command that the server counts as a write is refused in read-only mode, and hardly another', async (t) => {
  if (typeof server === 'string') return t.skip(server);
  const { raw, redis } = guarded();
  const all = (await raw.call('COMMAND')) as [string, number, string[]][];
  const missed = all.filter(([name, , flags]) => flags.includes('write') && !mayWriteRedis(name)).map(([name]) => name);
  assert.deepEqual(missed, []);
  const reads = all.filter(([, , flags]) => flags.includes('readonly')).map(([name]) => name);
  assert.ok(reads.length > 60);
  assert.deepEqual(reads.filter(mayWriteRedis), []);
  redis.guard.setReadOnly();
  await assert.rejects(redis.set('a', '1'), ReadOnlyError);
  redis.guard.setReadWrite();
  assert.equal(await redis.set('a', '1'), 'OK');
  redis.disconnect();
});
