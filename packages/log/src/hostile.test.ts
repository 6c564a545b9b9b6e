import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, type Logger, type LoggerOptions, withContext } from './index.ts';
import { type MemorySink, memorySink } from './testing.ts';

function setUp(options: Partial<LoggerOptions> = {}): { readonly sink: MemorySink; readonly logger: Logger } {
  const sink = memorySink();
  const logger = createLogger({ service: 's', sinks: [sink], flushAtExit: false, now: () => 0, ...options });
  return { sink, logger };
}

const thrower = (): never => {
  throw new Error('hostile');
};

test('R4 a lazy value is worked out for every record, also when it is the same function', () => {
  const { sink, logger } = setUp();
  let calls = 0;
  const lazy = (): number => ++calls;
  for (let turn = 0; turn < 3; turn++) logger.info('m', { lazy, inner: { lazy } });
  assert.deepEqual(
    sink.records().map(({ attributes }) => attributes['lazy']),
    [1, 3, 5],
  );
});

test('R13 a text that names the value beside it does so among the fields of a record and of a child', () => {
  const { sink, logger } = setUp();
  logger.info('m', { name: 'authorization', value: 'canary-1' });
  logger.info('m', { key: 'password', value: 'canary-2', 'breakwater.forged': 1 });
  logger.child({ header: 'cookie', value: 'canary-3' }).info('m');
  logger.info('m', { name: 'color', value: 'red' });
  assert.doesNotMatch(sink.lines.join(''), /canary/);
  assert.equal(sink.records()[3]!.attributes['value'], 'red');
});

test('R13 an item that ends in white space still names the next one', () => {
  const { sink, logger } = setUp();
  logger.info('m', { argv: ['password:\t', 'canary-1'], list: ['token= ', 'canary-2'] });
  assert.doesNotMatch(sink.lines[0]!, /canary/);
});

test('R13 a path is a path: the same name elsewhere is not taken', () => {
  const { sink, logger } = setUp({ redact: { rules: [{ path: 'gone', action: 'drop' }] } });
  logger.info('m', { gone: 'canary', inner: { gone: 'kept' }, list: [{ gone: 'kept too' }] });
  assert.deepEqual({ ...sink.records()[0]!.attributes }, { inner: { gone: 'kept' }, list: [{ gone: 'kept too' }] });
});

test('R13 with redact: false nothing is taken, in no walk', () => {
  const { sink, logger } = setUp({ redact: false });
  const error = new Error('password=hunter2hunter2');
  logger.info('jo@corp.com', {
    password: 'hunter2',
    map: new Map([['token', 'abc123def456']]),
    list: ['--token', 'x1'],
  });
  logger.error('failed', { error, nested: { error } });
  assert.equal(sink.records()[0]!.body, 'jo@corp.com');
  assert.deepEqual(JSON.parse(JSON.stringify(sink.records()[0]!.attributes)), {
    password: 'hunter2',
    map: { token: 'abc123def456' },
    list: ['--token', 'x1'],
  });
  assert.equal(sink.lines[1]!.match(/hunter2hunter2/g)?.length, 3, 'message, stack, nested record');
});

test('R10 an error whose message throws, given as the message, is a record all the same', () => {
  const { sink, logger } = setUp();
  class Odd extends Error {
    override get message(): string {
      return thrower();
    }
  }
  logger.error(new Odd() as never);
  assert.equal(sink.lines.length, 1);
  assert.equal(sink.records()[0]!.attributes['exception.type'], 'Error');
});

test('R10 no call throws: level, event name, module and fields of any kind', () => {
  const { sink, logger } = setUp();
  const odd = { toString: thrower, valueOf: thrower } as never;
  logger.log(odd, 'a', {}, odd);
  logger.log('constructor' as never, 'b', undefined, Symbol('s') as never);
  logger.module(odd).info('c');
  logger.child(undefined as never).info('d');
  logger.info('e', odd);
  logger.info('f', 'text' as never);
  logger.info('g', null as never);
  assert.equal(logger.isEnabled(odd), false);
  assert.equal(logger.isEnabled('constructor' as never), false);
  assert.deepEqual(
    sink.records().map(({ body }) => body),
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
  );
});

test('R10 a context that breaks its types costs no record', () => {
  const { sink, logger } = setUp({ baggage: ['tenant'] });
  const odd = { toString: thrower, a: 1 } as never;
  const baggage = new Proxy({}, { getOwnPropertyDescriptor: thrower, get: thrower });
  withContext({ userId: odd, traceId: odd, spanId: odd, traceFlags: odd, baggage }, () => logger.info('m', { b: 2 }));
  assert.deepEqual(JSON.parse(JSON.stringify(sink.records()[0]!.attributes['b'])), 2);
  assert.equal(logger.counts().logger.dropped.failed, undefined);
});

test('R14 a clock that throws costs the record, and the counts say so', () => {
  const { logger } = setUp({ now: thrower });
  logger.info('m');
  const { emitted, written, pending, dropped } = logger.counts().logger;
  assert.deepEqual(
    { emitted, written, pending, dropped: { ...dropped } },
    { emitted: 1, written: 0, pending: 0, dropped: { failed: 1 } },
  );
});

test('R12 R31 a lazy message that logs by another logger does not bring that one’s context into the line', () => {
  const plain = setUp({ redact: false });
  const { sink, logger } = setUp();
  withContext({ operation: 'for jo@corp.com', userId: 'u-1' }, () => {
    logger.info(
      () => {
        plain.logger.info('inner');
        return 'outer';
      },
      { a: 1 },
    );
    logger.info('after', {
      get a() {
        plain.logger.info('inner');
        return 1;
      },
      'user.id': 'forged',
    });
  });
  assert.match(plain.sink.lines[0]!, /jo@corp\.com/);
  for (const line of sink.lines) {
    assert.doesNotMatch(line, /jo@corp/);
    assert.match(line, /"user\.id":"u-1"/);
  }
  assert.equal(sink.records()[1]!.attributes['field.user.id'], 'forged');
});

test('R3 R12 names that clash: the child’s below the call’s, the context’s above both', () => {
  const { sink, logger } = setUp();
  const child = logger.child({ a: 1, 'user.id': 'bound', 'event.kind': 'x' }).child({ a: 2, 'field.event.kind': 'y' });
  child.info('m', { a: 3, b: 4 });
  child.info('m', { b: 4 });
  withContext({ userId: 'u-1' }, () => child.info('m', { 'user.id': 'call', b: 4 }));
  const all = sink.records().map(({ attributes }) => ({ ...attributes }));
  assert.deepEqual(all[0], { a: 3, 'user.id': 'bound', 'field.event.kind': 'y', b: 4 });
  assert.deepEqual(all[1], { a: 2, 'user.id': 'bound', 'field.event.kind': 'y', b: 4 });
  assert.deepEqual(all[2], { 'user.id': 'u-1', a: 2, 'field.event.kind': 'y', 'field.user.id': 'call', b: 4 });
});

test('R10 names that objects have by themselves are fields like others', () => {
  const { sink, logger } = setUp();
  const fields = JSON.parse(
    '{"constructor":1,"length":2,"hasOwnProperty":3,"toString":4,"valueOf":5,"__defineGetter__":6,"then":7,"__proto__":8}',
  ) as Record<string, unknown>;
  for (let turn = 0; turn < 2; turn++) logger.info('m {constructor} {length}', { ...fields, inner: fields });
  for (const { body, attributes } of sink.records()) {
    assert.equal(body, 'm 1 2');
    assert.deepEqual(Object.entries(attributes['inner'] as object), Object.entries(fields));
    assert.equal(attributes['hasOwnProperty'], 3);
  }
});

test('R10 an object that is another one at the second look gives one valid line, and the next record is right', () => {
  const { sink, logger } = setUp();
  let looks = 0;
  const shifty = {
    get a(): unknown {
      looks++;
      return looks % 2 === 1 ? 1 : { b: new Map([[{}, thrower]]) };
    },
    get z(): unknown {
      return looks % 2 === 1 ? thrower() : 'z';
    },
  };
  for (let turn = 0; turn < 4; turn++) logger.info('m', { shifty, tail: turn });
  logger.info('m', { shifty: { a: 1, z: 2 }, tail: 9 });
  const last = sink.records().at(-1)!.attributes;
  assert.deepEqual(JSON.parse(JSON.stringify(last)), { shifty: { a: 1, z: 2 }, tail: 9 });
  assert.deepEqual(
    sink.records().map(({ attributes }) => attributes['tail']),
    [0, 1, 2, 3, 9],
  );
});

test('R10 a child says how many of its fields were left out', () => {
  const { sink, logger } = setUp();
  logger.child(Object.fromEntries(Array.from({ length: 1200 }, (_, index) => [`k${index}`, index]))).info('m');
  assert.equal(sink.records()[0]!.attributes['breakwater.log.omitted_fields'], 200);
});

test('R2 a threshold changed while loggers are there holds for all of them, the longest name deciding', () => {
  const { sink, logger } = setUp();
  const pool = logger.module('db.pool').child({ a: 1 });
  pool.debug('1');
  logger.setLevel('debug', 'db');
  pool.debug('2');
  logger.setLevel('silent', 'db.pool');
  pool.fatal('3');
  logger.setLevel('trace');
  logger.module('db').debug('4');
  logger.module('dba').trace('5');
  pool.fatal('6');
  assert.deepEqual(
    sink.records().map(({ body }) => body),
    ['2', '4', '5'],
  );
});

test('R10 a child of a long text is made at once, with no fields', () => {
  const { sink, logger } = setUp();
  logger.child('x'.repeat(5_000_000) as never).info('said');
  assert.deepEqual(sink.records()[0]!.attributes, {});
});

test('R11 an error without a prototype, and both of a SuppressedError, are written', () => {
  const { sink, logger } = setUp();
  const bare = Object.setPrototypeOf(new Error('bare failed'), null) as unknown;
  logger.info('nested', { deep: { bare } });
  logger.error('both', { error: new SuppressedError(new Error('second'), new Error('first'), 'closing failed') });
  assert.match(sink.lines[0]!, /bare failed/);
  assert.match(sink.lines[1]!, /second.*first/s);
});

test('R10 a context value that JSON has nothing for is left out, and the line is JSON', () => {
  const { sink, logger } = setUp({ baggage: ['b', 'b'] });
  const nothing = { toJSON: () => undefined };
  const context = { correlationId: nothing, userId: () => undefined, tenantId: 't', baggage: { b: 'x' } };
  withContext(context as never, () => logger.info('said'));
  assert.deepEqual(JSON.parse(sink.lines[0]!).attributes, { 'breakwater.tenant_id': 't', 'baggage.b': 'x' });
});
