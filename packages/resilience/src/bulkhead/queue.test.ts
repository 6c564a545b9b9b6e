import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '@breakwater/testing';
import { WaitQueue } from './queue.ts';

const waiter = (key: string, priority = 0): { key: string; priority: number } => ({ key, priority });

test('known mistake: memory does not grow with keys or priorities: what is empty is forgotten', () => {
  const queue = new WaitQueue(10);
  for (let index = 0; index < 10_000; index++) {
    const one = waiter(`tenant-${index}`, index);
    queue.add(one);
    if (index % 2 === 0) assert.equal(queue.remove(one), true);
    else assert.equal(queue.take(), one);
  }
  assert.deepEqual([queue.size, queue.levels, queue.take()], [0, 0, undefined]);
});

test('K4 with many levels waiting, none waits longer than its limit and the turns of the other starved ones', () => {
  const queue = new WaitQueue(5);
  const random = createRandom(9);
  const since = new Map<number, number>();
  const levels = [0, 1, 2, 3];
  for (const priority of levels) queue.add(waiter('', priority));
  for (let turn = 0; turn < 5000; turn++) {
    const taken = queue.take()!;
    since.set(taken.priority, turn);
    queue.add(waiter('', taken.priority));
    if (random() < 0.5) queue.add(waiter('', 3));
    if (turn > 50)
      for (const priority of levels)
        assert.ok(turn - since.get(priority)! <= 5 + levels.length, `${priority} at ${turn}`);
  }
});

test('removing one that is not there changes nothing', () => {
  const queue = new WaitQueue(1);
  const one = waiter('a');
  queue.add(one);
  assert.equal(queue.remove(waiter('a')), false);
  assert.equal(queue.remove(waiter('b', 7)), false);
  assert.equal(queue.remove(one), true);
  assert.equal(queue.remove(one), false);
  assert.equal(queue.size, 0);
});
