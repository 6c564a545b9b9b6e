import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import {
  adaptiveLimit,
  compose,
  cooperative,
  createBreaker,
  createBulkhead,
  createHedge,
  createRetry,
  createTimeout,
  type Policy,
  type TimeoutError,
  type TimeoutExpired,
  type TimeoutPolicy,
  type Work,
} from './index.ts';

const forever = (): Promise<never> => new Promise(() => undefined);

test('O1 a call that takes longer fails with a TimeoutError at the very time, a deaf function too', async () => {
  const clock = createVirtualClock();
  const timeout = createTimeout({ timeoutMs: 250, clock, name: 'lookup' });
  const events: TimeoutExpired[] = [];
  timeout.on((event) => events.push(event));
  const failed = timeout
    .execute(forever, { operation: 'external_user_lookup', correlationId: 'c-1' })
    .catch((error: unknown) => error);
  await clock.advance(249);
  assert.equal(events.length, 0);
  await clock.advance(1);
  const error = (await failed) as TimeoutError;
  assert.equal(error.message, 'external_user_lookup took longer than 250 ms (attempt timeout)');
  assert.deepEqual(
    [error.code, error.kind, error.timeoutMs, error.retryable, error.outcome],
    ['TIMEOUT', 'attempt', 250, true, 'unknown'],
  );
  assert.deepEqual(events, [
    {
      type: 'timeout.expired',
      reason: 'attempt',
      policy: 'lookup',
      operation: 'external_user_lookup',
      correlationId: 'c-1',
      attempt: 1,
      timeoutMs: 250,
    },
  ]);
});

test('O2 cooperative: waits for the work to end; a failure by the abort is the TimeoutError, a result counts', async () => {
  const clock = createVirtualClock();
  const timeout = cooperative(createTimeout({ timeoutMs: 100, clock }));
  const aborted = timeout
    .execute((context) => clock.sleep(5000, { signal: context.signal }))
    .catch((error: unknown) => error);
  const wrapped = timeout
    .execute(async ({ signal }) => {
      await clock.sleep(5000, { signal }).catch(() => undefined);
      await clock.sleep(50);
      throw Object.assign(new Error('aborted'), { name: 'AbortError' });
    })
    .catch((error: unknown) => error);
  const real = new Error('card declined');
  const other = timeout
    .execute(async () => {
      await clock.sleep(200);
      throw real;
    })
    .catch((error: unknown) => error);
  const finished = timeout.execute(async () => {
    await clock.sleep(150);
    return 'done';
  });
  let settled = false;
  void wrapped.then(() => {
    settled = true;
  });
  await clock.advance(149);
  assert.equal(settled, false);
  await clock.advance(100);
  assert.equal(((await aborted) as Error).name, 'TimeoutError');
  assert.equal(((await wrapped) as Error).name, 'TimeoutError');
  assert.equal(await other, real);
  assert.equal(await finished, 'done');
});

test('O3 the deadline of the caller cuts the limit short, and is named, with the time that was left', async () => {
  const clock = createVirtualClock();
  const timeout = createTimeout({ timeoutMs: 1000, clock });
  const told: TimeoutExpired[] = [];
  timeout.on((event) => told.push(event));
  let seen = 0;
  await clock.advance(50);
  const failed = timeout
    .execute(
      (context) => {
        seen = context.deadline;
        return forever();
      },
      { deadline: 300 },
    )
    .catch((error: unknown) => error);
  await clock.advance(250);
  const { kind, timeoutMs, message } = (await failed) as TimeoutError;
  assert.deepEqual([kind, timeoutMs, message], ['deadline', 250, 'timeout took longer than 250 ms (deadline timeout)']);
  assert.deepEqual([told[0]?.reason, told[0]?.timeoutMs], ['deadline', 250]);
  assert.equal(seen, 300);
});

test('O4 the context shows the nearest deadline', async () => {
  const clock = createVirtualClock();
  await clock.advance(5);
  const chain = compose(createTimeout({ timeoutMs: 1000, clock }), createTimeout({ timeoutMs: 400, clock }));
  assert.equal(await createTimeout({ timeoutMs: 250, clock }).execute((context) => context.deadline), 255);
  assert.equal(await chain.execute((context) => context.deadline), 405);
  assert.equal(await createBreaker({ clock }).execute((context) => context.deadline), Number.POSITIVE_INFINITY);
});

test('O5 adaptive: follows the latency seen, between floor and ceiling, from enough samples on', async () => {
  const clock = createVirtualClock();
  const timeout = createTimeout({
    timeoutMs: adaptiveLimit({ floorMs: 20, ceilingMs: 2000, quantile: 0.9, factor: 2, minimumSamples: 10 }),
    clock,
  });
  assert.equal(timeout.currentMs, 2000);
  for (let index = 0; index < 9; index++) await clock.run(timeout.execute(() => clock.sleep(100)));
  assert.equal(timeout.currentMs, 2000);
  await clock.run(timeout.execute(() => clock.sleep(100)));
  assert.ok(timeout.currentMs >= 200 && timeout.currentMs <= 220, String(timeout.currentMs));
  for (let index = 0; index < 2000; index++) await timeout.execute(() => 1);
  assert.equal(timeout.currentMs, 20);
});

test('O5 adaptive: the error tells the limit that the call had, not what it has become since', async () => {
  const clock = createVirtualClock();
  const limit = adaptiveLimit({ floorMs: 10, ceilingMs: 100, minimumSamples: 1 });
  const timeout = createTimeout({ timeoutMs: limit, clock });
  const failed = timeout.execute(forever).catch((error: TimeoutError) => error.timeoutMs);
  await timeout.execute(() => 'quick');
  assert.equal(timeout.currentMs, 10);
  await clock.advance(100);
  assert.equal(await failed, 100);
});

test('O5 adaptive: calls that are cut off count, so the limit grows back when the dependency slows down', async () => {
  const clock = createVirtualClock();
  const timeout = createTimeout({
    timeoutMs: adaptiveLimit({ floorMs: 10, ceilingMs: 5000, minimumSamples: 5 }),
    clock,
  });
  for (let index = 0; index < 50; index++) await clock.run(timeout.execute(() => clock.sleep(10)));
  assert.ok(timeout.currentMs < 30);
  let failures = 0;
  for (let index = 0; index < 200; index++) {
    await clock.run(timeout.execute(() => clock.sleep(400)).catch(() => failures++));
  }
  assert.ok(timeout.currentMs > 400, String(timeout.currentMs));
  assert.ok(failures > 0 && failures < 60, String(failures));
});

test('O6 a limit given anew holds for calls that begin from then on', async () => {
  const clock = createVirtualClock();
  const timeout = createTimeout({ timeoutMs: 100, clock });
  const old = timeout.execute(forever).catch(() => clock.now());
  timeout.reconfigure({ timeoutMs: adaptiveLimit({ floorMs: 10, ceilingMs: 50 }) });
  const fresh = timeout.execute(forever).catch(() => clock.now());
  const quick = timeout.execute(() => 1);
  await clock.advance(200);
  assert.deepEqual([await old, await fresh, await quick], [100, 50, 1]);
  assert.equal(clock.pendingTimers, 0);
  assert.throws(() => timeout.reconfigure({ timeoutMs: 0 }), /timeoutMs/);
});

test('known mistake: a blocked event loop makes no wave of false timeouts', async () => {
  const clock = createVirtualClock();
  const timeout = createTimeout({ timeoutMs: 100, clock });
  const answers = Array.from({ length: 100 }, () => Promise.withResolvers<string>());
  const calls = answers.map((answer) => timeout.execute(() => answer.promise).catch(() => 'timeout'));
  await clock.settle();
  clock.block(2000);
  // The answers came in during the block and are read once the timers have been looked at.
  clock.defer(() => clock.defer(() => answers.forEach((answer) => void answer.resolve('answer'))));
  await clock.advance(0);
  assert.deepEqual(new Set(await Promise.all(calls)), new Set(['answer']));
});

test('known mistake: a cancelled call is not reported as a timeout, cooperative or not', async () => {
  for (const wrap of [cooperative, (policy: TimeoutPolicy) => policy]) {
    const clock = createVirtualClock();
    const timeout = wrap(createTimeout({ timeoutMs: 100, clock }));
    const events: unknown[] = [];
    timeout.on((event) => events.push(event));
    const controller = new AbortController();
    const reason = new Error('navigated away');
    const failed = timeout
      .execute(({ signal }) => clock.sleep(1000, { signal }), { signal: controller.signal })
      .catch((error: unknown) => error);
    await clock.advance(50);
    controller.abort(reason);
    await clock.advance(1000);
    assert.equal(await failed, reason);
    assert.deepEqual(events, []);
  }
});

test('C2 a slot outside of a timeout is held until the deaf work really ends', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({ maxConcurrent: 1, clock });
  const chain = compose(bulkhead, createTimeout({ timeoutMs: 100, clock }));
  const failed = chain.execute(() => clock.sleep(500)).catch((error: Error) => error.name);
  await clock.advance(100);
  assert.equal(await failed, 'TimeoutError');
  assert.equal(bulkhead.active, 1);
  await clock.advance(400);
  assert.equal(bulkhead.active, 0);
});

test('C2 a slot is held until the last deaf work of its call ends, whatever lies between the bulkhead and the work', async () => {
  const clock = createVirtualClock();
  const made = { timeoutMs: 100, clock };
  const own: Policy = {
    kind: 'own',
    name: 'own',
    execute: async (work, options) => createTimeout(made).execute(work, options),
    on: () => () => undefined,
  };
  const retry = (): Policy => createRetry({ maxAttempts: 2, backoff: () => 0, clock });
  const total = (timeoutMs: number): Policy => createTimeout({ timeoutMs, limit: 'total', clock });
  const bulkhead = createBulkhead({ maxConcurrent: 1, clock });
  // The work takes 500 ms, is deaf, and is given up after 100 or 150 ms.
  for (const [name, chain, freeMs] of [
    ['a retry', compose(bulkhead, retry(), createTimeout(made)), 600],
    ['a total limit and a retry', compose(bulkhead, total(150), retry(), createTimeout(made)), 600],
    ['one attempt that answers', compose(bulkhead, retry(), own), 500],
    ['a policy of one’s own', compose(bulkhead, own), 500],
    ['a cooperative policy', compose(retry(), bulkhead, cooperative(total(1000)), createTimeout(made)), 500],
    ['by hand', { execute: (w: Work<unknown>) => bulkhead.execute((c) => own.execute(w, c)) }, 500],
    ['a hedge', compose(bulkhead, createHedge({ delayMs: 100, clock })), 500],
  ] as const) {
    const second = name.startsWith('one') || name === 'a hedge';
    const startedAt = clock.now();
    let calls = 0;
    const work: Work<unknown> = () => (++calls === 2 && second ? 'answer' : clock.sleep(500));
    const call = chain.execute(work).catch(() => undefined);
    await clock.advance(250);
    assert.equal(await call, second ? 'answer' : undefined, name);
    while (bulkhead.active === 1 && clock.now() - startedAt < 2000) await clock.advance(1);
    assert.equal(clock.now() - startedAt, freeMs, name);
  }
});

test('C2 O4 with two limits in a chain the nearer one ends the call, and the slot is held until the deaf work ends', async () => {
  for (const [outerMs, innerMs, kind, by] of [
    [300, 100, 'attempt', 'inner'],
    [100, 300, 'total', 'outer'],
    [100, 100, 'total', 'outer'],
  ] as const) {
    const clock = createVirtualClock();
    const outer = createTimeout({ timeoutMs: outerMs, limit: 'total', name: 'outer', clock });
    const inner = createTimeout({ timeoutMs: innerMs, name: 'inner', clock });
    const bulkhead = createBulkhead({ maxConcurrent: 1, clock });
    for (const chain of [
      compose(outer, bulkhead, inner),
      compose(bulkhead, outer, inner),
      compose(outer, inner, bulkhead),
    ]) {
      const told: unknown[] = [];
      const remove = chain.on((event) => told.push(event.policy));
      let deadline = 0;
      const failed = chain
        .execute((context) => {
          deadline = context.deadline - clock.now();
          return clock.sleep(500);
        })
        .catch((error: TimeoutError) => error.kind);
      await clock.advance(100);
      assert.deepEqual([await failed, deadline, told, bulkhead.active], [kind, 100, [by], 1]);
      await clock.advance(400);
      remove();
      assert.deepEqual([bulkhead.active, clock.pendingTimers], [0, 0]);
    }
  }
});

test('C3 a call that times out in a queue says nothing about the dependency', async () => {
  const clock = createVirtualClock();
  const breaker = createBreaker({ clock, consecutiveFailures: 1 });
  const bulkhead = createBulkhead({ maxConcurrent: 1, maxQueue: 5, clock });
  void bulkhead.execute(() => clock.sleep(1000));
  const chain = compose(breaker, createTimeout({ timeoutMs: 100, clock }), bulkhead);
  const failed = chain.execute(() => 1).catch((error: Error) => error.name);
  await clock.advance(100);
  assert.equal(await failed, 'TimeoutError');
  assert.equal(breaker.state, 'closed');
  assert.equal(bulkhead.queued, 0);
  await clock.advance(1000);
});
