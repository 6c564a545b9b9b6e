import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock } from '@breakwater/testing';
import { systemClock } from './clock.ts';
import { Timer, Timers, timersOf } from './timers.ts';

test('T1 fires at the very time, in order of time', async () => {
  const clock = createVirtualClock();
  const timers = timersOf(clock);
  const fired: string[] = [];
  for (const [name, delay] of [
    ['a', 30],
    ['b', 10],
    ['c', 31],
    ['d', 20],
  ] as const) {
    timers.add(new Timer(() => fired.push(`${name}@${clock.now()}`)), delay);
  }
  await clock.advance(100);
  assert.deepEqual(fired, ['b@10', 'd@20', 'a@30', 'c@31']);
});

test('T1 a thousand random waits, some removed, fire never early and in order', async () => {
  const clock = createVirtualClock();
  const timers = timersOf(clock);
  const random = createRandom(7);
  const fired: number[] = [];
  let removed = 0;
  const nodes: Timer[] = [];
  for (let index = 0; index < 1000; index++) {
    const due = Math.floor(random() * 500);
    const node = new Timer(() => {
      assert.ok(clock.now() >= due, `${clock.now()} < ${due}`);
      fired.push(due);
    });
    nodes.push(node);
    timers.add(node, due);
    if (index % 3 === 0 && index > 10) {
      if (index % 2 === 0) await clock.settle();
      const victim = nodes[Math.floor(random() * nodes.length)]!;
      if (victim.place !== undefined) removed++;
      timers.remove(victim);
    }
  }
  await clock.advance(600);
  assert.equal(fired.length, 1000 - removed);
  assert.deepEqual(
    fired,
    [...fired].sort((a, b) => a - b),
  );
  assert.equal(clock.pendingTimers, 0);
});

test('T1 delays beyond 2^31 ms work, and Infinity never falls due', async () => {
  const clock = createVirtualClock();
  const timers = timersOf(clock);
  const fired: number[] = [];
  const days = 60 * 24 * 3600 * 1000;
  const never = new Timer(() => fired.push(-1));
  timers.add(new Timer(() => fired.push(clock.now())), days);
  timers.add(never, Number.POSITIVE_INFINITY);
  await clock.advance(days - 1);
  assert.equal(fired.length, 0);
  await clock.advance(1);
  assert.deepEqual(fired, [days]);
  await clock.advance(10 * days);
  assert.deepEqual(fired, [days]);
  timers.remove(never);
});

test('T1 on the system clock a wait beyond 2^31 ms does not fire at once', async () => {
  const timers = timersOf(systemClock);
  let fired = false;
  const node = new Timer(() => {
    fired = true;
  });
  timers.add(node, 2 ** 33);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  timers.remove(node);
  assert.equal(fired, false);
});

test('T2 a wait that begins and ends in one turn reads no clock and sets no timer', async () => {
  const clock = createVirtualClock();
  let reads = 0;
  const now = (): number => {
    reads++;
    return clock.now();
  };
  const timers = new Timers({ ...clock, now });
  for (let index = 0; index < 100; index++) {
    const node = new Timer(() => undefined);
    timers.add(node, 1000);
    timers.remove(node);
  }
  assert.equal(reads, 0);
  await clock.settle();
  assert.equal(reads, 0);
  assert.equal(clock.pendingTimers, 0);
});

test('T3 after a blocked event loop due waits are held back once, for as long as the block, at most a second', async () => {
  const clock = createVirtualClock();
  const timers = timersOf(clock);
  const fired: number[] = [];
  timers.add(new Timer(() => fired.push(clock.now())), 100);
  await clock.settle();
  clock.block(400);
  await clock.advance(0);
  assert.equal(fired.length, 0, 'an answer that is already there is read first');
  await clock.advance(299);
  assert.equal(fired.length, 0);
  await clock.advance(1);
  assert.deepEqual(fired, [700]);
  timers.add(new Timer(() => fired.push(clock.now())), 100);
  await clock.settle();
  clock.block(60_000);
  await clock.advance(1000);
  assert.deepEqual(fired, [700, 61_700]);
});

test('T4 with nothing waiting no timer is armed', async () => {
  const clock = createVirtualClock();
  const timers = timersOf(clock);
  const nodes = Array.from({ length: 100 }, (): Timer => new Timer(() => undefined));
  for (const [index, node] of nodes.entries()) timers.add(node, 1000 + index);
  await clock.settle();
  assert.equal(clock.pendingTimers, 100);
  for (const node of nodes) timers.remove(node);
  await clock.settle();
  assert.equal(clock.pendingTimers, 0);
});
