import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock, scripted } from '@breakwater/testing';
import {
  type CacheEvent,
  compose,
  countWindow,
  createBreaker,
  createCache,
  createCoalesce,
  pipeline,
} from './index.ts';

const down = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const at = { operation: 'price', key: 'sku-1' };

test('CA1 a fresh answer is given out without a call; `undefined` is an answer; other keys and operations are apart', async () => {
  const clock = createVirtualClock();
  const cache = createCache({ ttlMs: 100, clock });
  let calls = 0;
  const work = (): undefined => {
    calls++;
  };
  await cache.execute(work, at);
  await cache.execute(work, at);
  assert.equal(calls, 1);
  await cache.execute(work, { ...at, key: 'sku-2' });
  await cache.execute(work, { ...at, operation: 'stock' });
  await cache.execute(work, { operation: 'price' });
  await cache.execute(work, { ...at, idempotent: false });
  assert.equal(calls, 5);
  await clock.advance(100);
  await cache.execute(work, at);
  assert.equal(calls, 6);
});

test('CA2 a stale answer is given out at once while one call, bound to no caller, fetches a new one', async () => {
  const clock = createVirtualClock();
  const cache = createCache({ ttlMs: 100, staleWhileRevalidateMs: 100, clock });
  const told: string[] = [];
  cache.on((event: CacheEvent) => told.push('reason' in event ? `${event.type} ${event.reason}` : event.type));
  const work = scripted(clock, [{ value: 'old' }, { value: 'new', afterMs: 10 }]);
  await cache.execute(work, at);
  await clock.advance(150);
  const controller = new AbortController();
  const options = { ...at, signal: controller.signal, deadline: clock.now() + 1 };
  assert.equal(await cache.execute(work, options), 'old');
  assert.equal(await cache.execute(work, options), 'old');
  controller.abort();
  await clock.advance(10);
  assert.equal(await cache.execute(work, at), 'new');
  assert.equal(work.calls.length, 2);
  assert.deepEqual(told, ['cache.miss', 'cache.hit revalidating', 'cache.hit revalidating', 'cache.hit fresh']);
});

test('CA3 a failed revalidation is told, handled, and tried again; the old answer stays', async () => {
  const clock = createVirtualClock();
  const cache = createCache({ ttlMs: 100, staleWhileRevalidateMs: 1000, clock });
  let failed = 0;
  cache.on((event) => event.type === 'cache.revalidation-failed' && failed++);
  const work = scripted(clock, [{ value: 'old' }, { error: down() }, { error: down() }, { value: 'new' }]);
  for (let index = 0; index < 4; index++) {
    assert.equal(await cache.execute(work, at), 'old');
    await clock.advance(110);
  }
  assert.equal(failed, 2);
  assert.equal(await cache.execute(work, at), 'new');
});

test('CA4 a stale answer stands in for an outage, not for an answer, a bug or a caller who gave up', async () => {
  const clock = createVirtualClock();
  const cache = createCache({ ttlMs: 100, staleIfErrorMs: 1000, clock });
  await cache.execute(() => 'old', at);
  await clock.advance(500);
  const fail = (error: unknown) => cache.execute(() => Promise.reject(error), at);
  assert.equal(await fail(down()), 'old');
  await assert.rejects(fail(Object.assign(new Error('gone'), { status: 404 })), /gone/);
  await assert.rejects(fail(new TypeError('x is not a function')), TypeError);
  const controller = new AbortController();
  const call = cache.execute(() => clock.sleep(10), { ...at, signal: controller.signal });
  const givenUp = assert.rejects(call, { name: 'AbortError' });
  controller.abort();
  await givenUp;
  await clock.advance(600);
  await assert.rejects(fail(down()), /ECONNREFUSED/);
});

test('CA5 hits do not dilute the failure rate of a breaker inside, however the pipeline is written', async () => {
  const clock = createVirtualClock();
  const breaker = createBreaker({ window: countWindow(20), failureRate: 0.5, minimumCalls: 10, clock });
  const cache = createCache({ ttlMs: 1e6, clock });
  const chain = pipeline({ breaker, cache });
  await chain.execute(() => 'kept', at);
  for (let index = 0; index < 10; index++) {
    for (let hit = 0; hit < 50; hit++) await chain.execute(() => 'kept', at);
    await chain.execute(() => Promise.reject(down()), { ...at, key: `cold${index}` }).catch(() => undefined);
  }
  assert.equal(breaker.state, 'open');
  assert.equal(await chain.execute(() => 'never', at), 'kept', 'hits go on while it is open');
});

test('CA6 an answer asked for earlier, or before an invalidation, does not replace what came after', async () => {
  const clock = createVirtualClock();
  const cache = createCache({ ttlMs: 1000, clock });
  const slow = cache.execute(() => clock.sleep(50).then(() => 'asked first'), at);
  await clock.advance(1);
  await cache.execute(() => 'asked second', at);
  await clock.run(slow);
  assert.equal(cache.peek(at)?.value, 'asked second');
  cache.invalidate(at);
  const before = cache.execute(() => clock.sleep(50).then(() => 'before'), at);
  cache.invalidate(at);
  await clock.run(before);
  assert.equal(cache.peek(at), undefined);
});

test('CA7 memory is bounded, the one not used for the longest time goes first; wrong options fail', async () => {
  const clock = createVirtualClock();
  const cache = createCache({ ttlMs: 1000, maxEntries: 3, clock });
  for (const key of ['a', 'b', 'c', 'a', 'd']) await cache.execute(() => key, { key });
  assert.equal(cache.size, 3);
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((key) => cache.peek({ key })?.value),
    ['a', undefined, 'c', 'd'],
  );
  for (let index = 0; index < 1000; index++) await compose(cache).execute(() => index, { key: String(index) });
  assert.equal(cache.size, 3);
  assert.throws(() => createCache({ ttlMs: -1 }), /ttlMs.*-1/);
  assert.throws(() => createCache({} as never), /ttlMs/);
});

test('CA6 invalidating one key, or a call that answers for another, keeps what is fetched for this one', async () => {
  const clock = createVirtualClock();
  const cache = createCache({ ttlMs: 1000, clock });
  const slow = cache.execute(() => clock.sleep(50).then(() => 'slow'), at);
  cache.invalidate({ ...at, key: 'sku-2' });
  await cache.execute(() => 'other', { ...at, key: 'sku-2' });
  await clock.run(slow);
  assert.equal(cache.peek(at)?.value, 'slow');
  const cleared = cache.execute(() => clock.sleep(50).then(() => 'cleared'), { ...at, key: 'sku-3' });
  cache.clear();
  await clock.run(cleared);
  assert.equal(cache.size, 0);
});

test('CA1 a key that is no string is refused: two objects have the same text', async () => {
  const clock = createVirtualClock();
  const work = (): string => 'one user';
  for (const key of [{ id: 1 }, 42, null, Symbol('k')] as never[]) {
    const keyOf = (): never => key;
    const policies = [
      createCache({ ttlMs: 1, clock }),
      createCache({ ttlMs: 1, clock, keyOf }),
      createCoalesce({ clock }),
    ];
    for (const policy of policies) await assert.rejects(policy.execute(work, { key }), /key: expected a string/);
  }
});

test('CA6 after an invalidation nobody joins, and the cache does not keep, what a shared call inside was asked before', async () => {
  const clock = createVirtualClock();
  const cache = createCache({ ttlMs: 1000, clock });
  const coalesce = createCoalesce({ clock });
  const chain = pipeline({ cache, coalesce });
  for (const invalidate of [() => cache.invalidate(at), () => cache.clear()]) {
    let version = 1;
    const read = async (): Promise<number> => {
      const seen = version;
      await clock.sleep(10);
      return seen;
    };
    const before = chain.execute(read, at);
    await clock.advance(5);
    version = 2;
    invalidate();
    const after = chain.execute(read, at);
    const joined = chain.execute(read, at);
    await clock.advance(10);
    assert.deepEqual(await Promise.all([before, after, joined]), [1, 2, 2]);
    assert.equal(await chain.execute(read, at), 2);
    assert.equal(coalesce.size, 0);
    cache.clear();
  }
});
