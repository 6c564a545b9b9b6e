import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import { createBareEdge } from './conformance/test-exchange.ts';
import type { Answer } from './message.ts';
import { rateLimitGuard } from './rate-limit.ts';

test('H12 per client and route: fields on every response, 429 with Retry-After, others untouched', async () => {
  const clock = createVirtualClock();
  const guard = rateLimitGuard(
    [
      { name: 'all', limit: 100, windowMs: 60_000, key: (exchange) => exchange.request.header('x-client') },
      {
        name: 'login',
        for: '/login',
        limit: 2,
        windowMs: 10_000,
        key: (exchange) => exchange.request.header('x-client'),
      },
    ],
    { clock },
  );
  const { open } = createBareEdge({ guards: [guard], clock });
  const ask = async (client: string, path = '/login'): Promise<[Answer | undefined, Record<string, string>]> => {
    const exchange = open(path, { 'x-client': client });
    const answer = await exchange.guard();
    exchange.end({ status: answer?.status ?? 200 });
    return [answer, exchange.headers];
  };
  const [, fields] = await ask('a');
  assert.equal(fields['ratelimit-policy'], '"all";q=100;w=60, "login";q=2;w=10');
  assert.equal(fields['ratelimit'], '"all";r=99;t=1, "login";r=1;t=5');
  await ask('a');
  const [refused] = await ask('a');
  assert.equal(refused?.status, 429);
  assert.equal(refused?.headers['retry-after'], '5');
  assert.equal((JSON.parse(refused.body) as { code: string }).code, 'TOO_MANY_REQUESTS');
  assert.ok(!refused.body.includes('login'));
  assert.equal((await ask('b'))[0], undefined);
  assert.equal((await ask('a', '/other'))[0], undefined);
  await clock.advance(5000);
  assert.equal((await ask('a'))[0], undefined);
});

test('H13 a limit of failures: those who succeed are never refused, those who fail are', async () => {
  const clock = createVirtualClock();
  const guard = rateLimitGuard([{ name: 'errors', counts: 'failures', limit: 3, windowMs: 30_000 }], { clock });
  const { open } = createBareEdge({ guards: [guard], clock });
  const ask = async (status: number): Promise<number> => {
    const exchange = open('/pay');
    const answer = await exchange.guard();
    exchange.end({ status: answer?.status ?? status });
    return answer?.status ?? status;
  };
  for (let index = 0; index < 20; index++) assert.equal(await ask(200), 200);
  assert.deepEqual([await ask(401), await ask(401), await ask(401), await ask(200)], [401, 401, 401, 429]);
  const refused = open('/pay');
  const answer = await refused.guard();
  refused.end({ status: 429 });
  assert.deepEqual([refused.headers['ratelimit'], answer?.headers['retry-after']], ['"errors";r=0;t=10', '10']);
  await clock.advance(10_001);
  assert.equal(await ask(200), 200);
});

test('H14 a shared limiter that fails lets the request through and is reported', async () => {
  const problems: unknown[] = [];
  const limiter = { take: () => Promise.reject(new Error('redis is away')) };
  const guard = rateLimitGuard([{ name: 'shared', limit: 1, windowMs: 1, limiter }], {
    onLimiterError: (error) => problems.push(error),
  });
  const exchange = createBareEdge({ guards: [guard] }).open('/');
  assert.equal(await exchange.guard(), undefined);
  assert.equal(exchange.headers['ratelimit'], undefined);
  assert.equal(problems.length, 1);

  const warnings: string[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning.message);
  process.on('warning', onWarning);
  const rule = { name: 'shared', limit: 1, windowMs: 1, limiter };
  const unheard = rateLimitGuard([rule]);
  const throwing = rateLimitGuard([rule], {
    onLimiterError: () => {
      throw new Error('from the listener');
    },
  });
  for (const each of [unheard, unheard, throwing])
    assert.equal(
      await createBareEdge({ guards: [each] })
        .open('/')
        .guard(),
      undefined,
    );
  await new Promise(setImmediate);
  process.off('warning', onWarning);
  assert.deepEqual(
    warnings.map((text) => /^The limiter|^A listener failed/.exec(text)?.[0]),
    ['The limiter', 'A listener failed'],
  );
  assert.throws(() => rateLimitGuard([]), /rules/);
  assert.throws(() => rateLimitGuard([{ name: 'a\n', limit: 1, windowMs: 1 }]), /rules\[0\]\.name/);
  assert.throws(() => rateLimitGuard([{ name: 'a', for: /x/g, limit: 1, windowMs: 1 }]), /rules\[0\]\.for/);
});
