import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createRedisRateLimit } from '@breakwater/resilience/redis';
import express from 'express';
import { Redis } from 'ioredis';
import { expressEdge, expressErrors } from './adapters/express.ts';
import { type RawResponse, send } from './conformance/raw-client.ts';
import { startRedis, type TestServer } from './conformance/servers.ts';
import { createEdge } from './edge.ts';
import { guardRedis } from './ioredis.ts';
import { rateLimitGuard } from './rate-limit.ts';

let redis: TestServer | string = 'not started';
const closers: (() => void)[] = [];

before(async () => {
  redis = await startRedis();
});
after(async () => {
  for (const close of closers) close();
  if (typeof redis !== 'string') await redis.stop();
});

/** An instance of the service, with connections of its own. */
async function service(prefix: string): Promise<{ readonly port: number; readonly problems: unknown[] }> {
  const { port } = redis as TestServer;
  const client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 20 });
  await once(client, 'ready');
  const guarded = guardRedis(client, { acquireTimeoutMs: 50, breaker: { openMs: 50, jitter: 0 } });
  const problems: unknown[] = [];
  const limiter = (name: string, limit: number, windowMs: number) =>
    createRedisRateLimit({
      name: `${prefix} ${name}`,
      limit,
      windowMs,
      timeoutMs: 500,
      pauseMs: 20,
      redis: { eval: (script, keys, args) => guarded.eval(script, keys.length, ...keys, ...args) },
    });
  const spec = { limit: 1, windowMs: 1 };
  const key = (exchange: { readonly request: { header(name: string): string | undefined } }): string | undefined =>
    exchange.request.header('x-client');
  const guard = rateLimitGuard(
    [
      { name: 'all', ...spec, key, limiter: limiter('all', 6, 3_600_000) },
      { name: 'sign-in', for: '/sign-in', ...spec, key, onFailure: 'closed', limiter: limiter('sign-in', 2, 60_000) },
      { name: 'errors', for: '/pay', counts: 'failures', ...spec, key, limiter: limiter('errors', 1, 60_000) },
    ],
    { onLimiterError: (error) => problems.push(error) },
  );
  const app = express();
  const edge = createEdge({ log: { log: () => {} }, guards: [guard] });
  app.use(expressEdge(edge));
  app.get('/ok', (_request, response) => void response.json({ ok: true }));
  app.get('/sign-in', (_request, response) => void response.json({ ok: true }));
  app.get('/pay', (_request, response) => void response.status(402).json({}));
  app.use(expressErrors(edge));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    client.disconnect();
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, problems };
}

const ask = (port: number, path: string, client: string): Promise<RawResponse> =>
  send(port, path, { headers: { 'x-client': client } });

test('H12 two instances share the limits of a Redis: fields count down across both, the refusal says when', async (t) => {
  if (typeof redis === 'string') return t.skip(redis);
  const [a, b] = [await service('share'), await service('share')];
  const remaining: string[] = [];
  for (const { port } of [a, b, a, b, b, a]) {
    const { status, headers } = await ask(port, '/ok', 'c1');
    assert.equal(status, 200);
    assert.equal(headers['ratelimit-policy'], '"all";q=6;w=3600');
    remaining.push(/^"all";r=(\d+);t=\d+$/.exec(String(headers['ratelimit']))![1]!);
  }
  assert.deepEqual(remaining, ['5', '4', '3', '2', '1', '0']);
  for (const { port } of [a, b]) {
    const { status, headers, body } = await ask(port, '/ok', 'c1');
    assert.deepEqual([status, (JSON.parse(body) as { code: string }).code], [429, 'TOO_MANY_REQUESTS']);
    const wait = Number(headers['retry-after']);
    assert.ok(wait > 590 && wait <= 600, String(wait));
    assert.equal(headers['ratelimit'], `"all";r=0;t=${wait}`);
  }
  assert.equal((await ask(b.port, '/ok', 'c2')).status, 200);
});

test('H12 H13 at the same time over both instances exactly the limit passes; the strict limit of failures is shared too', async (t) => {
  if (typeof redis === 'string') return t.skip(redis);
  const [a, b] = [await service('burst'), await service('burst')];
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => ask([a, b][n % 2]!.port, '/ok', 'c')));
  assert.equal(answers.filter(({ status }) => status === 200).length, 6);
  assert.equal(answers.filter(({ status }) => status === 429).length, 14);
  const paid = await ask(a.port, '/pay', 'p');
  assert.deepEqual([paid.status, paid.headers['ratelimit-policy']], [402, '"all";q=6;w=3600, "errors";q=1;w=60']);
  // The failure is counted when the response has ended.
  let refused: RawResponse;
  do refused = await ask(b.port, '/pay', 'p');
  while (refused.status === 402 && refused.headers['ratelimit']?.includes('"errors";r=1'));
  assert.equal(refused.status, 429);
});

test('H14 Redis is killed: rules that are open let through without their fields, closed ones refuse with 503; and back', async (t) => {
  if (typeof redis === 'string') return t.skip(redis);
  const { port, problems } = await service('killed');
  assert.equal((await ask(port, '/sign-in', 'k')).status, 200);
  await redis.crash();
  const open = await ask(port, '/ok', 'k');
  assert.deepEqual(
    [open.status, open.headers['ratelimit'], open.headers['ratelimit-policy']],
    [200, undefined, undefined],
  );
  const closed = await ask(port, '/sign-in', 'k');
  const problem = JSON.parse(closed.body) as { code: string; retryable: boolean };
  assert.deepEqual([closed.status, problem.code, problem.retryable], [503, 'RATE_LIMIT_UNAVAILABLE', true]);
  assert.equal(closed.headers['retry-after'], '1');
  assert.ok(!closed.body.includes('127.0.0.1') && !closed.body.includes('sign-in'));
  assert.ok(problems.length >= 2);
  const startedAt = performance.now();
  for (let n = 0; n < 20; n++) assert.equal((await ask(port, '/ok', 'k')).status, 200);
  assert.ok(performance.now() - startedAt < 5000, 'an outage of Redis must not slow every request');
  await redis.start();
  // Redis may be back between the two rules of one request: the open one has then let it through without its field.
  let answer: RawResponse;
  let attempt = 0;
  do answer = await ask(port, '/sign-in', `again ${attempt++}`);
  while (answer.status === 503 || !answer.headers['ratelimit']?.includes('"all"'));
  assert.equal(answer.status, 200);
  assert.match(String(answer.headers['ratelimit']), /^"all";r=\d;t=\d+, "sign-in";r=[01];t=\d+$/);
});
