import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { configureSync, fingersCrossed, fromAsyncSink, getLogger, resetSync } from '@logtape/logtape';
import { createLogger, type Logger, type Sink, withContext } from '../index.ts';
import { memorySink } from '../testing.ts';
import { type LogTapeRecord, logTapeSink, sinkToLogTape, toPino } from './bridges.ts';

const loggers: Logger[] = [];
after(async () => {
  await Promise.all(loggers.map((logger) => logger.close()));
});
afterEach(() => resetSync());

const NOW = Date.UTC(2026, 10, 25, 10, 0, 0, 5);
const META = { category: ['logtape', 'meta'], sinks: [], lowestLevel: 'fatal' as const };

function loggerWith(...sinks: Sink[]): Logger {
  const logger = createLogger({ service: 'shop', sinks, flushAtExit: false, now: () => NOW, level: 'trace' });
  loggers.push(logger);
  return logger;
}

test('R73 in: the time is kept, braces in what was said are no template, values that have no text do no harm', () => {
  const sink = memorySink();
  const take = logTapeSink(loggerWith(sink));
  take({
    category: ['lib'],
    level: 'error',
    message: ['a ', '{secret}', ' ', { count: 1 }, ' ', Object.create(null), ' ', Symbol('s'), ' ', 5n],
    properties: { secret: 'x' },
    timestamp: NOW - 5000,
  });
  const [record] = sink.records();
  assert.equal(record!.timestamp, new Date(NOW - 5000).toISOString());
  assert.equal(record!.body, 'a {secret} { count: 1 } [Object: null prototype] {} Symbol(s) 5n');
  assert.equal(record!.attributes['breakwater.log.template'], undefined);
});

test('R73 out, to a sink of LogTape: category, level, message, time and properties', () => {
  const seen: LogTapeRecord[] = [];
  const sink = sinkToLogTape({ sink: (record) => void seen.push(record) });
  const logger = loggerWith(sink);
  withContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }, () =>
    logger.module('db.pool').log('warn', 'slow {ms}', { ms: 5 }, 'db.slow'),
  );
  for (const level of ['trace', 'debug', 'info', 'error', 'fatal'] as const) logger.log(level, 'x');
  assert.deepEqual(
    { ...seen[0] },
    {
      ...seen[0],
      category: ['shop', 'db', 'pool'],
      level: 'warning',
      message: ['slow 5'],
      rawMessage: 'slow {ms}',
      timestamp: NOW,
    },
  );
  assert.deepEqual(seen[0]!.properties, {
    'breakwater.log.template': 'slow {ms}',
    ms: 5,
    eventName: 'db.slow',
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
  });
  assert.deepEqual(
    seen.slice(1).map(({ level }) => level),
    ['trace', 'debug', 'info', 'error', 'fatal'],
  );
  assert.deepEqual(sink.counts(), { emitted: 6, written: 6, pending: 0, dropped: {} });
});

test('R73 out, to LogTape’s loggers: its configuration decides by category and level; flush waits for its sinks', async () => {
  const seen: string[] = [];
  const slow = fromAsyncSink(async ({ category, level }) => {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(`${category.join('.')} ${level}`);
  });
  configureSync({
    sinks: { all: ({ category, level }) => void seen.push(`${category.join('.')} ${level}`) },
    loggers: [META, { category: ['app', 'db'], sinks: ['all'], lowestLevel: 'warning' }],
  });
  const logger = loggerWith(sinkToLogTape({ getLogger: (category) => getLogger(category) }, { category: ['app'] }));
  logger.module('db').info('no');
  logger.module('db').error('yes');
  logger.module('other').error('no');
  assert.deepEqual(seen, ['app.db error']);
  const direct = loggerWith(sinkToLogTape({ sink: slow as never }));
  direct.info('x');
  await direct.flush();
  assert.deepEqual(seen.slice(1), ['shop info']);
});

test('R73 out: a sink that throws is counted, and a target that is none is named', () => {
  const sink = sinkToLogTape(
    {
      sink: () => {
        throw new Error('no');
      },
    },
    { name: 'tape' },
  );
  loggerWith(sink).info('x');
  assert.deepEqual(sink.counts(), { emitted: 1, written: 0, pending: 0, dropped: { failed: 1 } });
  assert.throws(() => sinkToLogTape({} as never), /target/);
  assert.throws(() => sinkToLogTape(undefined as never), /target/);
});

test('R75 in and out together: no record goes round, also when LogTape holds it back for a while', () => {
  const sink = memorySink();
  const out = sinkToLogTape({ getLogger: (category) => getLogger(category) }, { category: ['app'] });
  const logger = loggerWith(sink, out);
  configureSync({
    sinks: { ours: fingersCrossed(logTapeSink(logger) as never, { triggerLevel: 'error' }) },
    loggers: [META, { category: [], sinks: ['ours'], lowestLevel: 'trace' }],
  });
  logger.info('own');
  getLogger(['lib']).info('held back');
  getLogger(['lib']).error('library');
  logger.error('own error');
  assert.deepEqual(
    sink.records().map(({ body }) => body),
    ['own', 'held back', 'library', 'own error'],
  );
});

test('R70 what pino’s format has put together is no template', () => {
  const sink = memorySink();
  toPino(loggerWith(sink)).info({ secret: 'x' }, 'user said %s', '{secret}');
  assert.equal(sink.records()[0]!.body, 'user said {secret}');
});
