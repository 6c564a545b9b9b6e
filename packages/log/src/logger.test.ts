import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { defineEvent, events } from './events.ts';
import { createLogger, DROP_EVENT, type Logger, type LoggerOptions, type Sink, withContext } from './index.ts';
import { addToEvent, countInEvent, failRequest, keepUnlessOk, withWideEvent } from './request.ts';
import { limitPerKey, sampleAll, sampleByLevel, sampleByRate, sampleByTrace, sampleToBudget } from './sampling.ts';
import { expectLogs, memorySink } from './testing.ts';

const loggers: Logger[] = [];
after(async () => {
  await Promise.all(loggers.map((logger) => logger.close()));
});

function setUp(options: Partial<LoggerOptions> = {}) {
  const sink = memorySink();
  const logger = createLogger({ service: 't', sinks: [sink], flushAtExit: false, ...options });
  loggers.push(logger);
  return { sink, logger };
}

test('R1 a record follows the OpenTelemetry log data model', () => {
  const { sink, logger } = setUp({ version: '1.2', environment: 'test', now: () => 1_764_032_523_007 });
  logger.module('db.pool').log('warn', 'text', { a: 1 }, 'pool.full');
  assert.deepEqual(sink.records(), [
    {
      timestamp: '2025-11-25T01:02:03.007Z',
      severityText: 'WARN',
      severityNumber: 13,
      body: 'text',
      resource: { 'service.name': 't', 'service.version': '1.2', 'deployment.environment.name': 'test' },
      scope: 'db.pool',
      eventName: 'pool.full',
      attributes: { a: 1 },
    },
  ]);
});

test('R2 levels by module, the longest name deciding, changed while running and seen by loggers made before', () => {
  const { sink, logger } = setUp({ levels: { db: 'debug', 'db.pool': 'error' } });
  const pool = logger.module('db.pool');
  const query = logger.module('db.query');
  pool.warn('no');
  query.debug('yes 1');
  logger.debug('no');
  logger.setLevel('trace', 'db.pool');
  pool.trace('yes 2');
  logger.setLevel('silent');
  logger.fatal('no');
  assert.deepEqual(
    sink.records().map(({ body }) => body),
    ['yes 1', 'yes 2'],
  );
  assert.equal(logger.isEnabled('fatal'), false);
  assert.throws(() => logger.setLevel('loud' as 'info'), /setLevel\.level: /);
  assert.throws(() => logger.setLevel('debug', 5 as never), /setLevel\.module: .*5/);
});

test('R3 bound fields are on every record of a child, later ones win, the parent has none', () => {
  const { sink, logger } = setUp();
  const child = logger.child({ a: 1, b: 2 }).child({ b: 3 });
  child.info('x', { c: 4 });
  child.info('y', { a: 5 });
  logger.info('z');
  assert.deepEqual(
    sink.records().map(({ attributes }) => attributes),
    [{ a: 1, b: 3, c: 4 }, { a: 5, b: 3 }, {}],
  );
});

test('R4 lazy values and messages are worked out only when written, and one that throws says so', () => {
  const { sink, logger } = setUp();
  let calls = 0;
  const lazy = (): number => ++calls;
  logger.debug(() => `m${lazy()}`, { lazy });
  assert.equal(calls, 0);
  logger.info(() => 'made', {
    lazy,
    bad: () => {
      throw new Error('x');
    },
  });
  assert.equal(sink.records()[0]!.body, 'made');
  assert.deepEqual(sink.records()[0]!.attributes, { lazy: 1, bad: '[lazy value threw]' });
});

test('R5 templates take fields by name and keep the template; other braces stay', () => {
  const { sink, logger } = setUp();
  logger.info('order {order.id} of {n} {missing} {{x}}', { 'order.id': 'o-1', n: 2 });
  const [record] = sink.records();
  assert.equal(record!.body, 'order o-1 of 2 {missing} {x}');
  assert.deepEqual(record!.attributes, {
    'order.id': 'o-1',
    n: 2,
    'breakwater.log.template': 'order {order.id} of {n} {missing} {{x}}',
  });
});

test('R6 an exception has the conventions’ attributes, its causes, and a fingerprint that its message does not change', () => {
  const { sink, logger } = setUp();
  const fail = (id: number): Error =>
    Object.assign(new Error(`order ${id} lost`, { cause: new TypeError('inner') }), { code: 'ORDER_LOST' });
  for (const id of [1, 2]) logger.error('failed', { error: fail(id) });
  const [first, second] = sink.records().map(({ attributes }) => attributes);
  assert.equal(first!['exception.type'], 'Error');
  assert.equal(first!['exception.message'], 'order 1 lost');
  assert.match(
    String(first!['exception.stacktrace']),
    /^Error: order 1 lost\n {4}at .*\nCaused by: TypeError: inner\n {4}at /s,
  );
  assert.equal(first!['error.type'], 'ORDER_LOST');
  assert.deepEqual(first!['breakwater.error.causes'], [{ type: 'TypeError', message: 'inner' }]);
  assert.match(String(first!['breakwater.error.fingerprint']), /^[0-9a-f]{16}$/);
  assert.equal(first!['breakwater.error.fingerprint'], second!['breakwater.error.fingerprint']);
});

test('R7 wrong options are refused by name', () => {
  assert.throws(() => createLogger({ service: '' }), /createLogger\.service/);
  assert.throws(() => setUp({ level: 'loud' as 'info' }), /createLogger\.level/);
  assert.throws(() => setUp({ levels: { db: 'x' as 'info' } }), /createLogger\.levels\.db/);
  assert.throws(() => setUp({ maxDepth: 0 }), /createLogger\.maxDepth/);
  assert.throws(() => setUp({ flushLevels: 'fatal' } as never), /createLogger\.flushLevels: no such option/);
  assert.throws(() => setUp({ dropReportMs: 1e12 }), /createLogger\.dropReportMs.*1000000000000/);
  assert.throws(() => setUp({ redact: { string: (text: string) => text } as never }), /unknown option "string"/);
  assert.throws(() => setUp({ redact: 'secrets' as never }), /createLogger\.redact/);
  assert.throws(() => sampleByRate(2), /rate/);
  assert.throws(() => defineEvent({ name: 'Bad', kind: 'business', message: '', fields: {} }), /defineEvent\.name/);
});

test('R40 events carry name and kind; wrong fields are named, the record is written', () => {
  const { sink, logger } = setUp();
  events.paymentProcessed.emit(logger, {
    'payment.id': 'p1',
    'payment.amount': 5,
    'payment.currency': 'EUR',
    'payment.method': 'card',
  });
  events.paymentFailed.emit(logger, {
    'payment.id': 'p2',
    'payment.amount': '5' as unknown as number,
    'payment.currency': 'EUR',
    'payment.method': 'card',
    error: new Error('declined'),
  });
  events.loginFailed.emit(logger, { 'user.id': 'u', 'login.method': 'password', 'login.attempt': 3 });
  expectLogs(sink).toIncludeInOrder([
    {
      level: 'info',
      eventName: 'payment.processed',
      body: 'Payment p1 processed',
      attributes: { 'event.kind': 'business' },
    },
    {
      level: 'error',
      eventName: 'payment.failed',
      attributes: { 'breakwater.event.invalid': ['payment.amount'], 'exception.message': 'declined' },
    },
    { level: 'warn', eventName: 'user.login.failed', attributes: { 'event.kind': 'security', 'login.attempt': 3 } },
  ]);
  assert.throws(() => expectLogs(sink).toExclude({ body: /Payment/ }), /a record matches/);
});

test('R41 a wide event is one record with what was collected, also when the work fails', async () => {
  const { sink, logger } = setUp();
  let now = 0;
  const clock = (): number => now;
  await withWideEvent({ logger, clock }, async () => {
    addToEvent({ route: '/orders' });
    await Promise.resolve();
    countInEvent('queries');
    countInEvent('queries', 2);
    now = 12.5;
  });
  assert.throws(
    () =>
      withWideEvent({ logger, clock }, () => {
        throw new Error('x');
      }),
    /x/,
  );
  const [ok, failed] = sink.records();
  assert.deepEqual(ok!.attributes, { route: '/orders', queries: 3, duration_ms: 12.5, outcome: 'ok' });
  assert.equal(failed!.severityText, 'ERROR');
  assert.equal(failed!.attributes['exception.message'], 'x');
  assert.equal(addToEvent({ a: 1 }), false);
});

function counted(options: Partial<LoggerOptions>, times: number, say: 'info' | 'error' = 'info') {
  const { sink, logger } = setUp(options);
  for (let index = 0; index < times; index++) logger[say](`m${index % 2}`);
  return { sink, counts: logger.counts().logger };
}

test('R50 sampling by rate, level and key: drops are counted, rates are in the records, errors stay', () => {
  let turn = 0;
  const random = (): number => (turn++ % 10) / 10;
  const { sink, counts } = counted({ sampler: sampleByRate(0.1, random) }, 1000);
  assert.equal(sink.lines.length, 100);
  assert.deepEqual(counts.dropped, { sampled: 900 });
  assert.equal(counts.emitted, counts.written + 900);
  assert.equal(sink.records()[0]!.attributes['breakwater.log.sample_rate'], 0.1);
  assert.equal(counted({ sampler: sampleByRate(0) }, 10, 'error').sink.lines.length, 10);
  assert.equal(counted({ sampler: sampleByLevel({ info: 0 }) }, 10).sink.lines.length, 0);
  const now = (): number => 5000;
  assert.equal(counted({ sampler: limitPerKey({ perSecond: 3 }), now }, 100).sink.lines.length, 6);
  assert.equal(
    counted({ sampler: sampleAll(limitPerKey({ perSecond: 3 }), sampleByRate(0)), now }, 9).sink.lines.length,
    0,
  );
});

test('R50 per key, the rates of the records kept restore the count of those held back', () => {
  let ms = 0;
  const { sink, logger } = setUp({ sampler: limitPerKey({ perSecond: 3, maxKeys: 4 }), now: () => ms });
  let said = 0;
  for (let second = 0; second < 10; second++) {
    ms = second * 1000;
    // More keys than are told apart, and then two.
    for (let index = 0; index < 20; index++, said++) logger.info(`key ${index % (second === 0 ? 20 : 2)}`);
  }
  ms = 60_000;
  for (let index = 0; index < 6; index++, said++) logger.info(`key ${index}`);
  assert.ok(sink.lines.length < said / 2, `${sink.lines.length} of ${said}`);
  const weight = (rate: unknown): number => (rate === undefined ? 1 : 1 / Number(rate));
  const restored = sink
    .records()
    .reduce((sum, { attributes }) => sum + weight(attributes['breakwater.log.sample_rate']), 0);
  assert.equal(Math.round(restored), said);
});

test('R51 with OpenTelemetry, the trace is that of the active span', () => {
  const traceId = 'a'.repeat(32);
  let traceFlags = 0;
  const { sink, logger } = setUp({
    sampler: sampleByTrace(),
    trace: () => ({ traceId, spanId: 'b'.repeat(16), traceFlags }),
  });
  logger.info('not sampled');
  traceFlags = 1;
  logger.info('sampled');
  assert.deepEqual(
    sink.records().map(({ body }) => body),
    ['sampled'],
  );
});

test('R51 a trace has all its records or none', () => {
  const { sink, logger } = setUp({ sampler: sampleByTrace(0.5) });
  const low = `${'a'.repeat(18)}${'0'.repeat(13)}1`;
  const high = `${'a'.repeat(18)}${'f'.repeat(14)}`;
  for (const traceId of [low, high]) withContext({ traceId }, () => logger.info('x'));
  withContext({ traceId: low, traceFlags: 1 }, () => logger.info('flag'));
  withContext({ traceId: high, traceFlags: 0 }, () => logger.info('no flag'));
  assert.deepEqual(
    sink.records().map(({ traceId, body }) => [traceId, body]),
    [
      [high, 'x'],
      [low, 'flag'],
    ],
  );
});

test('R52 a budget keeps about its number per second, and the rates restore the count', () => {
  let ms = 0;
  let seed = 1;
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const { sink, logger } = setUp({ sampler: sampleToBudget(100, random), now: () => ms });
  for (let second = 0; second < 5; second++) {
    for (let index = 0; index < 1000; index++) {
      ms = second * 1000 + index;
      logger.info('x');
    }
  }
  const records = sink.records();
  assert.ok(records.length > 400 && records.length <= 500, `${records.length}`);
  // The first second has no rate from before: what its budget did not allow is in the rate of the next record.
  const restored = records.reduce(
    (sum, { attributes }) => sum + 1 / Number(attributes['breakwater.log.sample_rate'] ?? 1),
    0,
  );
  assert.ok(Math.abs(restored - 5000) < 800, `${restored}`);
});

test('R53 a request’s lines below the threshold are written if it fails, and counted if not', async () => {
  const { sink, logger } = setUp();
  await keepUnlessOk({}, async () => {
    logger.debug('fine 1');
    await Promise.resolve();
  });
  assert.equal(sink.lines.length, 0);
  assert.deepEqual(logger.counts().logger.dropped, { 'request-ok': 1 });
  await assert.rejects(
    keepUnlessOk({}, async () => {
      logger.debug('kept 1');
      await Promise.resolve();
      logger.trace('never');
      throw new Error('x');
    }),
  );
  keepUnlessOk({ maxLines: 1 }, () => {
    logger.debug('too old');
    logger.debug('kept 2');
    logger.error('failed');
    logger.debug('after');
  });
  keepUnlessOk({}, () => {
    logger.debug('kept 3');
    assert.equal(failRequest(), true);
  });
  assert.deepEqual(
    sink.records().map(({ body }) => body),
    ['kept 1', 'kept 2', 'failed', 'after', 'kept 3'],
  );
  const { emitted, written, pending, dropped } = logger.counts().logger;
  assert.equal(emitted, written + pending + dropped['request-ok']! + dropped['queue-full']!);
  assert.equal(pending, 0);
});

test('R53 closing a logger writes what it has said in requests that go on, and nobody else’s', async () => {
  const first = setUp();
  const second = setUp();
  let finish = (): void => {};
  const request = keepUnlessOk({}, () => {
    first.logger.debug('first');
    second.logger.debug('second');
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  await first.logger.close();
  finish();
  await request;
  assert.deepEqual(
    first.sink.records().map(({ body }) => body),
    ['first'],
  );
  assert.deepEqual(first.logger.counts().logger, { emitted: 1, written: 1, pending: 0, dropped: {} });
  assert.deepEqual(second.logger.counts().logger.dropped, { 'request-ok': 1 });
});

test('R23 drops are told as records at the end, with reason and count', async () => {
  const { sink, logger } = setUp({ sampler: sampleByRate(0) });
  for (let index = 0; index < 7; index++) logger.info('x');
  await logger.close();
  const [record] = expectLogs(sink).toInclude({ level: 'warn', eventName: DROP_EVENT }, 1);
  assert.equal(record!.attributes['breakwater.log.count'], 7);
  assert.equal(record!.attributes['breakwater.log.reason'], 'sampled');
  logger.info('late');
  assert.equal(logger.counts().logger.dropped.closed, 1);
});

test('R23 drops of two sinks of one name are told apart; a reason cannot forge a field, nor a sink stop the others', async () => {
  const sink = memorySink();
  const losing = (dropped: Record<string, number>): Sink => ({
    ...memorySink({ name: 'same' }),
    counts: () => ({ emitted: 9, written: 0, pending: 0, dropped }),
  });
  const hostile: Sink = {
    ...memorySink({ name: 'hostile' }),
    counts() {
      throw new Error('no');
    },
  };
  const reason = 'x","forged":"y';
  const logger = createLogger({
    service: 't',
    sinks: [hostile, losing({ failed: 5 }), losing({ failed: 3, [reason]: 1 }), sink],
    flushAtExit: false,
  });
  await logger.close();
  assert.deepEqual(
    sink.records().map(({ attributes }) => attributes),
    [
      ['failed', 5],
      ['failed', 3],
      [reason, 1],
    ].map(([why, count]) => ({
      'breakwater.log.reason': why,
      'breakwater.log.count': count,
      'breakwater.log.sink': 'same',
    })),
  );
});

test('R14 a sink that throws, or whose flush does, keeps no line from the others, and the counts add up', async () => {
  const fail = (): never => {
    throw new Error('no');
  };
  const bad = { ...memorySink({ name: 'bad' }), write: fail };
  const stuck = { ...memorySink({ name: 'stuck' }), flushSync: fail };
  const rejecting = { ...memorySink({ name: 'slow' }), isSlow: true, flush: () => Promise.reject(new Error('no')) };
  for (const sink of [bad, stuck, rejecting]) {
    const after = memorySink();
    const logger = createLogger({ service: 't', sinks: [sink, after], flushAtExit: false });
    loggers.push(logger);
    logger.fatal('x');
    assert.equal(after.lines.length, 1);
    const failed = sink === rejecting ? {} : { failed: 1 };
    assert.deepEqual(logger.counts().logger, {
      emitted: 1,
      written: sink === rejecting ? 1 : 0,
      pending: 0,
      dropped: failed,
    });
  }
});

test('R14 a sink, clock or sampler that throws does not reach the caller', () => {
  const bad = () => {
    throw new Error('x');
  };
  const { logger } = setUp({ now: bad });
  logger.info('a');
  assert.equal(logger.counts().logger.dropped.failed, 1);
});

test('R14 a slow sink whose flush rejects after a fatal record is counted as failed', async () => {
  const slow: Sink = { ...memorySink({ name: 'slow' }), isSlow: true, flush: () => Promise.reject(new Error('away')) };
  const { sink, logger } = setUp({ sinks: [slow, memorySink()] });
  logger.info('not urgent');
  logger.fatal('urgent');
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(logger.counts().logger, { emitted: 2, written: 1, pending: 0, dropped: { failed: 1 } });
  assert.equal(sink.lines.length, 0);
});

test('a sink that cannot be closed keeps no other open, and no hook; close says so, to everybody who asks', async () => {
  const before = process.listenerCount('exit');
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const slow: Sink = { ...memorySink({ name: 'slow' }), close: () => ended };
  const bad: Sink = {
    ...memorySink({ name: 'bad' }),
    close() {
      throw new Error('stuck');
    },
  };
  const last = memorySink({ name: 'last' });
  const logger = createLogger({ service: 't', sinks: [bad, slow, last] });
  const closings = [logger.close(), logger.close()];
  last.write('late\n', 9);
  assert.deepEqual(last.counts().dropped, { closed: 1 });
  end();
  for (const closing of closings) await assert.rejects(closing, /stuck/);
  assert.equal(process.listenerCount('exit'), before);
});

test('counts tell sinks of one name apart', () => {
  const { logger } = setUp({ sinks: [memorySink(), memorySink({ maxRecords: 1 })] });
  logger.info('one');
  logger.info('two');
  const { memory, 'memory#2': second } = logger.counts().sinks;
  assert.deepEqual([memory!.written, second!.written], [2, 1]);
});
