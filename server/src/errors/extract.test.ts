import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttributeValue, LogRecord, Resource, Scope, SpanRecord } from '../telemetry/records.ts';
import { createErrorExtraction, errorEventsOfLogs, errorEventsOfSpans } from './extract.ts';
import { NODE_STACK } from './stack-samples.ts';

const resource: Resource = {
  attributes: new Map<string, AttributeValue>([['service.version', '1.4.0']]),
  droppedAttributesCount: 0,
  schemaUrl: '',
  serviceName: 'payments',
  environment: 'demo',
};
const scope: Scope = { name: '', version: '', attributes: new Map(), droppedAttributesCount: 0, schemaUrl: '' };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const exception = new Map<string, AttributeValue>([
  ['exception.type', 'PaymentTimeoutError'],
  ['exception.message', 'provider timed out after 3000ms'],
  ['exception.stacktrace', NODE_STACK],
]);

function log(change: Partial<LogRecord> = {}): LogRecord {
  return {
    id: 7n,
    resource,
    scope,
    timeUnixNano: 1_000n,
    observedTimeUnixNano: 1_000n,
    severityNumber: 17,
    severityText: 'ERROR',
    body: 'charge failed',
    attributes: exception,
    droppedAttributesCount: 0,
    flags: 1,
    traceId: TRACE,
    spanId: SPAN,
    eventName: '',
    ...change,
  };
}

function span(events: number, change: Partial<SpanRecord> = {}): SpanRecord {
  return {
    id: 9n,
    resource,
    scope,
    traceId: TRACE,
    spanId: SPAN,
    parentSpanId: '',
    traceState: '',
    flags: 1,
    name: 'POST /charge',
    kind: 'server',
    startTimeUnixNano: 500n,
    endTimeUnixNano: 2_000n,
    status: 'error',
    statusMessage: '',
    attributes: new Map(),
    droppedAttributesCount: 0,
    events: Array.from({ length: events }, () => ({
      timeUnixNano: 0n,
      name: 'exception',
      attributes: exception,
      droppedAttributesCount: 0,
    })),
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    ...change,
  };
}

test('a log record of severity error or above is an error event, a warning is not', () => {
  const [event, ...more] = errorEventsOfLogs([log({ severityNumber: 16 }), log({ id: 8n })]);
  assert.equal(more.length, 0);
  const { groupId, ...rest } = event ?? assert.fail('no event');
  assert.match(groupId, /^[0-9a-f]{16}$/);
  assert.deepEqual(rest, {
    id: 8n,
    timeUnixNano: 1_000n,
    service: 'payments',
    environment: 'demo',
    release: '1.4.0',
    fingerprintVersion: 1,
    source: 'log',
    type: 'PaymentTimeoutError',
    message: 'provider timed out after 3000ms',
    stacktrace: NODE_STACK,
    culprit: 'charge (src/payments/provider.ts)',
    traceId: TRACE,
    spanId: SPAN,
    operation: '',
  });
});

test('a log record without exception attributes is known by its body', () => {
  const attributes = new Map<string, AttributeValue>([['error.type', 'DECLINED']]);
  const [event] = errorEventsOfLogs([log({ attributes, body: new Map([['code', 12n]]) })]);
  assert.equal(event?.type, 'DECLINED');
  assert.match(event?.message ?? '', /code/);
});

test('an exception event from long before its span is an error of the time of the span', () => {
  const start = 1_790_000_000_000_000_000n;
  const eventAt = (timeUnixNano: bigint) =>
    span(0, {
      startTimeUnixNano: start,
      endTimeUnixNano: start + 5n,
      events: [{ timeUnixNano, name: 'exception', attributes: exception, droppedAttributesCount: 0 }],
    });
  const events = errorEventsOfSpans([eventAt(start / 1_000_000n), eventAt(start - 7n), eventAt(start + 3n)]);
  assert.deepEqual(
    events.map(({ timeUnixNano }) => timeUnixNano),
    [start + 5n, start - 7n, start + 3n],
  );
});

test('every exception event of a span is an error event with an id of its own', () => {
  const events = errorEventsOfSpans([span(3), span(0)]);
  assert.equal(events.length, 3);
  assert.equal(new Set(events.map(({ id }) => id)).size, 3);
  assert.equal(events[0]?.timeUnixNano, 2_000n);
  assert.equal(events[0]?.operation, 'POST /charge');
  assert.deepEqual(events, errorEventsOfSpans([span(3)]));
});

test('attributes of an unexpected type do no harm', () => {
  const attributes = new Map<string, AttributeValue>([
    ['exception.type', 5n],
    ['exception.message', null],
    ['exception.stacktrace', [1, 'a']],
  ]);
  const [event] = errorEventsOfLogs([log({ attributes, body: null })]);
  assert.equal(event?.type, '5');
});

test('an exception recorded on a span and logged counts once, whichever comes first', () => {
  for (const logFirst of [true, false]) {
    const extraction = createErrorExtraction({ now: () => 0 });
    const counts = logFirst
      ? [extraction.logs([log()]).length, extraction.spans([span(1)]).length]
      : [extraction.spans([span(1)]).length, extraction.logs([log()]).length];
    assert.deepEqual(counts, [1, 0]);
    assert.equal(extraction.logs([log()]).length, 1, 'a second one of either kind is another error');
  }
});

test('the stack trace tells that it is the same exception, where tracer and logger name the type differently', () => {
  const extraction = createErrorExtraction({ now: () => 0 });
  const asCode = new Map(exception)
    .set('exception.type', 'PAYMENT_FAILED')
    .set('exception.stacktrace', 'Error: x\n    at f (/a.js:1:1)');
  const asClass = new Map(asCode).set('exception.type', 'PaymentError');
  assert.equal(extraction.logs([log({ attributes: asClass })]).length, 1);
  const [event] = span(1).events;
  assert.equal(extraction.spans([span(0, { events: [{ ...event!, attributes: asCode }] })]).length, 0);
});

test('counting once needs equal trace, span and group, and ends after a minute', () => {
  let time = 0;
  const extraction = createErrorExtraction({ now: () => time });
  extraction.logs([log()]);
  assert.equal(extraction.spans([span(1, { spanId: '00f067aa0ba902b8' })]).length, 1);
  extraction.logs([log({ traceId: '', spanId: '' })]);
  assert.equal(extraction.spans([span(1, { traceId: '', spanId: '' })]).length, 1);
  time = 60_000;
  assert.equal(extraction.spans([span(1)]).length, 1);
});
