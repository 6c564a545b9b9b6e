import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock } from '@breakwater/testing';
import fc from 'fast-check';
import { toRateLimitHeaders } from '../http.ts';
import { compose, createBreaker, createRateLimit, RateLimitedError, type RateLimitSpec } from '../index.ts';

const algorithms = ['gcra', 'token-bucket', 'sliding-window'] as const;

test('RL1 lets the limit through, refuses the next, and says when it would be allowed', () => {
  for (const algorithm of algorithms) {
    const clock = createVirtualClock();
    const limiter = createRateLimit({ algorithm, limit: 3, windowMs: 300, clock });
    assert.deepEqual(
      [1, 2, 3].map(() => limiter.take().remaining),
      [2, 1, 0],
      algorithm,
    );
    const refused = limiter.take();
    assert.equal(refused.allowed, false);
    assert.ok(Math.abs(refused.retryAfterMs! - (algorithm === 'sliding-window' ? 400 : 100)) < 1e-6, algorithm);
  }
});

test('RL2 retryAfter is exact: one moment before is refused, at that moment allowed', () => {
  const calls = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(fc.constantFrom(...algorithms), fc.integer({ min: 1, max: 7 }), calls, (algorithm, limit, gaps) => {
      const clock = createVirtualClock();
      const limiter = createRateLimit({ algorithm, limit, windowMs: 1000, clock });
      for (const gap of gaps) {
        clock.block(gap);
        const decision = limiter.take();
        if (decision.allowed) continue;
        clock.block(Math.max(0, decision.retryAfterMs! - 0.01));
        assert.equal(limiter.take().allowed, false, 'a moment before');
        clock.block(0.02);
        assert.equal(limiter.take().allowed, true, 'at that moment');
      }
    }),
    { numRuns: 60, seed: 1 },
  );
});

/** A bucket of tokens, counted one by one, to compare with. */
function bucketOf(limit: number, burst: number, windowMs: number): (now: number) => [allowed: boolean, left: number] {
  let tokens = burst;
  let at = 0;
  return (now) => {
    tokens = Math.min(burst, tokens + ((now - at) * limit) / windowMs);
    at = now;
    const allowed = tokens + 1e-6 >= 1;
    if (allowed) tokens -= 1;
    return [allowed, Math.max(0, Math.floor(tokens + 1e-6))];
  };
}

test('RL3 over any stretch of time at most burst plus rate times its length passes, as from a bucket of tokens', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 8 }), fc.integer(), (limit, burst, seed) => {
      const clock = createVirtualClock();
      const random = createRandom(seed);
      const spec = { limit, burst, windowMs: 100, clock };
      const limiters = (['gcra', 'token-bucket'] as const).map((algorithm) => createRateLimit({ ...spec, algorithm }));
      const bucket = bucketOf(limit, burst, 100);
      const passed: number[] = [];
      for (let index = 0; index < 80; index++) {
        clock.block(random() * 30);
        const expected = bucket(clock.now());
        for (const limiter of limiters) {
          const { allowed, remaining } = limiter.take();
          assert.deepEqual([allowed, remaining], expected);
        }
        if (expected[0]) passed.push(clock.now());
      }
      passed.forEach((from, first) => {
        passed.slice(first).forEach((to, count) => {
          assert.ok(count + 1 <= burst + ((to - from) * limit) / 100 + 1e-6);
        });
      });
    }),
    { numRuns: 40, seed: 2 },
  );
});

test('RL4 keys do not affect each other; calls without one share a limit', async () => {
  const clock = createVirtualClock();
  const limiter = createRateLimit({ limit: 1, windowMs: 1000, clock, name: 'api' });
  const outcome = (key?: string): Promise<string> =>
    limiter.execute(() => 'ok', { key }).catch((error: RateLimitedError) => `${error.code} ${error.retryAfterMs}`);
  assert.deepEqual(
    [await outcome('a'), await outcome('b'), await outcome('a'), await outcome(), await outcome()],
    ['ok', 'ok', 'RATE_LIMITED 1000', 'ok', 'RATE_LIMITED 1000'],
  );
});

test('RL5 memory does not grow with keys: full ones are forgotten as new ones come, and there is a hard bound', async () => {
  const clock = createVirtualClock();
  const limiter = createRateLimit({ limit: 5, windowMs: 100, clock, maxKeys: 50 });
  for (let index = 0; index < 1000; index++) {
    limiter.take(`idle${index}`);
    clock.block(10);
  }
  assert.ok(limiter.keys <= 6, `${limiter.keys} keys`);
  for (let index = 0; index < 1000; index++) limiter.take(`busy${index}`);
  assert.equal(limiter.keys, 50);
  for (let index = 0; index < 5; index++) limiter.take('watched');
  limiter.take('other');
  assert.equal(limiter.take('watched').allowed, false, 'a key in use is not forgotten');
});

test('RL6 a refusal is not a failure of the dependency, and the event names its reason', async () => {
  const clock = createVirtualClock();
  const breaker = createBreaker({ consecutiveFailures: 1, clock });
  const limiter = createRateLimit({ limit: 1, windowMs: 1000, clock });
  const events: string[] = [];
  limiter.on((event) => events.push(`${event.type} ${event.reason}`));
  const chain = compose(breaker, limiter);
  await chain.execute(() => 1);
  await assert.rejects(
    chain.execute(() => 1),
    RateLimitedError,
  );
  assert.equal(breaker.state, 'closed');
  assert.deepEqual(events, ['rate-limit.rejected limit']);
});

test('RL7 header fields: whole seconds, rounded up, and a quoted name', () => {
  const clock = createVirtualClock();
  const limiter = createRateLimit({ limit: 2, windowMs: 60_000, clock });
  limiter.take();
  assert.deepEqual(toRateLimitHeaders(limiter.take(), 'a"b'), {
    'RateLimit-Policy': '"a\\"b";q=2;w=60',
    RateLimit: '"a\\"b";r=0;t=60',
  });
  clock.block(100);
  assert.deepEqual(toRateLimitHeaders(limiter.take()), {
    'RateLimit-Policy': '"default";q=2;w=60',
    RateLimit: '"default";r=0;t=30',
    'Retry-After': '30',
  });
  assert.equal(toRateLimitHeaders(limiter.take('k', 0), 'x\r\ny')['RateLimit'], '"xy";r=2;t=0');
});

test('RL8 a cost above the limit is never allowed and gives no time; reconfigure keeps what was spent', () => {
  for (const algorithm of algorithms) {
    const clock = createVirtualClock();
    const spec: RateLimitSpec = { algorithm, limit: 4, windowMs: 1000 };
    const limiter = createRateLimit({ ...spec, clock });
    const { allowed, retryAfterMs } = limiter.take('', 5);
    assert.deepEqual([allowed, retryAfterMs], [false, undefined]);
    limiter.take('', 4);
    limiter.reconfigure({ ...spec, limit: 8, clock });
    assert.equal(limiter.take('', 5).allowed, false, algorithm);
    assert.throws(() => limiter.take('', Number.NaN), /cost.*NaN/);
  }
  assert.throws(() => createRateLimit({ limit: 0, windowMs: 1 }), /createRateLimit\.limit.*0/);
  assert.throws(() => createRateLimit({ limit: 1, windowMs: 1, algorithm: 'leaky' as never }), /leaky/);
  assert.throws(() => createRateLimit({ limit: 1, windowMs: 1, algorithm: 'sliding-window', burst: 2 }), /burst/);
});

test('RL8 the two names of one limit are the same limit: what was spent is kept', () => {
  const clock = createVirtualClock();
  const limiter = createRateLimit({ limit: 1, windowMs: 1000, clock });
  limiter.take();
  for (const algorithm of ['token-bucket', 'gcra', undefined] as const) {
    limiter.reconfigure({ algorithm, limit: 1, windowMs: 1000, clock });
    assert.equal(limiter.take().allowed, false, algorithm);
  }
  limiter.reconfigure({ algorithm: 'sliding-window', limit: 1, windowMs: 1000, clock });
  assert.equal(limiter.take().allowed, true);
});

test('RL4 a key that is no string is refused: each object would have a limit of its own', async () => {
  const limiter = createRateLimit({ limit: 1, windowMs: 1000, clock: createVirtualClock() });
  for (const key of [{}, null, 5] as never[]) {
    assert.throws(() => limiter.take(key), /key: expected a string/);
    await assert.rejects(
      limiter.execute(() => 1, { key }),
      /key: expected a string/,
    );
  }
  for (const cost of [Number.NaN, -1, Number.POSITIVE_INFINITY, '1', null] as never[]) {
    assert.throws(() => limiter.take('k', cost), /cost: expected/);
  }
  assert.equal(limiter.keys, 0);
});
