import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLogger, type Logger, type LoggerOptions } from './index.ts';
import { type MemorySink, memorySink } from './testing.ts';

function loggerTo(sink: MemorySink, redact?: LoggerOptions['redact']): Logger {
  return createLogger({ service: 's', sinks: [sink], flushAtExit: false, now: () => 0, redact });
}

const RULES = {
  rules: [
    { path: 'user.email', action: 'mask' },
    { path: 'a.b', action: 'mask' },
  ],
} as const;

/** Few names and values, so that shapes and values come back in other orders and places. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<unknown>('GET', 'POST', 'hunter2hunter2', '"', 0, -0, 1, 1.5, Number.NaN, 1e9, true, false, null),
    fc.constantFrom<unknown>(
      undefined,
      'x'.repeat(65),
      7n,
      () => 'lazy',
      () => undefined,
      new Date(0),
    ),
    tie('object'),
    fc.array(tie('any'), { maxLength: 3 }),
  ),
  object: fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'user', 'email', 'password', 'name', 'value', 'status', 'error'),
    tie('any'),
    { maxKeys: 6 },
  ),
})).object;

test('R1 a record says the same whatever was said before it', () => {
  for (const redact of [undefined, RULES, false] as const) {
    const used = memorySink();
    const logger = loggerTo(used, redact);
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(5), { maxLength: 12 }),
        (all, order) => {
          for (const index of [...all.keys(), ...order.map((each) => each % all.length)]) {
            const fields = all[index] as Record<string, unknown>;
            const fresh = memorySink();
            loggerTo(fresh, redact).info('m', fields);
            used.clear();
            logger.info('m', fields);
            assert.deepEqual(used.lines, fresh.lines);
          }
        },
      ),
      { numRuns: 4 },
    );
  }
});

test('R1 a record written in the middle of another leaves no trace in it', () => {
  const sink = memorySink();
  const logger = loggerTo(sink);
  const say = (method: string, status: unknown): void =>
    logger.info('m', { method, request: { method, status, path: '/' }, status });
  for (let turn = 0; turn < 5; turn++) say('GET', 200);
  sink.clear();
  const getter = { method: 'GET', path: '/' };
  Object.defineProperty(getter, 'status', {
    enumerable: true,
    get() {
      for (let turn = 0; turn < 3; turn++) say('POST', 500);
      return 200;
    },
  });
  logger.info('m', { method: 'GET', request: getter, status: 200 });
  const lazy = (): number => {
    for (let turn = 0; turn < 3; turn++) say('POST', 500);
    return 200;
  };
  logger.info('m', { method: 'GET', request: { method: 'GET', status: lazy, path: '/' }, status: lazy });
  const own = sink.records().filter(({ attributes }) => attributes['method'] === 'GET');
  assert.equal(own.length, 2);
  for (const { attributes } of own) {
    assert.equal(attributes['status'], 200);
    assert.deepEqual({ ...(attributes['request'] as object) }, { method: 'GET', status: 200, path: '/' });
  }
});

test('R6 of two errors the first is the exception, the second is written under its name', () => {
  const sink = memorySink();
  const logger = loggerTo(sink);
  logger.error('m', { error: new Error('first'), err: new Error('second') });
  logger.error(new Error('first') as never, { error: new Error('second') });
  for (const [index, name] of ['err', 'error'].entries()) {
    const line = sink.lines[index]!;
    const { attributes } = sink.records()[index]!;
    assert.equal(line.split('"exception.message":').length, 2, 'unique keys');
    assert.equal(attributes['exception.message'], 'first');
    assert.match(JSON.stringify(attributes[name]), /second/);
  }
});

test('R10 names without end are forgotten, and known ones still redacted', () => {
  const sink = memorySink({ maxRecords: 1 });
  const logger = loggerTo(sink);
  for (let index = 0; index < 3000; index++)
    logger.info('m', { [`k${index}`]: { [`j${index}`]: index, password: 'hunter2hunter2' }, index });
  assert.doesNotMatch(sink.lines[0]!, /hunter2/);
  assert.equal(sink.records()[0]!.attributes['index'], 2999);
});
