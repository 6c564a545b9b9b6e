import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '@breakwater/log';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { createOtlpSink } from './otlp-sink.ts';

const OK: ExportResult = { code: ExportResultCode.SUCCESS };
const failure = (code?: number): ExportResult => ({
  code: ExportResultCode.FAILED,
  error: Object.assign(new Error('no'), { code }),
});

function setUp(answers: readonly ExportResult[], options: { maxQueue?: number; maxBatch?: number } = {}) {
  const batches: ReadableLogRecord[][] = [];
  const left = [...answers];
  const exporter: LogRecordExporter = {
    export(records, done) {
      batches.push(records);
      done(left.shift() ?? OK);
    },
    shutdown: () => Promise.resolve(),
    forceFlush: () => Promise.resolve(),
  };
  const resource = resourceFromAttributes({ 'service.name': 'test' });
  const sink = createOtlpSink({ exporter, resource, delayMs: 60_000, maxQueue: 1_000, ...options });
  return { sink, batches };
}

const line = (body: string): string =>
  `{"timestamp":"2026-11-25T10:00:00.125Z","severityText":"INFO","severityNumber":9,"body":"${body}","resource":{},"attributes":{}}\n`;

test('a record arrives whole: time, severity, body, event name, trace, scope, attributes, exact integers as text (R11)', async () => {
  const { sink, batches } = setUp([]);
  const log = createLogger({
    service: 'test',
    sinks: [sink],
    flushAtExit: false,
    now: () => 1_764_064_800_125,
    trace: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }),
  });
  log.module('orders').log('warn', 'late', { minutes: 5, big: 2n ** 60n, list: [1, { deep: true }] }, 'order.late');
  await log.close();
  const record = batches.flat().find((given) => given.body === 'late')!;
  assert.deepEqual(record.hrTime, [1_764_064_800, 125_000_000]);
  assert.equal(record.severityNumber, 13);
  assert.equal(record.eventName, 'order.late');
  assert.deepEqual(record.spanContext, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 });
  assert.equal(record.instrumentationScope.name, 'orders');
  assert.deepEqual(record.attributes, { minutes: 5, big: '1152921504606846976', list: [1, { deep: true }] });
});

test('written means taken by the receiver; batches are bounded (R12)', async () => {
  const { sink, batches } = setUp([], { maxBatch: 2 });
  for (const body of ['a', 'b', 'c', 'd', 'e']) sink.write(line(body), 9);
  await sink.close();
  assert.deepEqual(
    batches.flat().map((record) => record.body),
    ['a', 'b', 'c', 'd', 'e'],
  );
  assert.ok(batches.every((batch) => batch.length <= 2));
  assert.deepEqual(sink.counts(), { emitted: 5, written: 5, pending: 0, dropped: {} });
});

test('what the receiver refuses for good is dropped as rejected, and the rest goes on (R12)', async () => {
  const { sink } = setUp([failure(400)], { maxBatch: 2 });
  for (const body of ['a', 'b', 'c']) sink.write(line(body), 9);
  await sink.flush();
  assert.deepEqual(sink.counts(), { emitted: 3, written: 1, pending: 0, dropped: { rejected: 2 } });
  await sink.close();
});

test('any other failure keeps the batch until flush, which tries once more and counts what is left (R12)', async () => {
  for (const code of [undefined, 408, 429, 503]) {
    const { sink, batches } = setUp([failure(code), failure(code)], { maxBatch: 2 });
    sink.write(line('a'), 9);
    sink.write(line('b'), 9);
    assert.equal(sink.counts().pending, 2);
    await sink.flush();
    assert.equal(batches.length, 2);
    assert.deepEqual(sink.counts(), { emitted: 2, written: 0, pending: 0, dropped: { failed: 2 } });
    await sink.close();
  }
});

test('the batch that failed is sent again, in order, before newer lines (R12)', async () => {
  const { sink, batches } = setUp([failure(503)], { maxBatch: 2 });
  for (const body of ['a', 'b', 'c']) sink.write(line(body), 9);
  await sink.flush();
  assert.deepEqual(
    batches.map((batch) => batch.map((record) => record.body).join('')),
    ['ab', 'ab', 'c'],
  );
  assert.equal(sink.counts().written, 3);
  await sink.close();
});

test('a queue that is full gives up its oldest line, counted (R13)', async () => {
  const { sink, batches } = setUp([], { maxQueue: 2 });
  for (const body of ['a', 'b', 'c']) sink.write(line(body), 9);
  await sink.close();
  sink.write(line('d'), 9);
  assert.deepEqual(
    batches.flat().map((record) => record.body),
    ['b', 'c'],
  );
  assert.deepEqual(sink.counts(), { emitted: 4, written: 2, pending: 0, dropped: { 'queue-full': 1, closed: 1 } });
});

test('an exporter that throws counts as one that failed (R12)', async () => {
  const exporter = {
    export() {
      throw new Error('broken');
    },
    shutdown: () => Promise.resolve(),
    forceFlush: () => Promise.resolve(),
  };
  const sink = createOtlpSink({ exporter, resource: resourceFromAttributes({}), delayMs: 60_000, maxQueue: 10 });
  sink.write(line('a'), 9);
  await sink.close();
  assert.deepEqual(sink.counts().dropped, { failed: 1 });
});
