import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { configureSync, getConsoleSink, getLogger, resetSync } from '@logtape/logtape';
import { trace } from '@opentelemetry/api';
import { createLogger, type Logger, type Sink } from '../index.ts';
import { type MemorySink, memorySink } from '../sinks/memory.ts';
import { captureConsole } from './console.ts';
import { logTapeSink, sinkToLogTape } from './logtape.ts';
import { toLoggerProvider } from './otel-provider.ts';
import { toPino } from './pino.ts';
import { toWinston } from './winston.ts';

const loggers: Logger[] = [];
after(async () => {
  await Promise.all(loggers.map((logger) => logger.close()));
});

function setUp(...more: Sink[]): { sink: MemorySink; logger: Logger } {
  const sink = memorySink();
  const logger = createLogger({ service: 't', sinks: [sink, ...more], flushAtExit: false, level: 'trace' });
  loggers.push(logger);
  return { sink, logger };
}

function fail(): never {
  throw new Error('from the value');
}

/** What must not throw into whoever logs it. */
const HOSTILE: Readonly<Record<string, unknown>> = {
  'a proxy': new Proxy({}, { get: fail, getPrototypeOf: fail, ownKeys: fail, has: fail }),
  'a toString that throws': { toString: fail, [Symbol.toPrimitive]: fail },
  'an accessor that throws': Object.defineProperty({}, 'message', { get: fail, enumerable: true }),
  'an error whose message throws': Object.defineProperty(new Error('x'), 'message', { get: fail }),
  'a symbol': Symbol('s'),
  null: null,
  nothing: undefined,
  'a list': [1],
};

const bareConsole = (): Console =>
  ({ log() {}, info() {}, warn() {}, error() {}, debug() {}, trace() {} }) as unknown as Console;

for (const [name, value] of Object.entries(HOSTILE)) {
  test(`R10 no call of a bridge throws, whatever it is given: ${name}`, () => {
    const { sink, logger } = setUp();
    const own = bareConsole();
    captureConsole(logger, own);
    const pino = toPino(logger) as unknown as Record<string, (...values: unknown[]) => void>;
    const winston = toWinston(logger) as unknown as Record<string, (...values: unknown[]) => void>;
    const tape = logTapeSink(logger) as (record: unknown) => void;
    const otel = toLoggerProvider(logger, { trace }) as unknown as {
      getLogger(...values: unknown[]): { emit(record: unknown): void; enabled(question: unknown): boolean };
    };
    assert.ok(otel.getLogger('lib').enabled(value));
    pino['child']!(value);
    winston['child']!(value);
    const calls = [
      () => otel.getLogger(value, value).emit(value),
      () =>
        otel.getLogger('lib', value, { attributes: value }).emit({ body: value, attributes: value, exception: value }),
      () => own.error('%s', value),
      () => own.error(value, value),
      () => pino['info']!(value),
      () => pino['info']!(value, '%s %d', value, value),
      () => pino['info']!('%s', value),
      () => winston['info']!(value),
      () => winston['info']!('%s %s', value, value),
      () => winston['info']!(new Error('boom'), value),
      () => winston['log']!({ level: value, message: value }),
      () => winston['log']!(value),
      () => tape(value),
      () => tape({ category: value, level: value, message: value, properties: value, timestamp: value }),
      () => tape({ category: ['c'], level: 'info', message: ['m', value], properties: value, timestamp: 1e300 }),
    ];
    for (const call of calls) call();
    assert.equal(sink.lines.length, calls.length);
    for (const line of sink.lines) assert.equal(typeof JSON.parse(line), 'object');
  });
}

test('R70 a first argument that is no object is the text; msg is the text where there is none; level is the threshold', () => {
  const { sink, logger } = setUp();
  const log = toPino(logger);
  (log.info as (first: unknown) => void)(42);
  log.info({ msg: 'from the object', a: 1 });
  log.info({ msg: 'not this' }, 'this');
  assert.deepEqual(
    sink.records().map(({ body }) => body),
    ['42', 'from the object', 'this'],
  );
  assert.equal(log.level, 'trace');
  log.level = 'warn';
  assert.equal(log.child({}).level, 'warn');
  log.level = 'silent';
  assert.equal(log.level, 'silent');
  assert.throws(() => {
    log.level = 'loud';
  }, /loud/);
});

test('R72 two captures given back in the wrong order leave the console as it was', () => {
  const { sink, logger } = setUp();
  const own = bareConsole();
  const { log } = own;
  const first = captureConsole(logger, own);
  const second = captureConsole(logger, own);
  first();
  second();
  own.log('after');
  assert.equal(sink.lines.length, 0);
  const third = captureConsole(logger, own);
  const over = own.log;
  own.log = (...values: unknown[]) => over(...values);
  third();
  own.log('after');
  assert.equal(sink.lines.length, 0);
  assert.notEqual(own.log, log, 'what somebody has put over it stays');
});

test('R75 a record that LogTape says to the captured console is not said again', () => {
  const own = bareConsole();
  const said: unknown[] = [];
  own.info = (...values: unknown[]) => void said.push(values[0]);
  const out = sinkToLogTape({ getLogger: (category) => getLogger(category) }, { category: ['app'] });
  const { sink, logger } = setUp(out);
  const restore = captureConsole(logger, own);
  configureSync({
    sinks: { console: getConsoleSink({ console: own }) },
    loggers: [
      { category: ['logtape', 'meta'], sinks: [], lowestLevel: 'fatal' },
      { category: ['app'], sinks: ['console'], lowestLevel: 'trace' },
    ],
  });
  logger.info('once');
  resetSync();
  restore();
  assert.deepEqual([sink.lines.length, said.length], [1, 1]);
});
