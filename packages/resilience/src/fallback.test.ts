import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock } from '@breakwater/testing';
import { attemptErrors, compose, createBreaker, createCache, createFallback, createRetry } from './index.ts';

const down = (): Promise<never> =>
  Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
const at = { operation: 'price', key: 'a' };

test('F1 steps are tried in order: the cache, another provider, a value; each is told with its reason', async () => {
  const clock = createVirtualClock();
  const cache = createCache({ ttlMs: 10, clock });
  const fallback = createFallback({
    clock,
    steps: [
      { cache, maxAgeMs: 1000 },
      { use: (context) => (context.key === 'b' ? 'second provider' : down()), name: 'second' },
      { value: 'default' },
    ],
  });
  const told: string[] = [];
  fallback.on((event) => told.push(`${event.type} ${event.reason} ${event.step}`));
  const chain = compose(fallback, cache);
  assert.equal(await chain.execute(() => 'live', at), 'live');
  await clock.advance(500);
  assert.equal(await chain.execute(down, at), 'live');
  await clock.advance(1000);
  assert.equal(await chain.execute(down, at), 'default');
  assert.equal(await chain.execute(down, { ...at, key: 'b' }), 'second provider');
  assert.deepEqual(told, [
    'fallback.used cache cache',
    'fallback.failed too-old cache',
    'fallback.failed failed second',
    'fallback.used value value',
    'fallback.failed nothing-cached cache',
    'fallback.used use second',
  ]);
});

test('F2 not for answers, bugs and callers who gave up; `undefined` is a value', async () => {
  const clock = createVirtualClock();
  const fallback = createFallback({ clock, steps: [{ value: undefined }] });
  assert.equal(await fallback.execute(down), undefined);
  await assert.rejects(
    fallback.execute(() => Promise.reject(Object.assign(new Error('no'), { status: 404 }))),
    /no/,
  );
  await assert.rejects(
    fallback.execute(() => {
      throw new TypeError('bug');
    }),
    /bug/,
  );
  const controller = new AbortController();
  const call = assert.rejects(
    fallback.execute(() => clock.sleep(10), { signal: controller.signal }),
    { name: 'AbortError' },
  );
  controller.abort();
  await call;
  const all = createFallback({ clock, steps: [{ value: 'x' }], when: () => true });
  assert.equal(await all.execute(() => Promise.reject('not an Error')), 'x');
});

test('F3 answers refusals and exhausted retries; when no step has an answer the first failure comes out, all are kept', async () => {
  const clock = createVirtualClock();
  const breaker = createBreaker({ consecutiveFailures: 1, clock });
  const retry = createRetry({ clock, random: createRandom(1) });
  const served = compose(createFallback({ clock, steps: [{ value: 'plain' }] }), retry, breaker);
  assert.equal(await clock.run(served.execute(down)), 'plain');
  assert.equal(await clock.run(served.execute(down)), 'plain');
  const second = new Error('second is down too');
  const failing = createFallback({ clock, steps: [{ use: () => Promise.reject(second) }] });
  const error = await failing.execute(down).catch((caught: unknown) => caught);
  assert.match(String(error), /ECONNREFUSED/);
  assert.deepEqual(attemptErrors(error), [error, second]);
});

test('F4 a caller who gives up during a step ends it', async () => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  let last = false;
  const fallback = createFallback({
    clock,
    steps: [{ use: ({ signal }) => clock.sleep(1000, { signal }) }, { use: () => (last = true) }],
  });
  const call = assert.rejects(fallback.execute(down, { signal: controller.signal }), { message: 'enough' });
  await clock.advance(10);
  controller.abort(new Error('enough'));
  await call;
  await clock.settle();
  assert.deepEqual([last, clock.pendingTimers], [false, 0]);
});

test('F5 wrong options', async () => {
  assert.throws(() => createFallback({ steps: [] }), /steps/);
  assert.throws(() => createFallback({ steps: [{} as never] }), /steps\[0\].*one of value, use, cache/);
  assert.throws(() => createFallback({ steps: [{ use: 5 as never }] }), /steps\[0\]\.use.*5/);
  const use = (): string => 'used';
  const fallback = createFallback({ steps: [{ use, cache: undefined } as never] });
  assert.equal(await fallback.execute(down), 'used');
});

test('F1 a chain without an operation finds its own answers again, and so does invalidate', async () => {
  const clock = createVirtualClock();
  const cache = createCache({ ttlMs: 10, clock });
  const retry = createRetry({ clock, random: createRandom(1) });
  const chain = compose(createFallback({ clock, steps: [{ cache }, { value: 'none' }] }), retry, cache);
  await chain.execute(() => 'live', { key: 'k' });
  await clock.advance(100);
  assert.equal(await clock.run(chain.execute(down, { key: 'k' })), 'live');
  cache.invalidate({ key: 'k' });
  assert.equal(await clock.run(chain.execute(down, { key: 'k' })), 'none');
});

test('F3 a cache that throws when it is asked is a failed step, and hides nothing', async () => {
  const clock = createVirtualClock();
  const broken = new Error('keyOf is broken');
  const cache = createCache({
    ttlMs: 10,
    clock,
    keyOf: () => {
      throw broken;
    },
  });
  const told: unknown[] = [];
  const one = createFallback({ clock, steps: [{ cache }] });
  one.on((event) => told.push([event.type, event.reason, event.error]));
  const error = await one.execute(down).catch((caught: unknown) => caught);
  assert.match(String(error), /ECONNREFUSED/);
  assert.deepEqual(attemptErrors(error), [error, broken]);
  assert.deepEqual(told, [['fallback.failed', 'failed', broken]]);
  assert.equal(await createFallback({ clock, steps: [{ cache }, { value: 1 }] }).execute(down), 1);
});
