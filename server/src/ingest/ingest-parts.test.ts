import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFaultList } from './faults.ts';
import { createIdGenerator } from './id-generator.ts';
import { ingestKeyOf } from './ingest-key.ts';
import { createMemoryBudget } from './memory-budget.ts';
import { unavailable } from './refusal.ts';
import { wrongPathReason } from './signals.ts';
import { otlpType } from './testing/otlp-schema.ts';
import { createTextCache } from './text-cache.ts';
import { encodeExportResponse, encodeStatus, wireFormatOf } from './wire-format.ts';

test('ids increase with the clock, without it, and against it', () => {
  let now = 1_000;
  const nextId = createIdGenerator(() => now);
  const ids = [nextId(), nextId()];
  now = 2_000;
  ids.push(nextId());
  now = 500;
  ids.push(nextId(), nextId());
  now = 2_001;
  ids.push(nextId());
  for (let i = 1; i < ids.length; i++) assert.ok((ids[i] as bigint) > (ids[i - 1] as bigint));
  assert.equal(ids[0], 1_000n << 22n);
  assert.equal(ids[5], 2_001n << 22n);
});

test('content types are compared as MIME types', () => {
  assert.equal(wireFormatOf('application/x-protobuf'), 'protobuf');
  assert.equal(wireFormatOf('Application/JSON; charset=utf-8'), 'json');
  assert.equal(wireFormatOf('application/json;charset=utf-8'), 'json');
  for (const other of [undefined, '', 'text/plain', 'application/grpc', 'application/jsonl']) {
    assert.equal(wireFormatOf(other), null);
  }
});

test('a full success leaves partial_success unset; a warning has no count', () => {
  assert.equal(encodeExportResponse('protobuf', 'rejectedSpans', 0, '').length, 0);
  assert.equal(encodeExportResponse('json', 'rejectedSpans', 0, '').toString(), '{}');
  assert.deepEqual(JSON.parse(encodeExportResponse('json', 'rejectedSpans', 0, 'w').toString()), {
    partialSuccess: { errorMessage: 'w' },
  });
  assert.deepEqual(JSON.parse(encodeExportResponse('json', 'rejectedDataPoints', 3, 'm').toString()), {
    partialSuccess: { rejectedDataPoints: '3', errorMessage: 'm' },
  });
});

test('answers in protobuf are what protobufjs reads', () => {
  const message = `ä${'x'.repeat(300)}`;
  const response = otlpType('ExportResponse').decode(
    encodeExportResponse('protobuf', 'rejectedSpans', 70_000, message),
  );
  assert.deepEqual(JSON.parse(JSON.stringify(response)), {
    partialSuccess: { rejected: '70000', errorMessage: message },
  });
  const status = otlpType('Status_').decode(encodeStatus('protobuf', 14, 'later'));
  assert.deepEqual({ ...status }, { code: 14, message: 'later' });
});

test('Retry-After is a whole number of seconds between 1 and 3', () => {
  for (const [asked, answered] of [
    [undefined, '1'],
    [0, '1'],
    [0.2, '1'],
    [1.2, '2'],
    [60, '3'],
    [-5, '1'],
    [Number.NaN, '1'],
  ] as const) {
    assert.equal(unavailable('x', asked).headers['retry-after'], answered);
  }
});

test('equal faults move to the front, others push the oldest out', () => {
  const faults = createFaultList();
  for (let i = 0; i < 25; i++) faults.add({ at: i, path: `/${i}`, status: 404, reason: 'r' });
  faults.add({ at: 99, path: '/10', status: 404, reason: 'r' });
  const list = faults.list();
  assert.equal(list.length, 20);
  assert.deepEqual(
    list.slice(0, 3).map((fault) => fault.path),
    ['/10', '/24', '/23'],
  );
  assert.equal(list[0]?.at, 99);
  faults.add({ at: 100, path: 'x'.repeat(10_000), status: 404, reason: 'r' });
  assert.equal(faults.list()[0]?.path.length, 200);
});

test('the reason for a wrong path names the right one', () => {
  assert.match(wrongPathReason('/v1/log'), /did you mean \/v1\/logs\?/);
  assert.match(wrongPathReason('/v1/trace'), /did you mean \/v1\/traces\?/);
  assert.match(wrongPathReason('/v1/traces/v1/traces'), /did you mean \/v1\/traces\?/);
  assert.match(wrongPathReason('/v1/metrics/'), /did you mean \/v1\/metrics\?/);
  assert.match(wrongPathReason('/'), /the path is missing/);
  assert.match(wrongPathReason('/api/v2/spans'), /send to \/v1\/logs, \/v1\/traces, \/v1\/metrics/);
  assert.match(wrongPathReason('/opentelemetry.proto.collector.trace.v1.TraceService/Export'), /gRPC/);
});

test('the ingest key is found in the three places clients put it', () => {
  assert.equal(ingestKeyOf({ authorization: 'Bearer abc' }), 'abc');
  assert.equal(ingestKeyOf({ authorization: 'bearer  abc ' }), 'abc');
  assert.equal(ingestKeyOf({ authorization: 'abc' }), 'abc');
  assert.equal(ingestKeyOf({ 'x-api-key': 'abc' }), 'abc');
  assert.equal(ingestKeyOf({ authorization: 'Basic abc', 'x-api-key': 'def' }), null);
  assert.equal(ingestKeyOf({}), null);
  assert.equal(ingestKeyOf({ authorization: '', 'x-api-key': ' ' }), null);
});

test('the memory budget is shared and given back', () => {
  const budget = createMemoryBudget(10);
  const a = budget.reserve();
  const b = budget.reserve();
  assert.ok(a.take(6));
  assert.ok(!b.take(5));
  assert.ok(b.take(4));
  a.release();
  a.release();
  assert.ok(b.take(6));
  assert.ok(!b.take(1));
});

test('the text table gives back what the bytes say, also when texts share a slot', () => {
  const cache = createTextCache(2, 8);
  for (let round = 0; round < 2; round++) {
    for (const text of ['', 'a', 'b', 'c', 'ab', 'ba', 'longer than the table keeps', 'ä']) {
      const bytes = Buffer.from(`..${text}..`);
      assert.equal(cache.read(bytes, 2, bytes.length - 2), text);
    }
  }
  assert.throws(() => createTextCache(3, 8), RangeError);
});
