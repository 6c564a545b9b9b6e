import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { createLogger, type Logger, type LogRecord, withContext } from './index.ts';
import { memorySink } from './testing.ts';

const loggers: Logger[] = [];
after(async () => {
  await Promise.all(loggers.map((logger) => logger.close()));
});

function setUp(redact?: false) {
  const sink = memorySink();
  const logger = createLogger({
    service: 'test',
    sinks: [sink],
    flushAtExit: false,
    now: () => 1_764_032_523_123,
    ...(redact === undefined ? {} : { redact }),
  });
  loggers.push(logger);
  return { sink, logger };
}

/** Parses with every repeated key refused, which JSON.parse lets pass. */
function assertUniqueKeys(json: string): void {
  let at = 0;
  const skipText = (): string => {
    const start = at++;
    while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
    at++;
    return json.slice(start, at);
  };
  const value = (): void => {
    if (json[at] === '{') {
      const names = new Set<string>();
      at++;
      while (json[at] !== '}') {
        const name = JSON.parse(skipText()) as string;
        assert.ok(!names.has(name), `key ${name} twice in ${json}`);
        names.add(name);
        at++;
        value();
        if (json[at] === ',') at++;
      }
      at++;
    } else if (json[at] === '[') {
      at++;
      while (json[at] !== ']') {
        value();
        if (json[at] === ',') at++;
      }
      at++;
    } else if (json[at] === '"') skipText();
    else while (at < json.length && !',]}'.includes(json[at]!)) at++;
  };
  value();
  assert.equal(at, json.length);
}

function check(line: string): LogRecord {
  assert.ok(line.endsWith('\n'));
  const json = line.slice(0, -1);
  assert.doesNotMatch(json, /[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]/u);
  assertUniqueKeys(json);
  return JSON.parse(json) as LogRecord;
}

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const throwing = new Proxy(
  {},
  new Proxy(
    {},
    {
      get: () => () => {
        throw new Error('trap');
      },
    },
  ),
);
const cycle: Record<string, unknown> = { a: 1 };
cycle['self'] = cycle;
cycle['list'] = [cycle, cycle];
class Money {
  readonly amount = 5;
  toJSON(): string {
    return '5 EUR';
  }
}

const HOSTILE: Readonly<Record<string, unknown>> = {
  'throwing getter': {
    get bad(): string {
      throw new Error('no');
    },
    good: 1,
  },
  'throwing toJSON': {
    toJSON() {
      throw new Error('no');
    },
  },
  toJSON: new Money(),
  'revoked proxy': revoked.proxy,
  'throwing proxy': throwing,
  cycle,
  bigint: 2n ** 80n,
  'exact integer': 9_007_199_254_740_993n,
  map: new Map<unknown, unknown>([
    ['k', 1],
    [{ o: 1 }, 2],
  ]),
  set: new Set([1, 'a', { b: 1 }]),
  'invalid date': new Date(Number.NaN),
  symbol: Symbol('s'),
  'symbol key': { [Symbol('k')]: 1, a: 1 },
  function: (a: number) => a,
  nan: Number.NaN,
  infinity: -Infinity,
  'huge text': 'x'.repeat(10_000_000),
  'lone surrogate': 'a\ud800b\udc00',
  'surrogate key': { '\ud800': 1, '\udfff': 2, '\ufffd': 3 },
  'C1 and bidi': 'a\u0085\u009b31m\u202eevil\u2066\u2028\u2029\ufeff',
  'line breaks': 'a\n{"timestamp":"forged"}\r\n\u001b[2J',
  deep: JSON.parse(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`),
  wide: Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index])),
  array: Array.from({ length: 100_000 }, (_, index) => index),
  sparse: Object.assign([], { 0: 1, 2: 3 }),
  proto: JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'),
  'null prototype': Object.assign(Object.create(null) as object, { a: 1 }),
  boxed: [new String('s'), new Number(1), new Boolean(false)],
  bytes: new Uint8Array([1, 2, 3]),
  regexp: /a/g,
  promise: Promise.resolve(1),
  weak: new WeakMap(),
  url: new URL('http://user:pass@host/path'),
};

for (const [name, value] of Object.entries(HOSTILE)) {
  test(`R10 ${name}: no throw, one valid line of bounded size, with and without redaction`, () => {
    for (const redact of [undefined, false] as const) {
      const { sink, logger } = setUp(redact);
      logger.info('hostile', { before: 1, value, after: 2 });
      logger.info('nested', { a: [{ b: value }] });
      logger.child({ value }).info('bound');
      logger.info(value as string);
      logger.info('as fields', value as Record<string, unknown>);
      logger.error('failed', { error: value });
      assert.equal(sink.lines.length, 6);
      for (const line of sink.lines) {
        assert.ok(line.length < 270_000, `${line.length} characters`);
        check(line);
      }
      const { attributes } = check(sink.lines[0]!);
      assert.equal(attributes['before'] ?? 'cut', line0(attributes));
    }
  });
}

function line0(attributes: LogRecord['attributes']): unknown {
  return 'breakwater.log.truncated_chars' in attributes ? 'cut' : 1;
}

test('R10 a good property beside a throwing one is kept', () => {
  const { sink, logger } = setUp();
  logger.info('x', { value: HOSTILE['throwing getter'] });
  assert.deepEqual(check(sink.lines[0]!).attributes['value'], { bad: '[Unreadable]', good: 1 });
});

test('R11 an error under any key and at any depth is written with its message, never as {}', () => {
  class Odd extends Error {
    override get message(): string {
      throw new Error('no message for you');
    }
  }
  const errors: unknown[] = [
    new Error('needle', { cause: new TypeError('inner needle') }),
    new AggregateError([new Error('needle')], 'many'),
    Object.assign(new Error('needle'), { code: 'E_X', details: { a: 1 } }),
    new Proxy(new Error('needle'), {}),
  ];
  for (const error of errors) {
    const { sink, logger } = setUp();
    for (const key of ['error', 'err', 'exception', 'cause', 'reason', 'e', 'data'])
      logger.error('failed', { [key]: error });
    logger.error('failed', { a: { b: [{ c: error }] } });
    logger.error('failed', error as Error);
    logger.error(error as string);
    logger.error('failed', { map: new Map([['k', error]]) });
    for (const line of sink.lines) {
      check(line);
      assert.match(line, /needle/);
    }
  }
  const { sink, logger } = setUp();
  logger.error('failed', { error: new Odd() });
  assert.equal(check(sink.lines[0]!).attributes['exception.type'], 'Error');
});

test('R12 fields cannot take the place of what the logger writes', () => {
  const { sink, logger } = setUp();
  const forged = {
    timestamp: 'forged',
    severityNumber: 1,
    body: 'forged',
    traceId: 'forged',
    'exception.type': 'forged',
    'error.type': 'forged',
    'event.kind': 'forged',
    'breakwater.correlation_id': 'forged',
    'user.id': 'forged',
    'session.id': 'mine',
    __proto__: { polluted: 1 },
  };
  withContext({ correlationId: 'c-1', userId: 'u-1' }, () => {
    logger.info('x', forged);
    logger.child(forged).error('y', { error: new Error('z') });
  });
  const [first, second] = sink.lines.map(check);
  assert.equal(first!.timestamp, '2025-11-25T01:02:03.123Z');
  assert.equal(first!.body, 'x');
  assert.equal(first!.traceId, undefined);
  for (const { attributes } of [first!, second!]) {
    assert.equal(attributes['breakwater.correlation_id'], 'c-1');
    assert.equal(attributes['user.id'], 'u-1');
    assert.equal(attributes['event.kind'], undefined);
    assert.equal(attributes['session.id'], 'mine');
  }
  assert.equal(first!.attributes['field.error.type'], 'forged');
  assert.equal(first!.attributes['field.user.id'], 'forged');
  assert.equal(second!.attributes['exception.type'], 'Error');
  assert.equal(second!.attributes['error.type'], 'Error');
});

test('R10 any JSON-like value gives a valid line with unique keys', () => {
  const { sink, logger } = setUp();
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ unit: 'binary' }),
        fc.anything({ withBigInt: true, withMap: true, withSet: true, withDate: true }),
        { maxKeys: 5 },
      ),
      (fields) => {
        sink.clear();
        logger.info('any', fields);
        check(sink.lines[0]!);
      },
    ),
    { numRuns: 100 },
  );
});

test('R13 secrets by key, by value, by path, in bound fields, in messages and templates', () => {
  const sink = memorySink();
  const rules = [
    { path: 'user.nick', action: 'mask' },
    { path: 'list[*].inner', action: 'mask' },
    { path: 'gone', action: 'drop' },
  ] as const;
  const logger = createLogger({ service: 't', sinks: [sink], flushAtExit: false, redact: { rules } });
  loggers.push(logger);
  logger.child({ password: 'canary-1' }).info('mail canary2@corp-mail.com', {
    apiKey: 'canary-3',
    nested: { deep: [{ authorization: 'Bearer canary-4-canary' }] },
    user: { nick: 'canary-5', fine: 'kept' },
    list: [{ inner: 'canary-6' }],
    gone: 'canary-7',
    headers: [{ name: 'authorization', value: 'canary-8' }],
    argv: ['--password', 'canary-9'],
    map: new Map([['password', 'canary-10']]),
    user2: { nick: 'not this one' },
  });
  logger.info('login with {password}', { password: 'canary-11' });
  logger.error('x', { error: new Error('password=canary-12x9') });
  const text = sink.lines.join('');
  assert.doesNotMatch(text, /canary/);
  assert.match(text, /kept/);
  assert.match(text, /not this one/);
  assert.equal(check(sink.lines[0]!).attributes['gone'], undefined);
});

test('R10 a part of a long text, an error with a long message: what is remembered does not keep the whole', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const sink = memorySink({ maxRecords: 1 });
  const logger = createLogger({ service: 't', sinks: [sink], flushAtExit: false });
  loggers.push(logger);
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 100; index++) {
    const long = Buffer.alloc(1_000_000, 97 + (index % 26)).toString('latin1') + index;
    for (let turn = 0; turn < 3; turn++) {
      logger.info(long.slice(-40), { id: long.slice(-30), [`k${index}`]: long.slice(0, 20), word: long.slice(-14) });
    }
    const error = new Error(long);
    error.stack = `Error: ${long}\n    at work (/srv/app/work.js:${index}:7)`;
    logger.error('failed', { error });
  }
  collect();
  const grown = (process.memoryUsage().heapUsed - before) / 1e6;
  assert.ok(grown < 40, `${grown.toFixed(0)} MB are kept of 100`);
});
