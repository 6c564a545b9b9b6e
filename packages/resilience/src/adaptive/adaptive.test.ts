import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock } from '@breakwater/testing';
import { compose, createAdaptiveConcurrency, createBreaker } from '../index.ts';

test('A3 an unused limit does not grow; a share of timeouts shrinks it', async () => {
  const clock = createVirtualClock();
  const limiter = createAdaptiveConcurrency({ clock, random: createRandom(3) });
  for (let index = 0; index < 300; index++) await clock.run(limiter.execute(() => clock.sleep(5)));
  assert.equal(limiter.limit, 20);
  const fail = (): Promise<never> =>
    clock.sleep(5).then(() => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' })));
  const reasons = new Set<string>();
  limiter.on((event) => reasons.add(event.reason));
  for (let index = 0; index < 400; index++) await clock.run(limiter.execute(fail).catch(() => undefined));
  assert.ok(limiter.limit < 10, `limit ${limiter.limit}`);
  assert.ok(reasons.has('failures'));
});

test('A4 refusals are not failures of the dependency; a place is held until the work really ends', async () => {
  const clock = createVirtualClock();
  const limiter = createAdaptiveConcurrency({ initialLimit: 1, clock });
  const breaker = createBreaker({ consecutiveFailures: 1, clock });
  const controller = new AbortController();
  const first = limiter.execute(() => clock.sleep(100), { signal: controller.signal });
  const givenUp = assert.rejects(first);
  controller.abort();
  await givenUp;
  assert.equal(limiter.active, 1);
  await assert.rejects(
    compose(breaker, limiter).execute(() => 1),
    { code: 'CONCURRENCY_LIMITED', rejectedBy: 'adaptive-concurrency' },
  );
  assert.equal(breaker.state, 'closed');
  await clock.advance(100);
  assert.equal(limiter.active, 0);
});

test('A4 callers who give up are no failures: the limit stays', async () => {
  const clock = createVirtualClock();
  const limiter = createAdaptiveConcurrency({ clock, random: createRandom(4) });
  for (let index = 0; index < 200; index++) {
    const controller = new AbortController();
    const call = limiter.execute(({ signal }) => clock.sleep(50, { signal }), controller).catch(() => undefined);
    await clock.advance(20);
    controller.abort();
    await call;
  }
  assert.deepEqual([limiter.limit, limiter.active], [20, 0]);
});

test('A5 wrong options', () => {
  assert.throws(() => createAdaptiveConcurrency({ minLimit: 5, initialLimit: 3 }), /initialLimit.*3/);
  assert.throws(() => createAdaptiveConcurrency({ tolerance: 0.5 }), /tolerance/);
  assert.throws(() => createAdaptiveConcurrency({ limit: 5 } as never), /limit/);
});
