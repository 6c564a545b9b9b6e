import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import type { RateLimitEvent } from '../index.ts';
import { createRedisRateLimit, type RedisLike } from '../redis.ts';

test('RL10 fail-open lets calls pass while Redis fails or is silent, and does not ask it again for a while', async () => {
  const clock = createVirtualClock();
  let asked = 0;
  const redis: RedisLike = {
    eval: () => {
      asked++;
      return new Promise(() => undefined);
    },
  };
  const limiter = createRedisRateLimit({ redis, limit: 1, windowMs: 1000, timeoutMs: 50, pauseMs: 500, clock });
  const events: RateLimitEvent[] = [];
  limiter.on((event) => events.push(event));
  assert.equal(await clock.run(limiter.execute(() => 'a')), 'a');
  assert.equal(clock.now(), 50);
  assert.equal(await clock.run(limiter.execute(() => 'b')), 'b');
  assert.deepEqual([clock.now(), asked], [50, 1]);
  await clock.advance(500);
  assert.equal(await clock.run(limiter.execute(() => 'c')), 'c');
  assert.equal(asked, 2);
  assert.deepEqual(
    events.map((event) => `${event.type} ${event.reason}`),
    Array(3).fill('rate-limit.store-failed allowed'),
  );
  assert.equal(clock.pendingTimers, 0);
});

test('RL11 fail-closed refuses, and a caller who gives up while Redis is asked gets no answer and no call', async () => {
  const clock = createVirtualClock();
  let answer: ((reply: unknown) => void) | undefined;
  const redis: RedisLike = {
    eval: () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  };
  const limiter = createRedisRateLimit({ redis, limit: 1, windowMs: 1000, onFailure: 'closed', clock });
  const controller = new AbortController();
  let ran = 0;
  const call = limiter.execute(() => ran++, { signal: controller.signal });
  const givenUp = assert.rejects(call, { name: 'AbortError' });
  controller.abort();
  await givenUp;
  answer!([1, 0, '0', '0']);
  await clock.settle();
  assert.equal(ran, 0);
  const strange = limiter.execute(() => ran++);
  const refused = assert.rejects(strange, { code: 'RATE_LIMITED', reason: 'store-failed' });
  answer!('what?');
  await refused;
  assert.equal(ran, 0);
});

test('RL12 a reply within time decides, one round trip per call', async () => {
  const clock = createVirtualClock();
  const asked: unknown[][] = [];
  const replies = [
    [1, 0, '1000.000', '0.000'],
    [0, 0, '1000.000', '250.500'],
  ];
  const redis: RedisLike = {
    eval: async (_script, keys, args) => {
      asked.push([...keys, ...args]);
      return replies[asked.length - 1];
    },
  };
  const limiter = createRedisRateLimit({ redis, limit: 1, windowMs: 1000, name: 'api', clock });
  assert.equal(await limiter.execute(() => 'ok', { key: 'k' }), 'ok');
  await assert.rejects(
    limiter.execute(() => 'ok', { key: 'k' }),
    { name: 'RateLimitedError', reason: 'limit', retryAfterMs: 250.5 },
  );
  assert.deepEqual(asked, Array(2).fill(['breakwater:rate:api:gcra:k', 'gcra', '1', '1000', '1', '1']));
  assert.throws(() => createRedisRateLimit({ redis: {} as never, limit: 1, windowMs: 1 }), /redis/);
});

test('RL12 a sliding window has keys of its own; a wrong key is not a failure of Redis', async () => {
  const keys: string[] = [];
  const redis: RedisLike = {
    eval: async (_script, [key]) => {
      keys.push(key!);
      return [1, 0, '1', '0'];
    },
  };
  const limiter = createRedisRateLimit({ redis, limit: 1, windowMs: 1000, clock: createVirtualClock() });
  await limiter.take('k');
  limiter.reconfigure({ redis, limit: 1, windowMs: 1000, algorithm: 'sliding-window' });
  await limiter.take('k');
  assert.deepEqual(keys, ['breakwater:rate:rate-limit:gcra:k', 'breakwater:rate:rate-limit:window:k']);
  await assert.rejects(
    limiter.execute(() => 'never', { key: {} as never }),
    /key: expected a string/,
  );
});

test('RL13 no two limits, and no two algorithms, share a key in Redis', async () => {
  const keys: string[] = [];
  const redis: RedisLike = {
    eval: async (_script, [key]) => {
      keys.push(key!);
      return [1, 0, '1', '0'];
    },
  };
  const names = ['a', 'a:b', 'a%3Ab', 'a:gcra', 'a:window', '\ud800'];
  const callKeys = ['', 'c', 'b:c', 'gcra:c', 'window:c', 'b:gcra:c', ':c'];
  for (const algorithm of ['gcra', 'sliding-window'] as const) {
    for (const name of names) {
      const limiter = createRedisRateLimit({ algorithm, redis, limit: 1, windowMs: 1000, name });
      for (const key of callKeys) await limiter.take(key);
    }
  }
  assert.equal(new Set(keys).size, 2 * names.length * callKeys.length);
});
