import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type LoggerProvider, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import {
  InMemoryLogRecordExporter,
  LoggerProvider as SdkProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import { createLogger, type Logger, type LoggerOptions, withContext } from '../index.ts';
import { teeSink } from '../sinks/tee.ts';
import { memorySink } from '../testing.ts';
import { otelSink, toLoggerProvider } from './bridges.ts';

const loggers: Logger[] = [];
after(async () => {
  await Promise.all(loggers.map((logger) => logger.close()));
});

const NOW = Date.UTC(2026, 10, 25, 10, 0, 0, 5);

function setUp(options: Partial<LoggerOptions> = {}) {
  const sink = memorySink();
  const logger = createLogger({ service: 't', sinks: [sink], flushAtExit: false, now: () => NOW, ...options });
  loggers.push(logger);
  return { sink, logger, provider: toLoggerProvider(logger, { trace }) };
}

const SPAN = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };

test('R74 a record of the Logs API arrives with all it brings', () => {
  const { sink, provider } = setUp();
  provider.getLogger('lib.db', '1.2.0', { attributes: { pool: 'main' } }).emit({
    severityNumber: 14,
    severityText: 'NOTICE',
    body: 'slow {query}',
    eventName: 'db.slow',
    timestamp: [1_764_000_000, 123_456_789],
    observedTimestamp: new Date(1_764_000_001_000),
    attributes: { query: 'select', rows: 3, list: [1, 2], password: 'hunter2' },
    context: trace.setSpanContext(ROOT_CONTEXT, SPAN),
  });
  assert.deepEqual(sink.records(), [
    {
      timestamp: '2025-11-24T16:00:00.123Z',
      observedTimestamp: '2025-11-24T16:00:01.000Z',
      severityText: 'NOTICE',
      severityNumber: 14,
      body: 'slow {query}',
      resource: { 'service.name': 't' },
      scope: 'lib.db',
      eventName: 'db.slow',
      traceId: SPAN.traceId,
      spanId: SPAN.spanId,
      traceFlags: 1,
      attributes: {
        pool: 'main',
        'otel.scope.version': '1.2.0',
        query: 'select',
        rows: 3,
        list: [1, 2],
        password: sink.records()[0]!.attributes['password'],
      },
    },
  ]);
  assert.doesNotMatch(sink.lines[0]!, /hunter2/);
});

test('R74 every time the API allows; without one, now', () => {
  const { sink, provider } = setUp();
  const log = provider.getLogger('lib');
  const times = [
    undefined,
    1_764_000_000_500,
    new Date(1_764_000_000_500),
    [1_764_000_000, 5e8] as [number, number],
    1,
  ];
  for (const timestamp of times) log.emit({ body: 'x', ...(timestamp === undefined ? {} : { timestamp }) });
  log.emit({ body: 'x', observedTimestamp: 1_764_000_000_500 });
  log.emit({ body: 'x', timestamp: new Date(Number.NaN) });
  const now = new Date(NOW).toISOString();
  const given = new Date(1_764_000_000_500).toISOString();
  assert.deepEqual(
    sink.records().map(({ timestamp }) => timestamp),
    [now, given, given, given, new Date(Math.floor(performance.timeOrigin + 1)).toISOString(), given, now],
  );
  assert.ok(sink.records().every(({ observedTimestamp }) => observedTimestamp === undefined));
});

test('R74 severities: number and name, one of them, none; thresholds of modules; enabled', () => {
  const { sink, logger, provider } = setUp({ level: 'info', levels: { lib: 'debug' } });
  const log = provider.getLogger('lib');
  log.emit({ severityNumber: 10, body: 'x' });
  log.emit({ severityText: 'Warning', body: 'x' });
  log.emit({ body: 'x' });
  log.emit({ severityNumber: 99 as never, body: 'x' });
  log.emit({ severityNumber: 3, body: 'x' });
  log.emit({ severityNumber: 6, body: 'x' });
  assert.deepEqual(
    sink.records().map(({ severityNumber, severityText }) => [severityNumber, severityText]),
    [
      [10, 'INFO2'],
      [13, 'Warning'],
      [9, 'INFO'],
      [9, 'INFO'],
      [6, 'DEBUG2'],
    ],
  );
  assert.equal(log.enabled({ severityNumber: 4 }), false);
  assert.equal(log.enabled({ severityNumber: 5 }), true);
  assert.equal(log.enabled(), true);
  logger.setLevel('silent', 'lib');
  assert.equal(log.enabled({ severityNumber: 24 }), false);
});

test('R74 bodies of any kind, errors, records that cannot be read', () => {
  const { sink, provider } = setUp();
  const log = provider.getLogger('lib');
  log.emit({ body: { a: [1, 'b', null], password: 'hunter2' } as never });
  log.emit({ body: 7 });
  log.emit({ body: null as never });
  log.emit({ body: new Uint8Array([1, 2, 3]) });
  log.emit({ body: 'x', exception: new RangeError('too far') });
  log.emit({
    body: 'x',
    attributes: {
      'exception.type': 'ENOENT',
      'exception.message': 'gone',
      'exception.stacktrace': 'ENOENT: gone\n    at x',
      error: 'kept',
    },
  });
  log.emit({
    get body(): string {
      throw new Error('no');
    },
  });
  const records = sink.records();
  assert.deepEqual(JSON.parse(records[0]!.body).a, [1, 'b', null]);
  assert.doesNotMatch(records[0]!.body, /hunter2/);
  assert.deepEqual(
    records.slice(1, 4).map(({ body }) => body),
    ['7', '', 'AQID'],
  );
  assert.equal(records[4]!.attributes['exception.type'], 'RangeError');
  assert.equal(records[4]!.attributes['exception.message'], 'too far');
  assert.equal(records[5]!.attributes['exception.type'], 'ENOENT');
  assert.equal(records[5]!.attributes['exception.message'], 'gone');
  assert.match(String(records[5]!.attributes['exception.stacktrace']), /at x/);
  assert.equal(records[5]!.attributes['error'], 'kept');
  assert.match(records[6]!.body, /could not be read/);
});

test('R74 without a context of its own a record has the ids of the work that goes on', () => {
  const { sink, provider } = setUp();
  withContext({ traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), correlationId: 'c-1' }, () =>
    provider.getLogger('lib').emit({ body: 'x' }),
  );
  const [record] = sink.records();
  assert.equal(record!.traceId, 'c'.repeat(32));
  assert.equal(record!.attributes['breakwater.correlation_id'], 'c-1');
});

test('R75 in and out together: no record goes round or is said twice', () => {
  const sink = memorySink();
  const late: { provider?: LoggerProvider } = {};
  const out = otelSink({ emit: (record) => late.provider!.getLogger('otel').emit(record as never) });
  const logger = createLogger({
    service: 't',
    sinks: [sink, teeSink([{ sink: out, from: 'info' }])],
    flushAtExit: false,
    now: () => NOW,
  });
  loggers.push(logger);
  late.provider = toLoggerProvider(logger, { trace });
  logger.info('own');
  late.provider.getLogger('lib').emit({ body: 'library' });
  assert.deepEqual(
    sink.records().map(({ body }) => body),
    ['own', 'library'],
  );
  assert.equal(out.counts().written, 2);
});

test('R75 two loggers in a ring say each record once; a logger apart takes it', () => {
  const first = memorySink({ name: 'first' });
  const second = memorySink({ name: 'second' });
  const late: { a?: LoggerProvider; b?: LoggerProvider } = {};
  const a = createLogger({
    service: 'a',
    sinks: [first, otelSink({ emit: (record) => late.b!.getLogger('x').emit(record as never) })],
    flushAtExit: false,
  });
  const b = createLogger({
    service: 'b',
    sinks: [second, otelSink({ emit: (record) => late.a!.getLogger('x').emit(record as never) })],
    flushAtExit: false,
  });
  loggers.push(a, b);
  late.a = toLoggerProvider(a, { trace });
  late.b = toLoggerProvider(b, { trace });
  a.info('one');
  b.info('two');
  assert.deepEqual(
    first.records().map(({ body }) => body),
    ['one', 'two'],
  );
  assert.deepEqual(
    second.records().map(({ body }) => body),
    ['one', 'two'],
  );
});

test('R74 out: the SDK of OpenTelemetry exports what was said, in order, with severity, event name and time', () => {
  const exporter = new InMemoryLogRecordExporter();
  const sdk = new SdkProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
  const logger = createLogger({
    service: 't',
    sinks: [otelSink(sdk.getLogger('breakwater'), 'otel', trace)],
    flushAtExit: false,
    now: () => NOW,
  });
  loggers.push(logger);
  withContext({ traceId: SPAN.traceId, spanId: SPAN.spanId, traceFlags: 1 }, () =>
    logger.log('warn', 'text', { a: 1, list: [1, 'b'] }, 'some.event'),
  );
  const [record] = exporter.getFinishedLogRecords();
  assert.deepEqual(record!.spanContext, SPAN);
  assert.equal(record!.body, 'text');
  assert.equal(record!.severityNumber, 13);
  assert.equal(record!.eventName, 'some.event');
  assert.deepEqual(record!.attributes, { a: 1, list: [1, 'b'] });
  assert.deepEqual(record!.hrTime, [Math.floor(NOW / 1000), (NOW % 1000) * 1e6]);
});
