import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock } from '@breakwater/testing';
import { type Call, createBulkhead, fairQueue } from '../index.ts';
import { FairQueue } from './fair-queue.ts';

const waiter = (key: string, priority = 0): Call => ({ key, priority }) as Call;

test('known mistake: memory does not grow with keys or priorities: what is empty is forgotten', () => {
  const queue = new FairQueue({ byKey: true });
  for (let index = 0; index < 10_000; index++) {
    const one = waiter(`tenant-${index}`, index);
    queue.add(one);
    if (index % 2 === 0) queue.remove(one);
    else assert.equal(queue.take(), one);
  }
  assert.deepEqual([queue.levels, queue.take(), queue.last], [[], undefined, undefined]);
});

test('K4 with many levels waiting, none waits longer than its limit and the turns of the other starved ones', () => {
  const queue = new FairQueue({ starvationLimit: 5 });
  const random = createRandom(9);
  const since = new Map<number, number>();
  const levels = [0, 1, 2, 3];
  for (const priority of levels) queue.add(waiter('', priority));
  for (let turn = 0; turn < 5000; turn++) {
    const priority = queue.take()!.priority!;
    since.set(priority, turn);
    queue.add(waiter('', priority));
    if (random() < 0.5) queue.add(waiter('', 3));
    if (turn > 50)
      for (const priority of levels)
        assert.ok(turn - since.get(priority)! <= 5 + levels.length, `${priority} at ${turn}`);
  }
});

test('removing one that is not there changes nothing', () => {
  const queue = new FairQueue({});
  const one = waiter('a');
  queue.add(one);
  queue.remove(waiter('a'));
  queue.remove(waiter('b', 7));
  assert.equal(queue.last, one);
  queue.remove(one);
  queue.remove(one);
  assert.deepEqual([queue.last, queue.levels], [undefined, []]);
});

test('K8 an order that two bulkheads share, against its contract, loses no call', async () => {
  const clock = createVirtualClock();
  const order = fairQueue();
  const [a, b] = ['a', 'b'].map((name) => createBulkhead({ maxConcurrent: 1, maxQueue: 5, clock, order, name }));
  const calls = [a!.execute(() => clock.sleep(10)), b!.execute(() => clock.sleep(5))];
  for (const bulkhead of [a!, b!, a!, b!]) calls.push(bulkhead.execute(() => clock.sleep(1)));
  await clock.run(Promise.all(calls));
  assert.deepEqual([a!.active, a!.queued, b!.active, b!.queued], [0, 0, 0, 0]);
});

test('K3 P9 a listener that makes the caller of an admitted call give up stops no other call', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({ maxConcurrent: 1, maxQueue: 5, clock });
  const controller = new AbortController();
  bulkhead.on(({ type }) => type === 'bulkhead.admitted' && controller.abort());
  const first = bulkhead.execute(() => clock.sleep(10));
  const second = assert.rejects(
    bulkhead.execute(() => 'never', { signal: controller.signal }),
    { name: 'AbortError' },
  );
  const third = bulkhead.execute(() => 'third');
  await clock.run(first);
  await second;
  assert.equal(await third, 'third');
  assert.deepEqual([bulkhead.active, bulkhead.queued], [0, 0]);
});

test('P8 a limit per key that would not be kept is refused', () => {
  assert.throws(() => fairQueue({ maxPerKey: 2 }), {
    name: 'OptionError',
    message: /^fairQueue\.maxPerKey: no such option/,
  });
  assert.throws(() => fairQueue({ byKey: true, maxPerKey: 0 }), /maxPerKey.*0/);
  assert.throws(() => fairQueue(null as never), { name: 'OptionError' });
  fairQueue({ byKey: true, maxPerKey: 2 });
});
