import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '@breakwater/testing';
import type { Call } from '../index.ts';
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
  assert.deepEqual([queue.size, queue.levels, queue.take(), queue.last], [0, 0, undefined, undefined]);
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
  assert.equal(queue.size, 1);
  queue.remove(one);
  queue.remove(one);
  assert.equal(queue.size, 0);
});
