import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock } from '@breakwater/testing';
import { compose, createBulkhead, createRateLimit, createThrottle, type Throttle } from './index.ts';

const down = (): never => {
  throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
};

async function many(throttle: Throttle, count: number, work: () => unknown): Promise<number> {
  let refused = 0;
  for (let index = 0; index < count; index++) {
    await throttle.execute(work).catch((error: { code: string }) => {
      if (error.code === 'THROTTLED') refused++;
    });
  }
  return refused;
}

test('TH1 lets everything through while the dependency accepts at least one in `factor`', async () => {
  const clock = createVirtualClock();
  const throttle = createThrottle({ clock, random: createRandom(1) });
  let count = 0;
  assert.equal(await many(throttle, 400, () => (count++ % 2 === 0 ? 'ok' : down())), 0);
});

test('TH2 at total failure nearly all calls are refused here, some still ask, and it recovers with the dependency', async () => {
  const clock = createVirtualClock();
  const throttle = createThrottle({ clock, random: createRandom(2), windowMs: 12_000 });
  const refused = await many(throttle, 1000, down);
  assert.ok(refused > 900 && refused < 1000, `${refused} refused`);
  assert.ok(throttle.probability > 0.95);
  for (let second = 0; second < 150; second++) {
    clock.block(1000);
    await many(throttle, 50, () => 'ok');
  }
  assert.equal(throttle.probability, 0);
});

test('TH3 answers, cancelled calls and refusals of inner policies are not overload; few calls decide nothing', async () => {
  const clock = createVirtualClock();
  const throttle = createThrottle({ clock, random: () => 0 });
  await many(throttle, 100, () => {
    throw Object.assign(new Error('not found'), { status: 404 });
  });
  assert.equal(throttle.probability, 0);
  const limited = compose(
    throttle,
    createRateLimit({ limit: 1, windowMs: 1e6, clock }),
    createBulkhead({ maxConcurrent: 1, clock }),
  );
  for (let index = 0; index < 300; index++) await limited.execute(down).catch(() => undefined);
  assert.equal(throttle.probability, 0);
  const controller = new AbortController();
  const given = Array.from({ length: 100 }, () =>
    throttle.execute(({ signal }) => clock.sleep(10, { signal }), controller).catch(() => undefined),
  );
  controller.abort();
  await Promise.all(given);
  assert.equal(throttle.probability, 0);
  const fresh = createThrottle({ clock, random: () => 0 });
  assert.equal(await many(fresh, 20, down), 0);
  assert.equal(await many(fresh, 1, down), 1);
});

test('TH4 the window forgets, at most a tenth of it late', async () => {
  const clock = createVirtualClock();
  const throttle = createThrottle({ clock, random: () => 0.999, windowMs: 1200 });
  await many(throttle, 100, down);
  assert.ok(throttle.probability > 0.9);
  clock.block(1320);
  assert.equal(throttle.probability, 0);
  assert.throws(() => createThrottle({ factor: 0.5 }), /factor.*0\.5/);
});
