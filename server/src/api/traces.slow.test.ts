/** Spans are written into the real engine and read back through HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { logRecords, spanRecords } from '../query/arbitrary-records.ts';
import type { SpanRecord } from '../telemetry/records.ts';
import { ATTRIBUTES, RESOURCE, resourceOf, SCOPE, scopeOf, sorted, TRACE } from './testing/full-records.ts';
import { type RealApi, startRealApi } from './testing/real-api.ts';
import type { Histogram, ServicesAnswer, SpanView, TraceDetail, TracesPage } from './types.ts';

const NOW_MS = Date.now();
const NOW = BigInt(NOW_MS) * 1_000_000n;
const RANGE = `from=${NOW_MS - 3_600_000}&to=${NOW_MS + 60_000}`;

let api: RealApi;

before(async () => {
  api = await startRealApi();
});

after(async () => {
  await api?.stop();
});

test('spans come back equal to the last attribute, with their trace and its log records', async () => {
  const root: SpanRecord = {
    id: 1n,
    resource: RESOURCE,
    scope: SCOPE,
    traceId: TRACE,
    spanId: '00f067aa0ba902b7',
    parentSpanId: '',
    traceState: 'a=1',
    flags: 257,
    name: 'POST /orders',
    kind: 'server',
    startTimeUnixNano: NOW - 5_000_000_001n,
    endTimeUnixNano: NOW - 3_000_000_000n,
    status: 'error',
    statusMessage: 'no',
    attributes: ATTRIBUTES,
    droppedAttributesCount: 1,
    events: [
      { timeUnixNano: NOW - 4_000_000_000n, name: 'exception', attributes: ATTRIBUTES, droppedAttributesCount: 5 },
      { timeUnixNano: NOW - 3_500_000_000n, name: '', attributes: new Map(), droppedAttributesCount: 0 },
    ],
    droppedEventsCount: 6,
    links: [
      {
        traceId: 'ab'.repeat(16),
        spanId: 'cd'.repeat(8),
        traceState: 'b=2',
        attributes: ATTRIBUTES,
        droppedAttributesCount: 7,
        flags: 1,
      },
    ],
    droppedLinksCount: 8,
  };
  const child: SpanRecord = {
    ...root,
    ...{ id: 2n, spanId: 'ee'.repeat(8), parentSpanId: root.spanId, kind: 'client', status: 'unset', name: 'SELECT' },
    ...{ events: [], links: [], startTimeUnixNano: NOW - 4_500_000_000n, endTimeUnixNano: NOW - 4_400_000_000n },
  };
  const others = fc
    .sample(spanRecords(NOW - 60_000_000_000n), { numRuns: 200, seed: 7 })
    .map(
      (span, index): SpanRecord => ({ ...span, id: BigInt(index + 10), traceId: index.toString(16).padStart(32, 'f') }),
    );
  const [log] = fc.sample(logRecords(NOW), { numRuns: 1, seed: 3 });
  const inTrace = { resource: RESOURCE, traceId: TRACE, spanId: root.spanId, severityNumber: 17 };
  const onlyLogs = { ...RESOURCE, serviceName: 'logs only' };
  await api.store.insertLogs([
    { ...log!, ...inTrace, id: 100n },
    { ...log!, ...inTrace, id: 101n, traceId: '', resource: onlyLogs },
  ]);
  await api.store.insertSpans([child, root]);
  await api.store.insertSpans(others);

  const detail: TraceDetail = await api.get(`/traces/${TRACE.toUpperCase()}`);
  assert.equal(detail.truncated, false);
  assert.deepEqual(
    detail.spans.map(({ spanId }) => spanId),
    [root.spanId, child.spanId],
  );
  const expected: SpanView = {
    ...{ traceId: TRACE, spanId: root.spanId, parentSpanId: '', traceState: 'a=1', flags: 257, name: 'POST /orders' },
    ...{ kind: 'server', service: 'shop', status: 'error', statusMessage: 'no' },
    startTimeUnixNano: root.startTimeUnixNano.toString(),
    endTimeUnixNano: root.endTimeUnixNano.toString(),
    attributes: sorted(ATTRIBUTES),
    droppedAttributesCount: 1,
    events: root.events.map(({ timeUnixNano, name, attributes, droppedAttributesCount }) => ({
      ...{ timeUnixNano: timeUnixNano.toString(), name, attributes: sorted(attributes), droppedAttributesCount },
    })),
    droppedEventsCount: 6,
    links: root.links.map((link) => ({ ...link, attributes: sorted(link.attributes) })),
    droppedLinksCount: 8,
    resource: resourceOf(RESOURCE),
    scope: scopeOf(SCOPE),
  };
  assert.deepEqual(detail.spans[0], expected);
  assert.equal(detail.logs.length, 1);
  assert.equal(detail.logs[0]!.spanId, root.spanId);

  const recent: TracesPage = await api.get(`/traces?query=${encodeURIComponent('name:SELECT duration:<1s')}&${RANGE}`);
  assert.deepEqual(recent.traces, [
    {
      ...{
        traceId: TRACE,
        rootService: 'shop',
        rootName: 'POST /orders',
        spanCount: 2,
        errorCount: 1,
        services: ['shop'],
      },
      startTimeUnixNano: root.startTimeUnixNano.toString(),
      durationNanos: '2000000001',
    },
  ]);
  const slowest: TracesPage = await api.get(`/traces?sort=slowest&limit=5&${RANGE}`);
  assert.equal(slowest.traces.length, 5);
  assert.equal(slowest.traces[0]!.traceId, TRACE);
  const durations = slowest.traces.map(({ durationNanos }) => Number(durationNanos));
  assert.deepEqual(
    durations,
    durations.toSorted((a, b) => b - a),
  );
  const histogram: Histogram = await api.get(`/traces/histogram?query=service:shop&${RANGE}`);
  assert.deepEqual(
    histogram.series.map(({ name, counts }) => [name, counts.reduce((sum, n) => sum + n, 0)]),
    [
      ['ok', 1],
      ['error', 1],
    ],
  );
});

test('a trace of which only log records arrived is found', async () => {
  const traceId = 'fe'.repeat(16);
  const [sample] = fc.sample(logRecords(NOW), { numRuns: 1, seed: 1 });
  await api.store.insertLogs([{ ...sample!, id: 5_000n, traceId }]);
  const detail: TraceDetail = await api.get(`/traces/${traceId}`);
  assert.equal(detail.spans.length, 0);
  assert.deepEqual(
    detail.logs.map(({ id }) => id),
    ['5000'],
  );
});

test('records without a trace are not the trace of zeros', async () => {
  assert.equal((await api.send('GET', `/api/v1/traces/${'0'.repeat(32)}`)).status, 404);
});

test('a service has requests, errors and latency from its entry spans', async () => {
  const { services }: ServicesAnswer = await api.get(`/services?${RANGE}`);
  const shop = services.find(({ service }) => service === 'shop');
  assert.deepEqual(shop && { ...shop, p50Millis: Math.round(shop.p50Millis), p95Millis: 0, p99Millis: 0 }, {
    ...{ service: 'shop', requests: 1, errors: 1, p50Millis: 2_000, p95Millis: 0, p99Millis: 0, logErrors: 1 },
    lastSeenUnixNano: NOW.toString(),
  });
  const onlyLogs = services.find(({ service }) => service === 'logs only');
  assert.equal(onlyLogs?.requests, 0, 'a service that only logs is listed');
  assert.equal(onlyLogs?.p50Millis, 0);
});
