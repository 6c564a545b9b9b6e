import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttributeValue, LogRecord, MetricPoint, SpanRecord } from '../telemetry/records.ts';
import { DecodeContext } from './decode-context.ts';
import { DecodeError } from './decode-error.ts';
import { decodeLogsJson } from './json-logs.ts';
import { decodeMetricsJson } from './json-metrics.ts';
import { decodeTracesJson } from './json-traces.ts';
import { INGEST_LIMITS } from './limits.ts';
import { TOO_DEEP_MARKER } from './record-parts.ts';

const NOW_MS = 1_800_000_000_000;
const NOW_NANOS = BigInt(NOW_MS) * 1_000_000n;
const TRACE_ID = '5b8efff798038103d269b633813fc60c';
const SPAN_ID = 'eee19b7ec3c1b174';

interface Outcome<R> {
  records: R[];
  rejected: number;
  message: string;
}

function decode<R>(decoder: (bytes: Buffer, context: DecodeContext) => R[], text: string): Outcome<R> {
  const context = new DecodeContext(NOW_MS, () => 0n);
  const records = decoder(Buffer.from(text), context);
  return { records, rejected: context.rejected, message: context.message() };
}
const logs = (record: string): Outcome<LogRecord> =>
  decode(decodeLogsJson, `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`);
const spans = (span: string): Outcome<SpanRecord> =>
  decode(decodeTracesJson, `{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`);
const metrics = (metric: string): Outcome<MetricPoint> =>
  decode(decodeMetricsJson, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[${metric}]}]}]}`);
const onlyLog = (record: string): LogRecord => logs(record).records[0] as LogRecord;
const body = (value: string): AttributeValue => onlyLog(`{"body":${value}}`).body;
const span = (fields: string): Outcome<SpanRecord> =>
  spans(`{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}","startTimeUnixNano":1,"endTimeUnixNano":2${fields}}`);

test('64-bit integers are exact as string and as number, beyond what a number can hold', () => {
  for (const digits of ['0', '9007199254740993', '-9007199254740993', '9223372036854775807', '-9223372036854775808']) {
    assert.equal(body(`{"intValue":"${digits}"}`), BigInt(digits), digits);
    assert.equal(body(`{"intValue":${digits}}`), BigInt(digits), digits);
    assert.equal(body(`{"intValue": ${digits} }`), BigInt(digits), digits);
  }
  assert.equal(onlyLog('{"timeUnixNano":1544712660300000001}').timeUnixNano, 1544712660300000001n);
  assert.equal(onlyLog('{"timeUnixNano":"1544712660300000001"}').timeUnixNano, 1544712660300000001n);
  assert.deepEqual(
    body('{"arrayValue":{"values":[{"intValue":9007199254740993},{"stringValue":": 9007199254740993,"}]}}'),
    [9007199254740993n, ': 9007199254740993,'],
  );
});

test('integers of many digits are exact only where they are integers, and strings are left as they are', () => {
  const text = String.raw`{"body":{"kvlistValue":{"values":[
    {"key":"a \" [12345678901234567] \\","value":{"intValue":12345678901234567}},
    {"key":"b","value":{"doubleValue":0.12345678901234567}},
    {"key":"c","value":{"doubleValue":12345678901234567e1}},
    {"key":"d","value":{"doubleValue":-12345678901234567.5}},
    {"key":"e","value":{"arrayValue":{"values":[ {"intValue":-12345678901234567}]}}}]}}}`;
  assert.deepEqual(
    onlyLog(text).body,
    new Map<string, AttributeValue>([
      ['a " [12345678901234567] \\', 12345678901234567n],
      ['b', Number('0.12345678901234567')],
      ['c', Number('12345678901234567e1')],
      ['d', Number('-12345678901234567.5')],
      ['e', [-12345678901234567n]],
    ]),
  );
});

test('doubles stay doubles, whatever form their number has', () => {
  for (const [text, value] of [
    ['1.5', 1.5],
    ['3', 3],
    ['12345678901234567890', 12345678901234567000],
    ['1e300', 1e300],
    ['"NaN"', Number.NaN],
    ['"Infinity"', Number.POSITIVE_INFINITY],
    ['"-Infinity"', Number.NEGATIVE_INFINITY],
    ['"2.5"', 2.5],
  ] as const) {
    assert.equal(body(`{"doubleValue":${text}}`), value, text);
  }
});

test('null and unknown fields are passed over', () => {
  const { records, message } = logs(
    '{"body":null,"attributes":null,"traceId":null,"timeUnixNano":null,"severityNumber":null,"future":{"x":[1]}}',
  );
  assert.equal(message, '');
  assert.equal(records[0]?.body, null);
  assert.equal(records[0]?.timeUnixNano, NOW_NANOS);
  assert.deepEqual(decode(decodeLogsJson, '{"resourceLogs":null,"other":1}').records, []);
  assert.deepEqual(decode(decodeLogsJson, '{}').records, []);
  const attribute = onlyLog(
    '{"attributes":[{"key":"a"},{"key":"b","value":null},{"key":"c","value":{"stringValue":null}}]}',
  );
  assert.deepEqual([...attribute.attributes.values()], [null, null, null]);
});

test('ids: hexadecimal in any case without a word, base64 with a warning', () => {
  assert.deepEqual(span('').message, '');
  const upper = spans(
    `{"traceId":"${TRACE_ID.toUpperCase()}","spanId":"${SPAN_ID.toUpperCase()}","startTimeUnixNano":1,"endTimeUnixNano":2}`,
  );
  assert.equal(upper.records[0]?.traceId, TRACE_ID);
  assert.equal(upper.message, '');
  const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
  const encoded = spans(
    `{"traceId":"${base64(TRACE_ID)}","spanId":"${base64(SPAN_ID)}","startTimeUnixNano":1,"endTimeUnixNano":2}`,
  );
  assert.equal(encoded.records[0]?.traceId, TRACE_ID);
  assert.equal(encoded.records[0]?.spanId, SPAN_ID);
  assert.equal(encoded.rejected, 0);
  assert.match(encoded.message, /ids must be hexadecimal, not base64 \(2 times\)/);
});

test('snake_case keys and enum names are read with a warning', () => {
  const snake = decode(
    decodeTracesJson,
    `{"resource_spans":[{"scope_spans":[{"spans":[{"trace_id":"${TRACE_ID}","span_id":"${SPAN_ID}",
      "start_time_unix_nano":"1","end_time_unix_nano":"2","kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"}}]}]}]}`,
  );
  assert.equal(snake.records[0]?.kind, 'server');
  assert.equal(snake.records[0]?.status, 'error');
  assert.equal(snake.records[0]?.endTimeUnixNano, 2n);
  assert.match(snake.message, /lowerCamelCase/);
  assert.match(snake.message, /enums must be integers/);
  assert.equal(onlyLog('{"severityNumber":"SEVERITY_NUMBER_WARN2"}').severityNumber, 14);
  assert.equal(onlyLog('{"severityNumber":"error"}').severityNumber, 17);
  assert.equal(onlyLog('{"severityNumber":"9"}').severityNumber, 9);
  const unknown = logs('{"severityNumber":"LOUD"}');
  assert.equal(unknown.records[0]?.severityNumber, 0);
  assert.match(unknown.message, /severity_number/);
  const sum = metrics(
    '{"name":"m","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","dataPoints":[{"timeUnixNano":"1","asInt":"7"}]}}',
  );
  assert.equal(sum.records[0]?.type === 'sum' && sum.records[0].temporality, 'delta');
});

test('one record that cannot be used is rejected alone, with the reason', () => {
  for (const [record, reason] of [
    ['{"timeUnixNano":"yesterday"}', 'timeUnixNano must be an unsigned 64-bit integer, got a string'],
    ['{"timeUnixNano":-1}', 'timeUnixNano must be an unsigned 64-bit integer, got a number'],
    ['{"timeUnixNano":"18446744073709551616"}', 'timeUnixNano must be an unsigned 64-bit integer, got a string'],
    ['{"body":"text"}', 'value must be an object, got a string'],
    ['{"body":{"intValue":1.5}}', 'intValue must be a 64-bit integer, got a number'],
    ['{"body":{"boolValue":"yes"}}', 'boolValue must be true or false, got a string'],
    ['{"body":{"bytesValue":"§"}}', 'bytesValue must be base64, got a string'],
    ['{"attributes":{"a":1}}', 'attributes must be an array, got a object'],
    ['{"flags":-1}', 'flags must be an unsigned 32-bit integer, got a number'],
    ['7', 'logRecords must be an object, got a number'],
  ] as const) {
    const { records, rejected, message } = logs(`{"severityText":"before"},${record},{"severityText":"after"}`);
    assert.deepEqual(
      records.map((log) => log.severityText),
      ['before', 'after'],
      record,
    );
    assert.equal(rejected, 1, record);
    assert.equal(message, `rejected 1: ${reason}`);
  }
});

test('spans without usable ids are rejected alone, with the reason', () => {
  for (const [ids, reason] of [
    [`"spanId":"${SPAN_ID}"`, 'trace_id of a span is missing or all zeros'],
    [`"traceId":"${'0'.repeat(32)}","spanId":"${SPAN_ID}"`, 'trace_id of a span is missing or all zeros'],
    [`"traceId":"abcd","spanId":"${SPAN_ID}"`, 'trace_id of a span is not 16 bytes long'],
    [`"traceId":"${TRACE_ID}","spanId":"${TRACE_ID}"`, 'span_id of a span is not 8 bytes long'],
    [`"traceId":"${'g'.repeat(32)}","spanId":"${SPAN_ID}"`, 'trace_id of a span is not 16 bytes long'],
  ] as const) {
    const good = `{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}","startTimeUnixNano":1,"endTimeUnixNano":2}`;
    const { records, rejected, message } = spans(`${good},{${ids},"startTimeUnixNano":1,"endTimeUnixNano":2},${good}`);
    assert.equal(records.length, 2, reason);
    assert.equal(rejected, 1);
    assert.equal(message, `rejected 1: ${reason}`);
  }
});

test('wrong ids never cost a log record', () => {
  const { records, rejected, message } = logs('{"traceId":"abc","spanId":"12","body":{"stringValue":"kept"}}');
  assert.equal(records[0]?.body, 'kept');
  assert.equal(records[0]?.traceId, '');
  assert.equal(rejected, 0);
  assert.match(message, /^warning: trace_id of a log record/);
});

test('missing and far-future times', () => {
  assert.equal(onlyLog('{"observedTimeUnixNano":"5"}').timeUnixNano, 5n);
  assert.equal(onlyLog('{"timeUnixNano":"5"}').observedTimeUnixNano, NOW_NANOS);
  const soon = NOW_NANOS + 23n * 3_600_000_000_000n;
  assert.equal(onlyLog(`{"timeUnixNano":"${soon}"}`).timeUnixNano, soon);
  const future = logs(`{"timeUnixNano":"${NOW_NANOS + 25n * 3_600_000_000_000n}"}`);
  assert.equal(future.records[0]?.timeUnixNano, NOW_NANOS);
  assert.match(future.message, /^warning: a time more than 24 h in the future/);
  const noEnd = spans(
    `{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}","startTimeUnixNano":"9","events":[{"name":"e"}]}`,
  );
  assert.equal(noEnd.records[0]?.endTimeUnixNano, 9n);
  assert.equal(noEnd.records[0]?.events[0]?.timeUnixNano, 9n);
  assert.match(noEnd.message, /without end time/);
});

test('a parent or a link with a wrong id is left out, the span stays', () => {
  const { records, rejected, message } = span(
    `,"parentSpanId":"1","links":[{"traceId":"1","spanId":"2"},{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}"}]`,
  );
  assert.equal(records[0]?.parentSpanId, '');
  assert.equal(records[0]?.links.length, 1);
  assert.equal(rejected, 0);
  assert.match(message, /a link without .* parent_span_id/);
});

test('a histogram point whose buckets and bounds do not fit is rejected, a broken metric with all its points', () => {
  const uneven = metrics(
    '{"name":"h","histogram":{"dataPoints":[{"timeUnixNano":1,"bucketCounts":[1,2],"explicitBounds":[1,2]},{"timeUnixNano":1,"bucketCounts":["1","2"],"explicitBounds":[1]}]}}',
  );
  assert.equal(uneven.records.length, 1);
  assert.match(uneven.message, /^rejected 1: a histogram point/);
  const broken = metrics('{"name":5,"gauge":{"dataPoints":[{"timeUnixNano":1},{"timeUnixNano":1}]}}');
  assert.equal(broken.records.length, 0);
  assert.equal(broken.rejected, 2);
});

test('oversized texts, arrays and maps are cut, marked and reported', () => {
  const max = INGEST_LIMITS.maxValueBytes;
  const long = logs(`{"body":{"stringValue":"${'ä'.repeat(max)}"}}`);
  const text = long.records[0]?.body as string;
  assert.ok(text.endsWith(`ä… [cut by Breakwater, ${2 * max} bytes]`), text.slice(-60));
  assert.ok(Buffer.byteLength(text) < max + 60);
  assert.match(long.message, /^warning: a text longer than/);
  assert.equal((body(`{"stringValue":"${'ä'.repeat(max / 2)}"}`) as string).length, max / 2);

  const values = Array.from({ length: max / 4 }, (_, i) => `{"intValue":${i}}`).join(',');
  const array = logs(`{"body":{"arrayValue":{"values":[${values}]}}}`);
  const items = array.records[0]?.body as AttributeValue[];
  assert.ok(items.length < max / 4);
  assert.match(String(items.at(-1)), /cut by Breakwater/);
  assert.match(array.message, /an array or map larger/);
});

test('nesting beyond the limit is replaced by a marker', () => {
  const nest = (levels: number): string => `${'{"arrayValue":{"values":['.repeat(levels)}{}${']}}'.repeat(levels)}`;
  const { records, message } = logs(`{"body":${nest(INGEST_LIMITS.maxNestingDepth + 1)}}`);
  assert.match(
    JSON.stringify(records[0]?.body),
    new RegExp(`^\\[+"${TOO_DEEP_MARKER.replace(/[[\]]/g, '\\$&')}"\\]+$`),
  );
  assert.match(message, /nested deeper/);
  assert.equal(logs(`{"body":${nest(INGEST_LIMITS.maxNestingDepth)}}`).message, '');
});

test('what is not an export request is refused as a whole', () => {
  for (const text of ['', 'x', '[]', '5', 'null', '{"resourceLogs":', '{"resourceLogs":{}}', '{"resourceLogs":[5]}']) {
    assert.throws(() => decode(decodeLogsJson, text), DecodeError, text);
  }
  const deep = `${'['.repeat(700_000)}${']'.repeat(700_000)}`;
  assert.throws(() => decode(decodeLogsJson, `{"x":${deep},"n":9007199254740993}`), /nested too deeply/);
});

test('a byte order mark and invalid UTF-8 are no reason to refuse', () => {
  const context = new DecodeContext(NOW_MS, () => 0n);
  const bytes = Buffer.concat([
    Buffer.from('\ufeff{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":"a'),
    Buffer.from([0xff]),
    Buffer.from('"},{"severityText":"\\ud800"}]}]}]}'),
  ]);
  assert.deepEqual(
    decodeLogsJson(bytes, context).map((log) => log.severityText),
    ['a\ufffd', '\ufffd'],
  );
});
