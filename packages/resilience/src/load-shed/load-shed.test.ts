import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@breakwater/testing';
import { createAdaptiveConcurrency, createLoadShed, type LoadShed } from '../index.ts';

function caller(clock: VirtualClock, shed: LoadShed, order: string[], workMs: number) {
  return (name: string, priority?: number): Promise<string> =>
    shed
      .execute(
        async () => {
          order.push(name);
          await clock.sleep(workMs);
          return 'ok';
        },
        { priority },
      )
      .catch((error: { reason: string }) => error.reason);
}

test('S1 while calm, calls wait in order, at most intervalMs', async () => {
  const clock = createVirtualClock();
  const shed = createLoadShed({ maxConcurrent: 1, intervalMs: 100, targetMs: 5, clock });
  const order: string[] = [];
  const call = caller(clock, shed, order, 30);
  const calls = ['a', 'b', 'c'].map((name) => call(name));
  await clock.advance(200);
  assert.deepEqual(await Promise.all(calls), ['ok', 'ok', 'ok']);
  assert.deepEqual(order, ['a', 'b', 'c']);
  assert.equal(shed.overloaded, false);
  const slow = caller(clock, shed, order, 500);
  const waiting = [slow('d'), slow('e')];
  await clock.advance(100);
  assert.equal(await waiting[1], 'waited');
});

test('S2 a queue that does not empty is overload: the newest first, for at most targetMs, until it is calm again', async () => {
  const clock = createVirtualClock();
  const shed = createLoadShed({ maxConcurrent: 1, intervalMs: 50, targetMs: 10, clock });
  const told: string[] = [];
  shed.on((event) => event.type === 'load-shed.changed' && told.push(`${event.reason}@${clock.now()}`));
  const order: string[] = [];
  const call = caller(clock, shed, order, 8);
  const calls: Promise<string>[] = [];
  for (let index = 0; index < 100; index++) {
    calls.push(call(String(index)));
    await clock.advance(2);
  }
  assert.equal(shed.overloaded, true);
  assert.match(told[0]!, /^overload@(48|5\d)/);
  const last = order.slice(-5).map(Number);
  // Four calls come per call served: served fresh, each is among the last four.
  for (const [index, served] of last.entries()) assert.ok(index === 0 || served - last[index - 1]! <= 5, String(last));
  await clock.advance(100);
  assert.equal(shed.queued, 0);
  await clock.run(call('later'));
  assert.deepEqual([shed.overloaded, told.length], [false, 2]);
  const outcomes = await Promise.all(calls);
  assert.ok(outcomes.includes('overload'));
  assert.equal(clock.pendingTimers, 0);
});

test('S3 the higher priority goes first, and takes the place of the lowest in a full queue', async () => {
  const clock = createVirtualClock();
  const shed = createLoadShed({ maxConcurrent: 1, maxQueue: 2, intervalMs: 1000, clock });
  const order: string[] = [];
  const call = caller(clock, shed, order, 10);
  const calls = [call('running'), call('low', -1), call('normal', 0), call('other', 0), call('high', 1)];
  assert.equal(await calls[1], 'queue-full');
  // 'other' has taken the place of 'low', and 'high' then that of 'other', which came last of the lowest.
  assert.equal(await calls[3], 'queue-full');
  await clock.advance(100);
  assert.deepEqual(await Promise.all([calls[0], calls[2], calls[4]]), ['ok', 'ok', 'ok']);
  assert.deepEqual(order, ['running', 'high', 'normal']);
});

test('S4 a caller who gives up leaves the queue; a deadline is kept; a place is held until the work ends', async () => {
  const clock = createVirtualClock();
  const shed = createLoadShed({ maxConcurrent: 1, intervalMs: 1000, clock });
  const controller = new AbortController();
  const first = assert.rejects(
    shed.execute(() => clock.sleep(100), { signal: controller.signal }),
    { name: 'AbortError' },
  );
  let ran = 0;
  const second = assert.rejects(
    shed.execute(() => ran++, { signal: controller.signal }),
    { name: 'AbortError' },
  );
  const third = assert.rejects(
    shed.execute(() => ran++, { deadline: 50 }),
    { reason: 'deadline' },
  );
  controller.abort();
  await Promise.all([first, second]);
  assert.deepEqual([shed.active, shed.queued], [1, 1]);
  await clock.advance(50);
  await third;
  await clock.advance(50);
  assert.deepEqual([shed.active, shed.queued, ran, clock.pendingTimers], [0, 0, 0, 0]);
});

test('S5 follows the limit of an adaptive policy; wrong options fail', async () => {
  const clock = createVirtualClock();
  const adaptive = createAdaptiveConcurrency({ initialLimit: 2, clock });
  const shed = createLoadShed({ maxConcurrent: adaptive, clock });
  const calls = [1, 2, 3].map(() => shed.execute(() => clock.sleep(10)));
  assert.deepEqual([shed.active, shed.queued], [2, 1]);
  await clock.advance(50);
  await Promise.all(calls);
  assert.throws(() => createLoadShed({ maxConcurrent: 1.5 }), /maxConcurrent.*1\.5/);
  assert.throws(() => createLoadShed({} as never), /maxConcurrent/);
});

test('S4 S6 a listener that makes the caller of an entering call give up leaves nothing in the queue', async () => {
  const clock = createVirtualClock();
  const shed = createLoadShed({ maxConcurrent: 1, clock });
  const controller = new AbortController();
  shed.on(({ type }) => type === 'load-shed.changed' && controller.abort());
  const ran: string[] = [];
  const served = shed.execute(() => clock.sleep(300));
  const waiting = shed.execute(() => ran.push('waiting'));
  // Time passes without a timer being due: the next call sees the overload.
  clock.block(100);
  const givenUp = shed.execute(() => ran.push('given up'), { signal: controller.signal });
  assert.deepEqual([shed.queued, shed.overloaded], [1, true]);
  const outcomes = clock.run(Promise.allSettled([served, waiting, givenUp]));
  await assert.rejects(givenUp, { name: 'AbortError' });
  await outcomes;
  assert.deepEqual([ran, shed.active, shed.queued], [[], 0, 0]);
  assert.equal(await shed.execute(() => 'served'), 'served');
});

test('S2 a queue of one whose place is taken by higher priorities has not been empty', async () => {
  const clock = createVirtualClock();
  const shed = createLoadShed({ maxConcurrent: 1, maxQueue: 1, clock });
  const calls = [shed.execute(() => clock.sleep(1000))];
  for (let priority = 0; priority < 5; priority++) {
    calls.push(shed.execute(() => clock.sleep(1), { priority }));
    clock.block(30);
  }
  const refused = Promise.allSettled(calls);
  calls.push(shed.execute(() => clock.sleep(1), { priority: 9 }));
  assert.equal(shed.overloaded, true);
  await clock.run(Promise.allSettled([refused, ...calls]));
});
