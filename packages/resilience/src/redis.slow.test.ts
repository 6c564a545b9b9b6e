import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createBreaker, createRateLimit, type RateLimitSpec } from './index.ts';
import { createRedisBreakerStore, createRedisRateLimit, type RedisLike, shareBreaker } from './redis.ts';

const missing = spawnSync('redis-server', ['--version']).error !== undefined;
const skip = missing ? 'redis-server is not installed' : false;

let server: ChildProcess | undefined;
let directory: string | undefined;
let socket: Socket | undefined;
let redis: RedisLike & { round: number; command(...parts: string[]): Promise<unknown> };

/** As much of a client as the tests need: one connection, replies in order, RESP2. */
function toClient(connection: Socket): typeof redis {
  const waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  let text = '';
  connection.setEncoding('utf8');
  connection.on('data', (chunk: string) => {
    text += chunk;
    for (let reply = parse(text, 0); reply !== undefined; reply = parse(text, 0)) {
      text = text.slice(reply.end);
      const next = waiting.shift()!;
      if (reply.value instanceof Error) next.reject(reply.value);
      else next.resolve(reply.value);
    }
  });
  connection.on('close', () => {
    for (const { reject } of waiting.splice(0)) reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
  });
  const client = {
    round: 0,
    command: (...parts: string[]) =>
      new Promise<unknown>((resolve, reject) => {
        if (connection.destroyed) {
          reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
          return;
        }
        client.round++;
        waiting.push({ resolve, reject });
        connection.write(
          `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`,
        );
      }),
    eval: (script: string, keys: string[], args: string[]) =>
      client.command('EVAL', script, String(keys.length), ...keys, ...args),
  };
  return client;
}

function parse(text: string, at: number): { value: unknown; end: number } | undefined {
  const lineEnd = text.indexOf('\r\n', at);
  if (lineEnd === -1) return undefined;
  const line = text.slice(at + 1, lineEnd);
  let end = lineEnd + 2;
  switch (text[at]) {
    case '+':
      return { value: line, end };
    case '-':
      return { value: new Error(line), end };
    case ':':
      return { value: Number(line), end };
    case '$': {
      const length = Number(line);
      if (length === -1) return { value: null, end };
      return text.length < end + length + 2
        ? undefined
        : { value: text.slice(end, end + length), end: end + length + 2 };
    }
    default: {
      const values: unknown[] = [];
      for (let index = 0; index < Number(line); index++) {
        const item = parse(text, end);
        if (item === undefined) return undefined;
        values.push(item.value);
        end = item.end;
      }
      return { value: values, end };
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function connected(port: number): Promise<Socket> {
  for (let attempt = 0; ; attempt++) {
    const connection = connect(port, '127.0.0.1');
    const opened = await new Promise<boolean>((resolve) => {
      connection.once('connect', () => resolve(true));
      connection.once('error', () => resolve(false));
    });
    if (opened) return connection;
    if (attempt === 200) throw new Error('redis-server did not start');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

before(async () => {
  if (missing) return;
  directory = await mkdtemp(join(tmpdir(), 'breakwater-redis-'));
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory];
  server = spawn('redis-server', args, { stdio: 'ignore' });
  socket = await connected(port);
  socket.on('error', () => undefined);
  redis = toClient(socket);
});

after(async () => {
  socket?.destroy();
  // One that was killed has no exit code: waiting for an end that has been would never end.
  if (server !== undefined && server.exitCode === null && server.signalCode === null) {
    const ended = new Promise((resolve) => server!.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
  }
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

const specs: RateLimitSpec[] = [
  { algorithm: 'gcra', limit: 5, windowMs: 60_000 },
  { algorithm: 'token-bucket', limit: 5, windowMs: 60_000, burst: 2 },
  { algorithm: 'sliding-window', limit: 5, windowMs: 60_000 },
];

test('RL20 the script decides as the local limit does, in one round trip, and its keys expire', { skip }, async () => {
  for (const spec of specs) {
    const name = `same-${spec.algorithm}`;
    const shared = createRedisRateLimit({ ...spec, redis, name, timeoutMs: 5000 });
    const local = createRateLimit(spec);
    for (let index = 0; index < 8; index++) {
      const round = redis.round;
      const there = await shared.take('user:1');
      assert.equal(redis.round, round + 1);
      const here = local.take('user:1');
      assert.deepEqual([there.allowed, there.remaining, there.limit], [here.allowed, here.remaining, here.limit], name);
      assert.ok(Math.abs((there.retryAfterMs ?? 0) - (here.retryAfterMs ?? 0)) < 2000, name);
      assert.ok(Math.abs(there.resetMs - here.resetMs) < 2000, `${name} ${there.resetMs} ${here.resetMs}`);
    }
    const ttl = Number(
      await redis.command(
        'PTTL',
        `breakwater:rate:${name}:${spec.algorithm === 'sliding-window' ? 'window:' : 'gcra:'}user:1`,
      ),
    );
    assert.ok(ttl > 0 && ttl <= 120_000, `${name}: ${ttl}`);
    const never = await shared.take('user:2', 50);
    assert.deepEqual([never.allowed, never.retryAfterMs], [false, undefined]);
  }
});

test('RL21 members that ask at the same time get no more than the limit between them', { skip }, async () => {
  for (const algorithm of ['gcra', 'sliding-window'] as const) {
    const members = [1, 2, 3, 4].map(() =>
      createRedisRateLimit({
        algorithm,
        limit: 10,
        windowMs: 600_000,
        redis,
        name: `fleet-${algorithm}`,
        timeoutMs: 5000,
      }),
    );
    const outcomes = await Promise.all(
      Array.from({ length: 80 }, (_, index) =>
        members[index % 4]!.execute(() => 1).catch((error: { reason: string }) => error.reason),
      ),
    );
    assert.equal(outcomes.filter((outcome) => outcome === 1).length, 10);
    assert.equal(outcomes.filter((outcome) => outcome === 'limit').length, 70);
  }
});

test('RL22 what was spent comes back by the time of the server', { skip }, async () => {
  for (const algorithm of ['gcra', 'sliding-window'] as const) {
    const limiter = createRedisRateLimit({
      algorithm,
      limit: 2,
      windowMs: 200,
      redis,
      name: `back-${algorithm}`,
      timeoutMs: 5000,
    });
    await limiter.take();
    await limiter.take();
    const refused = await limiter.take();
    assert.equal(refused.allowed, false);
    const waitFrom = performance.now();
    while (!(await limiter.take()).allowed) assert.ok(performance.now() - waitFrom < 5000);
    assert.ok(performance.now() - waitFrom >= refused.retryAfterMs! - 5, algorithm);
  }
});

test('BS5 the breaker of a fleet: all open when one does, one member probes, all close', { skip }, async () => {
  const store = createRedisBreakerStore({ redis });
  const members = ['a', 'b'].map((holder) => {
    const breaker = createBreaker({ name: 'payments', consecutiveFailures: 2, openMs: 50, jitter: 0 });
    return { breaker, shared: shareBreaker(breaker, { store, holder, refreshMs: 1 }) };
  });
  const [a, b] = members as [(typeof members)[0], (typeof members)[0]];
  const fail = () => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
  for (let index = 0; index < 2; index++) await a.breaker.execute(fail).catch(() => undefined);
  assert.equal(a.breaker.state, 'open');
  const until = async (done: () => boolean, step: () => Promise<unknown>): Promise<void> => {
    for (const from = performance.now(); !done(); ) {
      assert.ok(performance.now() - from < 5000);
      await step();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await until(
    () => b.breaker.state === 'open',
    () => b.shared.refresh(),
  );
  await until(
    () => b.breaker.state === 'closed',
    () => b.breaker.execute(() => 'ok').catch(() => undefined),
  );
  assert.equal(await store.lease('payments', 'a', 1000), false, 'b holds the right to probe');
  await until(
    () => a.breaker.state === 'closed',
    () => a.shared.refresh(),
  );
  a.shared.stop();
  b.shared.stop();
});

test('RL23 Redis goes away: calls pass or are refused, as was asked', { skip }, async () => {
  const open = createRedisRateLimit({ limit: 1, windowMs: 1000, redis, name: 'open' });
  const closed = createRedisRateLimit({ limit: 1, windowMs: 1000, redis, name: 'closed', onFailure: 'closed' });
  const ended = new Promise((resolve) => socket!.once('close', resolve));
  server!.kill('SIGKILL');
  await ended;
  assert.equal(await open.execute(() => 'passed'), 'passed');
  await assert.rejects(
    closed.execute(() => 'never'),
    { code: 'RATE_LIMITED', reason: 'store-failed' },
  );
});
