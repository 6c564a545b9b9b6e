import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorEvent, LogRecord, SpanRecord } from '../telemetry/records.ts';
import { createLiveStream } from './live-stream.ts';
import { createPipeline, type PipelineOptions, PipelineOverloadedError } from './pipeline.ts';

const log = (body: string): LogRecord => ({ body }) as unknown as LogRecord;
const errorEvent = { message: 'boom' } as ErrorEvent;

function recorder(overrides: Partial<PipelineOptions['store']> = {}) {
  const calls: string[] = [];
  const options: PipelineOptions = {
    store: {
      hasRoom: () => true,
      insertLogs: async (records) => void calls.push(`logs ${records.length}`),
      insertSpans: async (records) => void calls.push(`spans ${records.length}`),
      insertMetricPoints: async (records) => void calls.push(`points ${records.length}`),
      insertErrorEvents: async (records) => void calls.push(`errors ${records.length}`),
      ...overrides,
    },
    toErrorEvents: { logs: () => [errorEvent], spans: () => [] },
    onStored: { publishLogs: (records) => void calls.push(`published ${records.length}`) },
  };
  return { calls, sink: createPipeline(options) };
}

test('records and their error events are stored, then published, then acknowledged', async () => {
  const { calls, sink } = recorder();
  await sink.acceptLogs([log('a'), log('b')]);
  assert.deepEqual(calls, ['logs 2', 'errors 1', 'published 2']);
  await sink.acceptSpans([{} as SpanRecord]);
  await sink.acceptMetricPoints([{} as never]);
  assert.deepEqual(calls.slice(3), ['spans 1', 'points 1']);
});

test('nothing is published or acknowledged before both writes have ended', async () => {
  const logs = Promise.withResolvers<void>();
  const errors = Promise.withResolvers<void>();
  const { calls, sink } = recorder({ insertLogs: () => logs.promise, insertErrorEvents: () => errors.promise });
  let isAcknowledged = false;
  const accepted = sink.acceptLogs([log('a')]).then(() => {
    isAcknowledged = true;
  });
  logs.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([calls, isAcknowledged], [[], false]);
  errors.resolve();
  await accepted;
  assert.deepEqual(calls, ['published 1']);
});

test('a failed write rejects with its error after the other has ended, and publishes nothing', async () => {
  const errors = Promise.withResolvers<void>();
  const failure = new Error('disk full');
  const { calls, sink } = recorder({
    insertLogs: () => Promise.reject(failure),
    insertErrorEvents: () => errors.promise,
  });
  const accepted = sink.acceptLogs([log('a')]);
  let isSettled = false;
  accepted.catch(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isSettled, false);
  errors.resolve();
  await assert.rejects(accepted, failure);
  assert.deepEqual(calls, []);
});

test('a full store refuses before anything is written and says when to come back', async () => {
  const { calls, sink } = recorder({ hasRoom: () => false });
  assert.equal(sink.hasRoom?.(), false);
  for (const accepted of [sink.acceptLogs([log('a')]), sink.acceptSpans([{} as SpanRecord])]) {
    await assert.rejects(
      accepted,
      (error) => error instanceof PipelineOverloadedError && error.retryAfterSeconds === 1,
    );
  }
  assert.deepEqual(calls, []);
});

test('an empty batch touches nothing', async () => {
  const { calls, sink } = recorder({ hasRoom: () => false });
  await sink.acceptLogs([]);
  await sink.acceptSpans([]);
  await sink.acceptMetricPoints([]);
  assert.deepEqual(calls, []);
});

test('a batch of five seconds is delivered whole; on average no more than the limit a second', () => {
  let now = 10_000;
  const live = createLiveStream({ now: () => now });
  let delivered = 0;
  let dropped = 0;
  live.subscribeLogs({
    maxPerSecond: 200,
    onBatch: (records, missed) => {
      delivered += records.length;
      dropped += missed;
    },
  });
  const batch = (size: number) => Array.from({ length: size }, () => log('a'));
  for (let round = 0; round < 10; round++) {
    live.publishLogs(batch(1_000));
    now += 5_000;
  }
  assert.deepEqual([delivered, dropped], [10_000, 0]);

  // From here on too much: 1,000 a second for 60 s. The burst is there once, then 200 a second.
  for (let round = 0; round < 240; round++) {
    live.publishLogs(batch(250));
    now += 250;
  }
  assert.deepEqual([delivered - 10_000, dropped], [1_000 + 239 * 50, 240 * 250 - 1_000 - 239 * 50]);
  // A clock that goes back neither throws nor gives anything.
  now -= 3_600_000;
  live.publishLogs(batch(250));
  now += 1_000;
  live.publishLogs(batch(300));
  assert.equal(delivered - 10_000, 1_000 + 239 * 50 + 200);
});

test('a reader gets what matches, up to the limit, and how many it missed', () => {
  let now = 10_000;
  const live = createLiveStream({ now: () => now });
  const seen: [string[], number][] = [];
  const unsubscribe = live.subscribeLogs({
    match: (record) => String(record.body).startsWith('a'),
    maxPerSecond: 3,
    onBatch: (records, dropped) => seen.push([records.map((record) => String(record.body)), dropped]),
  });
  live.publishLogs(Array.from({ length: 12 }, () => log('a0')));
  seen.length = 0;
  live.publishLogs([log('a1'), log('b'), log('a2')]);
  live.publishLogs([log('b')]);
  live.publishLogs([log('a3'), log('a4'), log('a5')]);
  live.publishLogs([log('a6')]);
  now += 1_000;
  live.publishLogs([log('a7')]);
  unsubscribe();
  live.publishLogs([log('a8')]);
  assert.deepEqual(seen, [
    [['a1', 'a2'], 0],
    [['a3'], 2],
    [[], 1],
    [['a7'], 0],
  ]);
});

test('a reader that throws is removed and told of; the others go on', () => {
  const lines: string[] = [];
  const live = createLiveStream({ log: (line) => lines.push(line) });
  let delivered = 0;
  live.subscribeLogs({
    maxPerSecond: 10,
    onBatch: () => {
      throw new Error('socket gone');
    },
  });
  live.subscribeLogs({ maxPerSecond: 10, onBatch: () => delivered++ });
  live.publishLogs([log('a')]);
  live.publishLogs([log('b')]);
  assert.equal(delivered, 2);
  assert.deepEqual(lines, ['live stream: a reader failed and was removed: socket gone']);
  assert.throws(() => live.subscribeLogs({ maxPerSecond: 0, onBatch: () => {} }), RangeError);
});
