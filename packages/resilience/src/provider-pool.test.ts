import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock } from '@breakwater/testing';
import {
  attemptErrors,
  compose,
  createProviderPool,
  createTimeout,
  NoProviderError,
  type ProviderPoolEvent,
} from './index.ts';

const reset = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

test('PP1 fails over to the next, ejects one that keeps failing, and takes it back after a probe', async () => {
  const clock = createVirtualClock();
  const pool = createProviderPool({
    providers: { a: 'A', b: 'B' },
    ejection: { consecutiveFailures: 3, openMs: 1000, jitter: 0 },
    clock,
  });
  const events: string[] = [];
  pool.on((event: ProviderPoolEvent) => events.push(event.type));
  let sick = true;
  const asked: string[] = [];
  const call = (): Promise<string> =>
    pool.call(async (provider) => {
      asked.push(provider);
      if (provider === 'A' && sick) throw reset();
      return provider;
    });
  for (let index = 0; index < 5; index++) assert.equal(await call(), 'B');
  assert.equal(asked.join(''), 'ABABABBB');
  assert.deepEqual(
    pool.health.map(({ name, state }) => `${name} ${state}`),
    ['a open', 'b closed'],
  );
  sick = false;
  await clock.advance(1001);
  assert.equal(await call(), 'A');
  assert.equal(pool.health[0]!.state, 'closed');
  assert.equal(events.filter((type) => type === 'pool.failover').length, 3);
});

test('PP2 when all fail the last failure comes out with all behind it, and failing over stays within the budget', async () => {
  const clock = createVirtualClock();
  const pool = createProviderPool({
    providers: { a: 1, b: 2, c: 3 },
    ejection: { consecutiveFailures: 1e6 },
    budget: { reserve: 4 },
    clock,
  });
  let calls = 0;
  const fail = (): Promise<unknown> =>
    pool
      .call(() => {
        calls++;
        return Promise.reject(reset());
      })
      .catch((error: unknown) => error);
  assert.equal(attemptErrors(await fail()).length, 3);
  for (let index = 0; index < 99; index++) await fail();
  assert.equal(calls, 104);
});

test('PP3 all ejected: refused at once, with the time after which to come back', async () => {
  const clock = createVirtualClock();
  const pool = createProviderPool({
    providers: { a: 1, b: 2 },
    ejection: { consecutiveFailures: 1, openMs: 500, jitter: 0 },
    clock,
  });
  await assert.rejects(pool.call(() => Promise.reject(reset())));
  await clock.advance(100);
  await assert.rejects(
    pool.call(() => 1),
    (error: NoProviderError) => error instanceof NoProviderError && error.retryAfterMs === 400,
  );
});

test('PP4 not after answers; not when the call may have taken effect; not when the caller gave up', async () => {
  const clock = createVirtualClock();
  const pool = createProviderPool({ providers: { a: 1, b: 2 }, ejection: { consecutiveFailures: 4 }, clock });
  const count = async (error: unknown, idempotent?: boolean): Promise<number> => {
    let calls = 0;
    const work = (): Promise<never> => {
      calls++;
      return Promise.reject(error);
    };
    await assert.rejects(pool.call(work, { idempotent }));
    return calls;
  };
  assert.equal(await count(Object.assign(new Error('not found'), { status: 404 })), 1);
  assert.equal(await count(reset(), false), 1);
  assert.equal(await count(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), false), 2);
  const controller = new AbortController();
  let calls = 0;
  const given = assert.rejects(
    pool.call(
      (_provider, { signal }) => {
        calls++;
        return clock.sleep(100, { signal });
      },
      { signal: controller.signal },
    ),
    { name: 'AbortError' },
  );
  await clock.advance(1);
  controller.abort();
  await given;
  await clock.settle();
  assert.equal(calls, 1);
  for (let index = 0; index < 10; index++) {
    const other = new AbortController();
    const call = pool.call((_provider, { signal }) => clock.sleep(100, { signal }), other).catch(() => undefined);
    await clock.advance(1);
    other.abort();
    await call;
  }
  await clock.settle();
  assert.deepEqual(pool.health[0], { name: 'a', active: 0, state: 'closed' });
});

test('PP5 balanced: the load is spread; nested in a policy its signal and deadline arrive', async () => {
  const clock = createVirtualClock();
  const pool = createProviderPool({
    providers: { a: 0, b: 1, c: 2 },
    order: 'balanced',
    clock,
    random: createRandom(5),
  });
  const counts = [0, 0, 0];
  for (let index = 0; index < 300; index++) await pool.call((provider) => counts[provider]!++);
  for (const count of counts) assert.ok(count > 70, String(counts));
  const timeout = createTimeout({ timeoutMs: 50, clock });
  let signal: AbortSignal | undefined;
  const call = compose(timeout).execute((outer) =>
    pool.call((_provider, context) => {
      signal = context.signal;
      return clock.sleep(1000, { signal });
    }, outer),
  );
  await assert.rejects(clock.run(call), { code: 'TIMEOUT' });
  assert.equal(signal!.aborted, true);
  assert.throws(() => createProviderPool({ providers: {} }), /providers/);
});

test('PP3 a provider whose probe is under way says no time; options of the pool are not options of the ejection', async () => {
  const clock = createVirtualClock();
  const ejection = { consecutiveFailures: 1, openMs: 500, jitter: 0 };
  const pool = createProviderPool({ providers: { a: 1 }, ejection, clock });
  await assert.rejects(pool.call(() => Promise.reject(reset())));
  await clock.advance(500);
  const probe = pool.call(() => clock.sleep(10).then(() => 'well'));
  await assert.rejects(
    pool.call(() => 'never'),
    (error: NoProviderError) => error instanceof NoProviderError && error.retryAfterMs === undefined,
  );
  assert.equal(await clock.run(probe), 'well');
  for (const wrong of [{ name: 'x' }, { clock }, { random: Math.random }, { openMs: -1 }, null, 5] as never[]) {
    assert.throws(
      () => createProviderPool({ providers: { a: 1 }, ejection: wrong }),
      /createProviderPool\.ejection.*expected/,
    );
  }
});

test('PP1 PP5 balanced: an ejected provider is asked again although the others are well', async () => {
  const clock = createVirtualClock();
  const pool = createProviderPool({
    providers: { a: 'a', b: 'b', c: 'c' },
    order: 'balanced',
    ejection: { consecutiveFailures: 1, openMs: 100, jitter: 0 },
    clock,
    random: createRandom(7),
  });
  let down = true;
  const work = (provider: string): Promise<string> =>
    provider === 'a' && down ? Promise.reject(reset()) : Promise.resolve(provider);
  for (let index = 0; index < 30; index++) await pool.call(work);
  assert.equal(pool.health[0]!.state, 'open');
  down = false;
  await clock.advance(100);
  const answers: string[] = [];
  for (let index = 0; index < 60; index++) answers.push(await pool.call(work));
  assert.equal(pool.health[0]!.state, 'closed');
  for (const one of ['a', 'b', 'c']) assert.ok(answers.filter((answer) => answer === one).length > 8, String(answers));
});
