import type { LogView } from '@breakwater/server/api-types';
import { expect, test } from 'vitest';
import { createTailBuffer } from './tail-buffer.ts';

const row = (id: number, time = id) =>
  ({ id: String(id), timeUnixNano: `1764072189${String(time).padStart(3, '0')}` }) as LogView;
const rows = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => row(from + index));
const ids = (list: readonly LogView[]) => list.map(({ id }) => Number(id));

test('rows are shown newest first', () => {
  const buffer = createTailBuffer(100);
  buffer.push(rows(1, 3));
  buffer.push([row(4)]);
  expect(ids(buffer.snapshot().rows)).toEqual([4, 3, 2, 1]);
});

test('batches of several services fall into one order, by time and then by id', () => {
  const buffer = createTailBuffer(100);
  buffer.push([row(1, 10), row(2, 30), row(3, 50)]);
  buffer.push([row(4, 20), row(5, 30), row(6, 60)]);
  expect(ids(buffer.snapshot().rows)).toEqual([6, 3, 5, 2, 4, 1]);
});

test('while paused nothing moves, and resuming shows every row that waited', () => {
  const buffer = createTailBuffer(100);
  buffer.push(rows(1, 2));
  buffer.pause();
  const frozen = buffer.snapshot().rows;
  buffer.push(rows(3, 4));
  buffer.push([row(5)]);
  expect(buffer.snapshot()).toMatchObject({ paused: true, waiting: 3, received: 5 });
  expect(buffer.snapshot().rows).toBe(frozen);
  buffer.resume();
  expect(ids(buffer.snapshot().rows)).toEqual([5, 4, 3, 2, 1]);
  expect(buffer.snapshot()).toMatchObject({ paused: false, waiting: 0 });
});

test('memory stays bounded on both sides of a pause, the newest rows stay', () => {
  const buffer = createTailBuffer(3);
  buffer.push(rows(1, 10));
  expect(ids(buffer.snapshot().rows)).toEqual([10, 9, 8]);
  buffer.pause();
  buffer.push(rows(11, 20));
  expect(buffer.snapshot().waiting).toBe(3);
  buffer.resume();
  expect(ids(buffer.snapshot().rows)).toEqual([20, 19, 18]);
});

test('rows that were read before the stream began are not shown twice', () => {
  const buffer = createTailBuffer(100);
  buffer.push([row(3)]);
  buffer.seed([row(3), row(2), row(1)]);
  expect(ids(buffer.snapshot().rows)).toEqual([3, 2, 1]);
});

test('a snapshot is the same object until something changes, as React wants it', () => {
  const buffer = createTailBuffer(10);
  const before = buffer.snapshot();
  buffer.push([]);
  expect(buffer.snapshot()).toBe(before);
  buffer.addDropped(7);
  expect(buffer.snapshot().dropped).toBe(7);
});
