import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Attributes, ROOT_CONTEXT, SeverityNumber, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type {
  AlertRulesAnswer,
  AnyValue,
  ErrorGroupsAnswer,
  IncidentDetail,
  IncidentsAnswer,
  KeyValue,
  LogsPage,
  LogView,
  SpanView,
  TraceDetail,
} from '../server/src/api/types.ts';
import { type ServerProcess, startServerProcess, temporaryFolder, waitFor } from './support/server-process.ts';

const ATTRIBUTES: Attributes = {
  text: 'a "quoted" value\n\nDROP TABLE logs',
  empty: '',
  unicode: 'Zürich 東京 🚢',
  whole: 42,
  negative: -7,
  fraction: 0.1,
  large: Number.MAX_SAFE_INTEGER,
  yes: true,
  no: false,
  texts: ['a', 'b', ''],
  numbers: [1, 2.5, -3],
  flags: [true, false],
  long: 'x'.repeat(10_000),
};

/** What the JS SDK puts on the wire for these attributes, in OTLP/JSON form, sorted by key. */
function expectedAttributes(attributes: Attributes): KeyValue[] {
  return Object.entries(attributes)
    .map(([key, value]) => ({ key, value: expectedValue(value) }))
    .sort(byKey);
}
function expectedValue(value: unknown): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(expectedValue) } };
  throw new Error(`No expectation for ${String(value)}`);
}
function byKey(a: KeyValue, b: KeyValue): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
function subset(actual: readonly KeyValue[], keys: readonly string[]): KeyValue[] {
  return actual.filter((entry) => keys.includes(entry.key)).sort(byKey);
}
function lastHour(): string {
  return `from=${Date.now() - 3_600_000}&to=${Date.now() + 60_000}`;
}

const encodings = [
  { name: 'protobuf', LogExporter: ProtoLogExporter, TraceExporter: ProtoTraceExporter },
  { name: 'JSON', LogExporter: JsonLogExporter, TraceExporter: JsonTraceExporter },
] as const;

describe('a started server and the real OpenTelemetry SDK', { timeout: 240_000 }, () => {
  const folder = temporaryFolder();
  let server: ServerProcess;

  before(async () => {
    server = await startServerProcess(folder.path);
  });
  after(async () => {
    await server?.stop();
    folder.remove();
  });

  for (const { name, LogExporter, TraceExporter } of encodings) {
    test(`every log record and span sent as ${name} comes back equal to the last attribute`, async () => {
      const service = `round-trip-${name.toLowerCase()}`;
      const resource = resourceFromAttributes({
        'service.name': service,
        'service.version': '1.2.3',
        'process.pid': 4711,
        'host.name': 'böx',
      });
      const tracerProvider = new TracerProvider({
        resource,
        spanProcessors: [
          new BatchSpanProcessor({ exporter: new TraceExporter({ url: `${server.otlpUrl}/v1/traces` }) }),
        ],
      });
      const loggerProvider = new LoggerProvider({
        resource,
        processors: [new BatchLogRecordProcessor({ exporter: new LogExporter({ url: `${server.otlpUrl}/v1/logs` }) })],
      });
      const tracer = tracerProvider.getTracer('scope-a', '0.9.1');
      const logger = loggerProvider.getLogger('scope-b', '2.0.0');

      const parent = tracer.startSpan('parent', { kind: SpanKind.SERVER, attributes: ATTRIBUTES }, ROOT_CONTEXT);
      const parentContext = trace.setSpan(ROOT_CONTEXT, parent);
      const child = tracer.startSpan(
        'child',
        { kind: SpanKind.CLIENT, links: [{ context: parent.spanContext(), attributes: { why: 'test' } }] },
        parentContext,
      );
      child.addEvent('cache.miss', { key: 'k1', attempt: 2 });
      child.setStatus({ code: SpanStatusCode.ERROR, message: 'upstream said no' });
      child.end();
      const logCount = 50;
      for (let i = 0; i < logCount; i += 1) {
        logger.emit({
          context: parentContext,
          severityNumber: SeverityNumber.INFO,
          severityText: 'INFO',
          body: `record ${i} of ${logCount}`,
          attributes: { ...ATTRIBUTES, index: i },
          eventName: 'test.event',
        });
      }
      parent.end();
      await Promise.all([tracerProvider.shutdown(), loggerProvider.shutdown()]);

      const { traceId, spanId } = parent.spanContext();
      const page = await server.api<LogsPage>(
        `/logs?query=${encodeURIComponent(`service:${service}`)}&${lastHour()}&limit=1000`,
      );
      assert.equal(page.rows.length, logCount);
      const indexOf = (row: LogView): number =>
        Number((row.attributes.find((entry) => entry.key === 'index')!.value as { intValue: string }).intValue);
      assert.deepEqual(
        page.rows.map(indexOf).sort((a, b) => a - b),
        Array.from({ length: logCount }, (_, i) => i),
      );
      for (const row of page.rows) {
        const index = indexOf(row);
        assert.deepEqual([...row.attributes].sort(byKey), expectedAttributes({ ...ATTRIBUTES, index }));
        assert.equal(row.body, `record ${index} of ${logCount}`);
        assert.equal(row.severityNumber, 9);
        assert.equal(row.severityText, 'INFO');
        assert.equal(row.eventName, 'test.event');
        assert.equal(row.traceId, traceId);
        assert.equal(row.spanId, spanId);
        assert.deepEqual(row.scope, {
          name: 'scope-b',
          version: '2.0.0',
          attributes: [],
          droppedAttributesCount: 0,
          schemaUrl: '',
        });
        assert.deepEqual(
          subset(row.resource.attributes, ['service.name', 'service.version', 'process.pid', 'host.name']),
          expectedAttributes({
            'service.name': service,
            'service.version': '1.2.3',
            'process.pid': 4711,
            'host.name': 'böx',
          }),
        );
      }

      const detail = await server.api<TraceDetail>(`/traces/${traceId}`);
      assert.equal(detail.spans.length, 2);
      assert.equal(detail.logs.length, logCount);
      const span = (wanted: string): SpanView => detail.spans.find((entry) => entry.name === wanted)!;
      assert.deepEqual([...span('parent').attributes].sort(byKey), expectedAttributes(ATTRIBUTES));
      assert.equal(span('parent').kind, 'server');
      assert.equal(span('parent').parentSpanId, '');
      assert.equal(span('child').parentSpanId, spanId);
      assert.equal(span('child').status, 'error');
      assert.equal(span('child').statusMessage, 'upstream said no');
      assert.equal(span('child').scope.name, 'scope-a');
      const [event] = span('child').events;
      assert.equal(event?.name, 'cache.miss');
      assert.deepEqual([...event!.attributes].sort(byKey), expectedAttributes({ key: 'k1', attempt: 2 }));
      const [link] = span('child').links;
      assert.equal(link?.traceId, traceId);
      assert.equal(link?.spanId, spanId);
      assert.deepEqual(link?.attributes, expectedAttributes({ why: 'test' }));
      assert.ok(BigInt(span('child').endTimeUnixNano) >= BigInt(span('child').startTimeUnixNano));
    });
  }

  test('a burst of errors opens one incident, the webhook hears of it once, quiet resolves it', async () => {
    const calls: { headers: IncomingHttpHeaders; body: string }[] = [];
    const stub = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString('utf8');
      calls.push({ headers: request.headers, body });
      response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(stub.address() as AddressInfo).port}/hook`;
      await server.api('/receivers', {
        method: 'POST',
        body: { name: 'stub', type: 'webhook', enabled: true, url, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
      });
      const { rules } = await server.api<AlertRulesAnswer>('/alert-rules');
      for (const { id, createdAt, updatedAt, state, lastError, ...rule } of rules) {
        await server.api(`/alert-rules/${id}`, {
          method: 'PUT',
          body: { ...rule, windowSeconds: 10, forSeconds: 0, cooldownSeconds: 60 },
        });
      }

      const resource = resourceFromAttributes({ 'service.name': 'burst', 'deployment.environment.name': 'test' });
      const loggerProvider = new LoggerProvider({
        resource,
        processors: [
          new BatchLogRecordProcessor({ exporter: new ProtoLogExporter({ url: `${server.otlpUrl}/v1/logs` }) }),
        ],
      });
      const logger = loggerProvider.getLogger('burst');
      for (let i = 0; i < 200; i += 1) {
        const error = new TypeError(`Cannot read property total of order ${1000 + i}`);
        logger.emit({
          severityNumber: SeverityNumber.ERROR,
          severityText: 'ERROR',
          body: 'checkout failed',
          attributes: {
            'exception.type': error.name,
            'exception.message': error.message,
            'exception.stacktrace': error.stack ?? '',
          },
        });
      }
      await loggerProvider.shutdown();

      const opened = await waitFor('the incident', async () => {
        const { incidents } = await server.api<IncidentsAnswer>('/incidents');
        return incidents.find((incident) => incident.services.includes('burst'));
      });
      const { groups } = await server.api<ErrorGroupsAnswer>(`/error-groups?${lastHour()}&service=burst`);
      assert.equal(groups.length, 1, 'messages that differ in a number are one group');
      assert.equal(groups[0]?.count, 200);
      assert.equal(groups[0]?.type, 'TypeError');

      const resolved = await waitFor(
        'the incident to resolve itself',
        async () => {
          const detail = await server.api<IncidentDetail>(`/incidents/${opened.id}`);
          return detail.status === 'resolved' ? detail : undefined;
        },
        90_000,
      );
      const told = await waitFor('both notifications', async () => (calls.length >= 2 ? calls : undefined));
      assert.equal(told.length, 2, 'one notification when it opens, one when it resolves');
      assert.match(told[0]!.body, /triggered/);
      assert.match(told[1]!.body, /resolved/);
      assert.match(String(told[0]!.headers['webhook-signature']), /^v1,[A-Za-z0-9+/]{43}=$/);

      const { incidents } = await server.api<IncidentsAnswer>('/incidents');
      assert.equal(incidents.filter((incident) => incident.services.includes('burst')).length, 1);
      const kinds = resolved.timeline.map((entry) => entry.kind);
      for (const kind of ['opened', 'alert_fired', 'notified', 'alert_resolved', 'resolved'])
        assert.ok(kinds.includes(kind as never), `timeline has ${kind}`);
      assert.deepEqual(
        resolved.timeline.map((entry) => entry.seq),
        resolved.timeline.map((entry) => entry.seq).sort((a, b) => a - b),
      );
    } finally {
      stub.closeAllConnections();
      await new Promise((resolve) => stub.close(resolve));
    }
  });
});

test('a server killed between batches has every acknowledged record after its restart', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  let server = await startServerProcess(folder.path);
  try {
    const acknowledged: number[] = [];
    const batch = (start: number): string =>
      JSON.stringify({
        resourceLogs: [
          {
            resource: { attributes: [{ key: 'service.name', value: { stringValue: 'killed' } }] },
            scopeLogs: [
              {
                logRecords: Array.from({ length: 20 }, (_, i) => ({
                  timeUnixNano: `${Date.now()}000000`,
                  body: { stringValue: `n ${start + i}` },
                  attributes: [{ key: 'n', value: { intValue: String(start + i) } }],
                })),
              },
            ],
          },
        ],
      });
    for (let round = 0; round < 3; round += 1) {
      const until = acknowledged.length + 100;
      const sender = async (lane: number): Promise<void> => {
        for (let i = 0; ; i += 1) {
          const start = round * 10_000 + lane * 2_000 + i * 20;
          const response = await fetch(`${server.otlpUrl}/v1/logs`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: batch(start),
          }).catch(() => undefined);
          if (!response?.ok) return;
          await response.arrayBuffer();
          for (let k = 0; k < 20; k += 1) acknowledged.push(start + k);
        }
      };
      const senders = [sender(0), sender(1), sender(2)];
      await waitFor('acknowledged batches', async () => (acknowledged.length >= until ? true : undefined));
      await server.kill();
      await Promise.all(senders);
      server = await startServerProcess(folder.path);
    }
    const found = new Set<number>();
    let cursor: string | null = '';
    do {
      const page: LogsPage = await server.api<LogsPage>(
        `/logs?query=service:killed&${lastHour()}&limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      );
      for (const row of page.rows) found.add(Number(row.body.slice(2)));
      cursor = page.nextCursor;
    } while (cursor);
    assert.deepEqual(
      acknowledged.filter((n) => !found.has(n)),
      [],
    );
  } finally {
    await server.stop();
    folder.remove();
  }
});
