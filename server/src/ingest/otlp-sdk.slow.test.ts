/** The real OpenTelemetry JS SDK sends over real sockets; what arrives must equal what was sent, to the last attribute. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ROOT_CONTEXT, SeverityNumber, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { AttributeValue, Resource, Scope } from '../telemetry/records.ts';
import { createOtlpServer, type OtlpServer } from './otlp-server.ts';
import { createRecordingSink, type RecordingSink } from './testing/recording-sink.ts';

const TRACE_ID = '5b8efff798038103d269b633813fc60c';
const PARENT_ID = 'eee19b7ec3c1b174';
const parent = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: TRACE_ID,
  spanId: PARENT_ID,
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
});

const resource = resourceFromAttributes({
  'service.name': 'orders',
  'deployment.environment.name': 'test',
  'process.pid': 4711,
  'process.command_args': ['node', 'main.ts'],
});
const expectedResource: Resource = {
  attributes: new Map<string, AttributeValue>([
    ['service.name', 'orders'],
    ['deployment.environment.name', 'test'],
    ['process.pid', 4711n],
    ['process.command_args', ['node', 'main.ts']],
  ]),
  droppedAttributesCount: 0,
  schemaUrl: '',
  serviceName: 'orders',
  environment: 'test',
};
const expectedScope = (name: string): Scope => ({
  name,
  version: '1.2.3',
  attributes: new Map(),
  droppedAttributesCount: 0,
  schemaUrl: 'https://opentelemetry.io/schemas/1.40.0',
});
const meta = ['scope', '1.2.3', { schemaUrl: 'https://opentelemetry.io/schemas/1.40.0' }] as const;

const attributes = {
  text: 'ünï "quoted" \n \u{1f680}',
  empty: '',
  int: -42,
  big: Number.MAX_SAFE_INTEGER,
  double: 0.1,
  bool: true,
  list: ['a', 'b'],
  numbers: [1, 2.5],
};
const expectedAttributes = new Map<string, AttributeValue>([
  ['text', 'ünï "quoted" \n \u{1f680}'],
  ['empty', ''],
  ['int', -42n],
  ['big', 9007199254740991n],
  ['double', 0.1],
  ['bool', true],
  ['list', ['a', 'b']],
  ['numbers', [1n, 2.5]],
]);

let sink: RecordingSink;
let server: OtlpServer;
let url: string;
before(async () => {
  server = createOtlpServer({
    host: '127.0.0.1',
    port: 0,
    sink: {
      acceptLogs: (records) => sink.acceptLogs(records),
      acceptSpans: (records) => sink.acceptSpans(records),
      acceptMetricPoints: (records) => sink.acceptMetricPoints(records),
    },
    oldestMs: () => 0,
    log: (line) => assert.fail(line),
  });
  url = `http://127.0.0.1:${(await server.start()).port}`;
});
beforeEach(() => {
  sink = createRecordingSink();
});
after(() => server.stop());

for (const [encoding, Exporter] of [
  ['protobuf', ProtoLogExporter],
  ['JSON', JsonLogExporter],
] as const) {
  test(`log records in ${encoding}, gzipped`, async () => {
    const exporter = new Exporter({ url: `${url}/v1/logs`, compression: 'gzip' as never });
    const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] });
    const logger = provider.getLogger(...meta);
    logger.emit({
      timestamp: [1_700_000_000, 123_456_789],
      observedTimestamp: [1_700_000_001, 1],
      severityNumber: SeverityNumber.ERROR,
      severityText: 'ERROR',
      eventName: 'payment.failed',
      body: { reason: 'declined', attempts: 3, nested: { list: [1, 'x', null], raw: new Uint8Array([1, 255]) } },
      attributes,
      context: parent,
    });
    logger.emit({ timestamp: [1_700_000_000, 0], observedTimestamp: [1_700_000_000, 0], body: 'plain' });
    await provider.shutdown();

    const logs = sink.logs.toSorted((a, b) => String(a.body).localeCompare(String(b.body)));
    const common = { resource: expectedResource, scope: expectedScope('scope'), droppedAttributesCount: 0 };
    assert.deepEqual(
      logs.map(({ id, ...log }) => log),
      [
        {
          ...common,
          timeUnixNano: 1_700_000_000_123_456_789n,
          observedTimeUnixNano: 1_700_000_001_000_000_001n,
          severityNumber: 17,
          severityText: 'ERROR',
          eventName: 'payment.failed',
          body: new Map<string, AttributeValue>([
            ['reason', 'declined'],
            ['attempts', 3n],
            [
              'nested',
              new Map<string, AttributeValue>([
                ['list', [1n, 'x', null]],
                ['raw', new Uint8Array([1, 255])],
              ]),
            ],
          ]),
          attributes: expectedAttributes,
          flags: 1,
          traceId: TRACE_ID,
          spanId: PARENT_ID,
        },
        {
          ...common,
          timeUnixNano: 1_700_000_000_000_000_000n,
          observedTimeUnixNano: 1_700_000_000_000_000_000n,
          severityNumber: 0,
          severityText: '',
          eventName: '',
          body: 'plain',
          attributes: new Map(),
          flags: 0,
          traceId: '',
          spanId: '',
        },
      ],
    );
    assert.ok(new Set(sink.logs.map((log) => log.id)).size === 2);
  });
}

for (const [encoding, Exporter] of [
  ['protobuf', ProtoTraceExporter],
  ['JSON', JsonTraceExporter],
] as const) {
  test(`spans in ${encoding}`, async () => {
    const exporter = new Exporter({ url: `${url}/v1/traces` });
    const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    const tracer = provider.getTracer(...meta);
    const span = tracer.startSpan(
      'POST /pay',
      {
        kind: SpanKind.SERVER,
        startTime: [1_700_000_000, 5],
        attributes,
        links: [
          { context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }, attributes: { why: 'retry' } },
        ],
      },
      parent,
    );
    span.addEvent('exception', { 'exception.type': 'TypeError', 'exception.message': 'x' }, [1_700_000_000, 7]);
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'it broke' });
    span.end([1_700_000_002, 9]);
    const { spanId } = span.spanContext();
    await provider.shutdown();

    assert.deepEqual(
      sink.spans.map(({ id, ...received }) => received),
      [
        {
          resource: expectedResource,
          scope: expectedScope('scope'),
          traceId: TRACE_ID,
          spanId,
          parentSpanId: PARENT_ID,
          traceState: '',
          // Sampled; whether the parent is remote is known, and it is.
          flags: 0x301,
          name: 'POST /pay',
          kind: 'server',
          startTimeUnixNano: 1_700_000_000_000_000_005n,
          endTimeUnixNano: 1_700_000_002_000_000_009n,
          status: 'error',
          statusMessage: 'it broke',
          attributes: expectedAttributes,
          droppedAttributesCount: 0,
          events: [
            {
              timeUnixNano: 1_700_000_000_000_000_007n,
              name: 'exception',
              attributes: new Map([
                ['exception.type', 'TypeError'],
                ['exception.message', 'x'],
              ]),
              droppedAttributesCount: 0,
            },
          ],
          droppedEventsCount: 0,
          links: [
            {
              traceId: '1'.repeat(32),
              spanId: '2'.repeat(16),
              traceState: '',
              attributes: new Map([['why', 'retry']]),
              droppedAttributesCount: 0,
              flags: 0x101,
            },
          ],
          droppedLinksCount: 0,
        },
      ],
    );
  });
}

describe('metric points', () => {
  test('of every kind the SDK makes, in protobuf', async () => {
    const reader = new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics` }),
      exportIntervalMillis: 3_600_000,
    });
    const provider = new MeterProvider({
      resource,
      readers: [reader],
      views: [
        {
          instrumentName: 'latency',
          aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [10, 20] } },
        },
        { instrumentName: 'size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } },
      ],
    });
    const meter = provider.getMeter(...meta);
    meter.createCounter('requests', { unit: '{request}', description: 'all of them' }).add(3, { route: '/pay' });
    meter.createUpDownCounter('active').add(-1.5);
    meter.createGauge('temperature').record(21.5);
    const latency = meter.createHistogram('latency', { unit: 'ms' });
    for (const value of [5, 15, 15, 100]) latency.record(value);
    const size = meter.createHistogram('size');
    for (const value of [1, 2, 4, 0]) size.record(value);
    await provider.shutdown();

    const point = (name: string) => {
      const found = sink.points.find((candidate) => candidate.name === name);
      assert.ok(found, name);
      assert.deepEqual(found.resource, expectedResource);
      assert.deepEqual(found.scope, expectedScope('scope'));
      assert.ok(found.timeUnixNano >= found.startTimeUnixNano && found.startTimeUnixNano > 0n);
      const { id, resource: _r, scope: _s, timeUnixNano, startTimeUnixNano, ...rest } = found;
      return rest;
    };
    const common = { description: '', unit: '', metadata: new Map(), attributes: new Map(), flags: 0, exemplars: [] };
    assert.deepEqual(point('requests'), {
      ...common,
      name: 'requests',
      description: 'all of them',
      unit: '{request}',
      attributes: new Map([['route', '/pay']]),
      type: 'sum',
      value: 3,
      temporality: 'cumulative',
      monotonic: true,
    });
    assert.deepEqual(point('active'), {
      ...common,
      name: 'active',
      type: 'sum',
      value: -1.5,
      temporality: 'cumulative',
      monotonic: false,
    });
    assert.deepEqual(point('temperature'), { ...common, name: 'temperature', type: 'gauge', value: 21.5 });
    assert.deepEqual(point('latency'), {
      ...common,
      name: 'latency',
      unit: 'ms',
      type: 'histogram',
      temporality: 'cumulative',
      count: 4n,
      sum: 135,
      min: 5,
      max: 100,
      bucketCounts: [1n, 2n, 1n],
      explicitBounds: [10, 20],
    });
    const exponential = point('size');
    assert.ok(exponential.type === 'exponential_histogram');
    assert.equal(exponential.count, 4n);
    assert.equal(exponential.zeroCount, 1n);
    assert.equal(exponential.sum, 7);
    assert.equal(
      exponential.positive.counts.reduce((sum, count) => sum + count, 0n),
      3n,
    );
  });
});

test('the SDK heard of no problem, and everything was counted', () => {
  const { accepted, rejected, faults, lastReceivedAt } = server.counters;
  assert.deepEqual(faults, []);
  assert.equal(rejected, 0);
  assert.deepEqual(accepted, { logs: 4, spans: 2, metricPoints: 5 });
  assert.ok(lastReceivedAt !== null);
});
