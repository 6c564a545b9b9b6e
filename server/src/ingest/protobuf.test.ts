import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttributeValue, LogRecord } from '../telemetry/records.ts';
import { DecodeContext } from './decode-context.ts';
import { DecodeError } from './decode-error.ts';
import { INGEST_LIMITS } from './limits.ts';
import { decodeLogsProtobuf } from './protobuf-logs.ts';
import { decodeMetricsProtobuf } from './protobuf-metrics.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import { decodeTracesProtobuf } from './protobuf-traces.ts';
import { TOO_DEEP_MARKER, TRUNCATED_KEY } from './record-parts.ts';
import { encodeOtlp, otlpType } from './testing/otlp-schema.ts';

const NOW_MS = 1_800_000_000_000;
const TRACE_ID = Buffer.from('5b8efff798038103d269b633813fc60c', 'hex');
const SPAN_ID = Buffer.from('eee19b7ec3c1b174', 'hex');

const newContext = (): DecodeContext => new DecodeContext(NOW_MS, () => 0n);
const logsRequest = (...logRecords: object[]): Uint8Array =>
  encodeOtlp('LogsRequest', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
/** A length-delimited field. */
const piece = (field: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = content.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), content]);
};

function bodyOf(value: object, context: DecodeContext = newContext()): AttributeValue {
  return (decodeLogsProtobuf(logsRequest({ body: value }), context)[0] as LogRecord).body;
}

test('fields may come in any order and the resource after its records', () => {
  const resource = encodeOtlp('Resource', { attributes: [{ key: 'service.name', value: { stringValue: 'late' } }] });
  const scope = encodeOtlp('InstrumentationScope', { name: 'late scope' });
  const record = encodeOtlp('LogRecord', { severityText: 'INFO' });
  const request = piece(1, piece(2, piece(2, record), piece(1, scope)), piece(1, resource));
  const [log] = decodeLogsProtobuf(request, newContext()) as [LogRecord];
  assert.equal(log.resource.serviceName, 'late');
  assert.equal(log.scope.name, 'late scope');
});

test('a message that comes in pieces adds up, and a repeated scalar is the last one', () => {
  const part = (key: string): Uint8Array => encodeOtlp('Resource', { attributes: [{ key, value: { intValue: '1' } }] });
  const record = Buffer.concat([
    encodeOtlp('LogRecord', { severityText: 'a' }),
    encodeOtlp('LogRecord', { severityText: 'b' }),
  ]);
  const [log] = decodeLogsProtobuf(
    piece(1, piece(1, part('x')), piece(1, part('y')), piece(2, piece(2, record))),
    newContext(),
  );
  assert.deepEqual([...(log as LogRecord).resource.attributes.keys()], ['x', 'y']);
  assert.equal(log?.severityText, 'b');
});

test('unknown fields of every wire type, and groups, are passed over', () => {
  const unknown = Buffer.from([
    ...[0xa0, 0x06, 0x96, 0x01], // field 100, varint
    ...[0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8], // fixed64
    ...[0xa2, 0x06, 2, 9, 9], // length-delimited
    ...[0xa3, 0x06, 0x08, 0x01, 0x13, 0x14, 0xa4, 0x06], // a group with a varint and an empty group within
    ...[0xa5, 0x06, 1, 2, 3, 4], // fixed32
  ]);
  const record = Buffer.concat([unknown, encodeOtlp('LogRecord', { severityText: 'x' }), unknown]);
  const request = Buffer.concat([unknown, piece(1, unknown, piece(2, unknown, piece(2, record)))]);
  const context = newContext();
  assert.equal(decodeLogsProtobuf(request, context)[0]?.severityText, 'x');
  assert.equal(context.message(), '');
});

test('a known field of another wire type counts as unknown', () => {
  const record = Buffer.from([0x08, 0x05, 0x1a, 0x01, 0x41]); // time_unix_nano as varint, severity_text = A
  const [log] = decodeLogsProtobuf(piece(1, piece(2, piece(2, record))), newContext());
  assert.equal(log?.severityText, 'A');
});

test('malformed bytes are a DecodeError that says where', () => {
  for (const [bytes, message] of [
    [[0x0a], /ends within|length/],
    [[0x0a, 0x05, 0x01], /a length reaches past the end/],
    [[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], /a length reaches past the end/],
    [[0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], /longer than 10 bytes/],
    [[0x07], /field number 0/],
    [[0x0f], /wire type 7/],
    [[0x0c], /a group ends/],
    [[0x0b], /a group does not end/],
    [[0x0b, 0x14], /a group ends/],
    [new Array(200).fill(0x0b), /groups nested/],
    [[0x0a, 0x02, 0x12, 0x04, 0x0a, 0x00, 0x0a, 0x00], /past the end of its message/],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], /longer than 10 bytes/],
  ] as const) {
    for (const decode of [decodeLogsProtobuf, decodeTracesProtobuf, decodeMetricsProtobuf]) {
      assert.throws(
        () => decode(Uint8Array.from(bytes), newContext()),
        (error) => error instanceof DecodeError && message.test(error.message) && /at byte \d+/.test(error.message),
        String(bytes),
      );
    }
  }
});

test('varints of every length keep their value', () => {
  const values = [0n, 1n, 127n, 128n, 2n ** 28n - 1n, 2n ** 28n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 56n, 2n ** 63n - 1n];
  for (const value of [...values, ...values.map((v) => -v), -(2n ** 63n)]) {
    assert.equal(bodyOf({ intValue: String(value) }), value);
  }
  // As some encoders pad them.
  assert.equal(new ProtobufReader(Uint8Array.from([0x81, 0x80, 0x80, 0x80, 0x80, 0x00])).uint64(), 1n);
});

test('texts: short and long, ASCII and not, invalid UTF-8 replaced', () => {
  for (const text of ['', 'a', 'GET', 'ä', '\u{1f680}', 'x'.repeat(17), 'ö'.repeat(70), 'k'.repeat(300)]) {
    assert.equal(bodyOf({ stringValue: text }), text);
    // Twice, so that the second comes from the table.
    assert.equal(bodyOf({ stringValue: text }), text);
  }
  const invalid = piece(1, piece(2, piece(2, piece(5, piece(1, Buffer.from([0x61, 0xff, 0x62]))))));
  assert.equal(decodeLogsProtobuf(invalid, newContext())[0]?.body, 'a\ufffdb');
});

test('packed and single repeated numbers are the same', () => {
  const count = Buffer.alloc(8);
  count.writeBigUInt64LE(7n);
  const bound = Buffer.alloc(8);
  bound.writeDoubleLE(2.5);
  const single = Buffer.concat([Buffer.from([0x31]), count, Buffer.from([0x39]), bound, Buffer.from([0x31]), count]);
  const request = piece(1, piece(2, piece(2, piece(9, piece(1, single)))));
  const [point] = decodeMetricsProtobuf(request, newContext());
  assert.ok(point?.type === 'histogram');
  assert.deepEqual(point.bucketCounts, [7n, 7n]);
  assert.deepEqual(point.explicitBounds, [2.5]);
});

test('spans without usable ids are rejected alone', () => {
  const good = { traceId: TRACE_ID, spanId: SPAN_ID, startTimeUnixNano: '1', endTimeUnixNano: '2' };
  const request = encodeOtlp('TracesRequest', {
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              good,
              { ...good, traceId: Buffer.alloc(16) },
              { ...good, spanId: SPAN_ID.subarray(1) },
              { ...good, parentSpanId: Buffer.alloc(3) },
              { ...good, kind: 77, status: { code: 9 } },
            ],
          },
        ],
      },
    ],
  });
  const context = newContext();
  const spans = decodeTracesProtobuf(request, context);
  assert.equal(spans.length, 3);
  assert.equal(context.rejected, 2);
  assert.match(
    context.message(),
    /^rejected 2: trace_id .* all zeros, span_id .* 8 bytes long; warning: parent_span_id/,
  );
  assert.deepEqual([spans[2]?.kind, spans[2]?.status], ['unspecified', 'unset']);
});

test('oversized values are cut at a character, marked and reported', () => {
  const max = INGEST_LIMITS.maxValueBytes;
  const context = newContext();
  const text = bodyOf({ stringValue: `a${'ä'.repeat(max)}` }, context) as string;
  assert.equal(text, `a${'ä'.repeat(max / 2 - 1)}… [cut by Breakwater, ${2 * max + 1} bytes]`);
  assert.match(context.message(), /^warning: a text longer than 262144 bytes was cut$/);
  assert.equal((bodyOf({ bytesValue: Buffer.alloc(max + 1) }) as Uint8Array).length, max);
  assert.equal((bodyOf({ stringValue: 'x'.repeat(max) }) as string).length, max);
  const entries = Array.from({ length: max / 8 }, (_, i) => ({ key: `k${i}`, value: { intValue: String(i) } }));
  const map = bodyOf({ kvlistValue: { values: entries } }) as Map<string, AttributeValue>;
  assert.ok(map.size < entries.length);
  assert.match(String(map.get(TRUNCATED_KEY)), /cut by Breakwater/);
  const array = bodyOf({ arrayValue: { values: entries.map((entry) => entry.value) } }) as AttributeValue[];
  assert.match(
    String(bodyOf({ arrayValue: { values: [{ stringValue: 'y'.repeat(max + 1) }, { intValue: '1' }] } })),
    /cut/,
  );
  assert.ok(Array.isArray(array));
});

test('nesting beyond the limit is replaced by a marker, however deep it goes', () => {
  const nested = (levels: number): Uint8Array => {
    let bytes = otlpType('AnyValue').encode({ stringValue: 'deep' }).finish();
    for (let i = 0; i < levels; i++) bytes = piece(5, piece(1, bytes));
    return piece(1, piece(2, piece(2, piece(5, bytes))));
  };
  const innermost = (levels: number, context: DecodeContext): AttributeValue => {
    let inner = (decodeLogsProtobuf(nested(levels), context)[0] as LogRecord).body;
    while (Array.isArray(inner)) inner = inner[0] as AttributeValue;
    return inner;
  };
  assert.equal(innermost(INGEST_LIMITS.maxNestingDepth, newContext()), 'deep');
  for (const levels of [INGEST_LIMITS.maxNestingDepth + 1, 500]) {
    const context = newContext();
    assert.equal(innermost(levels, context), TOO_DEEP_MARKER);
    assert.match(context.message(), /nested deeper/);
  }
});

test('one request shares resource and scope objects between its records', () => {
  const [first, second] = decodeLogsProtobuf(logsRequest({}, {}), newContext());
  assert.equal(first?.resource, second?.resource);
  assert.equal(first?.scope, second?.scope);
  assert.equal(first?.resource.serviceName, 'unknown_service');
});
