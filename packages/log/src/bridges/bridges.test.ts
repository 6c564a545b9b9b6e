import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { configureSync, getLogger, resetSync } from '@logtape/logtape';
import { type Meter, trace } from '@opentelemetry/api';
import { createLogger, type Logger } from '../index.ts';
import { expectLogs, memorySink } from '../testing.ts';
import { captureConsole, connectLogMetrics, logTapeSink, otelSink, otelTrace, toPino, toWinston } from './bridges.ts';

const loggers: Logger[] = [];
after(async () => {
  await Promise.all(loggers.map((logger) => logger.close()));
});

function setUp() {
  const sink = memorySink();
  const logger = createLogger({ service: 't', sinks: [sink], flushAtExit: false });
  loggers.push(logger);
  return { sink, logger };
}

test('R70 pino’s calls: text, format, fields first, error first, child, level', () => {
  const { sink, logger } = setUp();
  const log = toPino(logger);
  log.info('a %s', 'b');
  log.warn({ n: 1 }, 'fields');
  log.error(new Error('boom'));
  log.child({ c: 2 }).info({ err: new Error('inner') }, 'x');
  log.level = 'warn';
  log.info('no');
  assert.equal(log.isLevelEnabled('info'), false);
  const records = sink.records();
  assert.deepEqual(
    records.map(({ body }) => body),
    ['a b', 'fields', 'boom', 'x'],
  );
  assert.equal(records[1]!.attributes['n'], 1);
  assert.equal(records[2]!.attributes['exception.message'], 'boom');
  assert.equal(records[3]!.attributes['c'], 2);
  assert.equal(records[3]!.attributes['exception.message'], 'inner');
});

test('R71 winston’s calls: text, format with meta, entry, error, child', () => {
  const { sink, logger } = setUp();
  const log = toWinston(logger);
  log.info('a %s', 'b', { n: 1 }).error(new Error('boom'));
  log.log({ level: 'warn', message: 'entry', m: 2 });
  log.child({ c: 3 }).log('http', 'x');
  const records = sink.records();
  assert.deepEqual(
    records.map(({ body, severityText }) => [body, severityText]),
    [
      ['a b', 'INFO'],
      ['boom', 'ERROR'],
      ['entry', 'WARN'],
      ['x', 'INFO'],
    ],
  );
  assert.equal(records[0]!.attributes['n'], 1);
  assert.equal(records[1]!.attributes['exception.message'], 'boom');
  assert.equal(records[2]!.attributes['m'], 2);
  assert.equal(records[3]!.attributes['c'], 3);
});

test('R70 what a service on pino relies on: JSON in texts, the text of an error, children with options, flush with a callback', async () => {
  const { sink, logger } = setUp();
  const log = toPino(logger);
  log.info('%o %O 100%%', { a: 1 }, { b: [2] });
  log.error({ err: new Error('refused') });
  log.info({ msg: 'once', a: 1 });
  const child = log.child({ c: 1 }, { level: 'error', msgPrefix: '[jobs] ' });
  child.info('hidden');
  child.error('shown');
  child.level = 'info';
  child.info('shown too');
  log.info('of the parent');
  child.setBindings({ d: 2 });
  assert.deepEqual([child.bindings(), log.bindings()], [{ c: 1, d: 2 }, {}]);
  assert.deepEqual([log.levelVal, log.levels.values['warn'], log.levels.labels[60]], [30, 40, 'fatal']);
  assert.throws(() => log.child({}, { level: 'loud' }), /loud/);
  await new Promise<void>((resolve, reject) => log.flush((error) => (error === undefined ? resolve() : reject(error))));
  assert.deepEqual(
    sink.records().map(({ body }) => body),
    ['{"a":1} {"b":[2]} 100%', 'refused', 'once', '[jobs] shown', '[jobs] shown too', 'of the parent'],
  );
  assert.deepEqual(sink.records()[2]!.attributes, { a: 1 });
});

test('R71 what a service on winston relies on: objects in the text, several metas, an entry first, its level', () => {
  const { sink, logger } = setUp();
  const log = toWinston(logger);
  log.info('%j', { q: 1 }, { a: 1 });
  log.info('two', { a: 1 }, { b: 2 }, 'and a text', () => undefined);
  log.error('failed', new Error('boom'), { n: 1 });
  log.info({ message: 'entry', a: 1 });
  log.info({ a: 1 });
  log.level = 'warn';
  log.info('no');
  assert.deepEqual(
    [log.level, log.isLevelEnabled('info'), log.isWarnEnabled(), log.isSillyEnabled(), log.isLevelEnabled('loud')],
    ['warn', false, true, false, false],
  );
  log.level = 'silly';
  assert.deepEqual([log.level, logger.isEnabled('trace')], ['silly', true]);
  assert.throws(() => {
    log.level = 'loud';
  }, /loud/);
  const records = sink.records();
  assert.deepEqual(
    records.map(({ body, attributes: { a, b, n } }) => [body, a, b, n]),
    [
      ['{"q":1}', 1, undefined, undefined],
      ['two and a text', 1, 2, undefined],
      ['failed', undefined, undefined, 1],
      ['entry', 1, undefined, undefined],
      ['', 1, undefined, undefined],
    ],
  );
  assert.equal(records[2]!.attributes['exception.message'], 'boom');
});

test('R72 the console is captured and given back', () => {
  const { sink, logger } = setUp();
  const own = { log() {}, info() {}, warn() {}, error() {}, debug() {}, trace() {}, dir() {} } as unknown as Console;
  const { error } = own;
  const restore = captureConsole(logger, own);
  own.error('failed %d', 1, new Error('boom'));
  own.dir({ shown: true }, { depth: 1 });
  restore();
  assert.equal(own.error, error);
  expectLogs(sink).toInclude({ level: 'error', body: /^failed 1/, attributes: { 'exception.message': 'boom' } }, 1);
  expectLogs(sink).toInclude({ level: 'info', body: '{ shown: true }' }, 1);
});

test('R73 LogTape’s records arrive with category, level and properties', () => {
  const { sink, logger } = setUp();
  configureSync({
    reset: true,
    sinks: { ours: logTapeSink(logger) },
    loggers: [
      { category: ['logtape', 'meta'], sinks: [], lowestLevel: 'fatal' },
      { category: 'lib', sinks: ['ours'], lowestLevel: 'info' },
    ],
  });
  getLogger(['lib', 'db']).warn('slow {ms}', { ms: 5 });
  resetSync();
  expectLogs(sink).toInclude({ level: 'warn', scope: 'lib.db', body: 'slow 5', attributes: { ms: 5 } }, 1);
});

test('R74 records go to an OpenTelemetry logger; ids come from its active span', async () => {
  const emitted: Record<string, unknown>[] = [];
  const logger = createLogger({
    service: 't',
    sinks: [otelSink({ emit: (record) => void emitted.push(record as Record<string, unknown>) })],
    flushAtExit: false,
    trace: otelTrace(trace),
  });
  loggers.push(logger);
  logger.log('warn', 'text', { a: 1, big: 2n ** 60n, list: [{ big: -(2n ** 60n) }] }, 'some.event');
  assert.equal(emitted[0]!['body'], 'text');
  assert.equal(emitted[0]!['severityNumber'], 13);
  assert.equal(emitted[0]!['eventName'], 'some.event');
  // The SDK drops an attribute that is a bigint.
  assert.deepEqual(emitted[0]!['attributes'], {
    a: 1,
    big: '1152921504606846976',
    list: [{ big: '-1152921504606846976' }],
  });
  assert.ok(emitted[0]!['timestamp'] instanceof Date);
});

test('R23 what became of records is a metric, by sink, outcome and reason', () => {
  const { logger } = setUp();
  let callback: ((result: unknown) => void) | undefined;
  const meter = {
    createObservableCounter: () => ({
      addCallback(added: (result: unknown) => void) {
        callback = added;
      },
      removeCallback() {
        callback = undefined;
      },
    }),
  } as unknown as Meter;
  const stop = connectLogMetrics(logger, meter);
  logger.info('x');
  const seen: unknown[] = [];
  callback?.({ observe: (value: number, attributes: unknown) => seen.push([value, attributes]) });
  assert.deepEqual(seen, [
    [1, { 'breakwater.log.outcome': 'written' }],
    [1, { 'breakwater.log.sink': 'memory', 'breakwater.log.outcome': 'written' }],
  ]);
  stop();
  assert.equal(callback, undefined);
});
