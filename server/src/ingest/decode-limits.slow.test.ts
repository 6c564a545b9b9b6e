import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeContext } from './decode-context.ts';
import { DecodeLimitError } from './decode-error.ts';
import { createIdGenerator } from './id-generator.ts';
import { decodeLogsJson } from './json-logs.ts';
import { INGEST_LIMITS } from './limits.ts';
import { decodeLogsProtobuf } from './protobuf-logs.ts';
import { decodeTracesProtobuf } from './protobuf-traces.ts';

const newContext = (): DecodeContext => new DecodeContext(1_800_000_000_000, () => 0n);
/** A length-delimited field with a length of 4 bytes. */
const nested = (field: number, content: Buffer): Buffer => {
  const length = [0, 7, 14, 21].map((shift, i) => ((content.length >> shift) & 0x7f) | (i < 3 ? 0x80 : 0));
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), content]);
};

test('JSON of many small values are refused before they fill the memory', () => {
  const records = '{},'.repeat(INGEST_LIMITS.maxElements / 8 + 1);
  assert.throws(
    () => decodeLogsJson(Buffer.from(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${records}{}]}]}]}`), newContext()),
    DecodeLimitError,
  );
  const numbers = `{"x":[${'1,'.repeat(3 * INGEST_LIMITS.maxElements)}1]}`;
  assert.throws(() => decodeLogsJson(Buffer.from(numbers), newContext()), DecodeLimitError);
  const fields = Array.from({ length: INGEST_LIMITS.maxJsonFields + 2 }, (_, i) => `"k${i}":"${'x'.repeat(120)}"`);
  assert.throws(() => decodeLogsJson(Buffer.from(`{${fields}}`), newContext()), DecodeLimitError);
});

test('a few protobuf bytes cannot expand to any number of records, events or buckets', () => {
  const empties = (field: number, count: number): Buffer => Buffer.alloc(2 * count, Buffer.from([(field << 3) | 2, 0]));
  const records = empties(2, INGEST_LIMITS.maxElements / 8 + 1);
  assert.throws(() => decodeLogsProtobuf(nested(1, nested(2, records)), newContext()), DecodeLimitError);
  const events = empties(11, INGEST_LIMITS.maxElements + 1);
  assert.throws(() => decodeTracesProtobuf(nested(1, nested(2, nested(2, events))), newContext()), DecodeLimitError);
});

test('more ids in a millisecond than its bits hold run on', () => {
  let now = 1;
  const nextId = createIdGenerator(() => now);
  let last = nextId();
  for (let i = 0; i < 2 ** 22 + 5; i++) last = nextId();
  now = 2;
  assert.ok(nextId() > last);
});
