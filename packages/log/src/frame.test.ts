import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { createLogger, type LogContext, type LoggerOptions, withContext } from './index.ts';
import { memorySink } from './testing.ts';

const loggers: { close(): Promise<void> }[] = [];
after(async () => {
  await Promise.all(loggers.map((logger) => logger.close()));
});

function setUp(options: Partial<LoggerOptions> = {}) {
  const sink = memorySink();
  const logger = createLogger({ service: 't', sinks: [sink], flushAtExit: false, ...options });
  loggers.push(logger);
  return { sink, logger };
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const word = fc.constantFrom('a', 'order-7', 'two words');
const bound = fc.dictionary(fc.constantFrom('user.id', 'region', 'component'), word, {
  maxKeys: 3,
  noNullPrototype: true,
});
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const call = fc.record({
  logger: fc.nat(2),
  fields: maybe(fc.dictionary(fc.constantFrom('status', 'path', 'user.id', 'exception.type'), word, { maxKeys: 3 })),
  event: maybe(fc.constant('order.paid')),
  isError: fc.boolean(),
});
const work = fc.record({ context: fc.nat(3), calls: fc.array(call, { minLength: 1, maxLength: 6 }) });
const CONTEXTS: readonly (LogContext | undefined)[] = [
  undefined,
  {},
  { correlationId: 'c-1', userId: 'a' },
  { correlationId: 'c-2', traceId: TRACE, spanId: '53995c3f42cd8ad8', traceFlags: 1 },
];
const HOOKED = '00f067aa0ba902b7';

function attributesOf(context: LogContext | undefined, child: object, fields: Record<string, string>): object {
  const known: Record<string, string> = {};
  if (context?.correlationId !== undefined) known['breakwater.correlation_id'] = context.correlationId;
  if (context?.userId !== undefined) known['user.id'] = context.userId;
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (known[name] === value) continue;
    own[name === 'exception.type' || name in known ? `field.${name}` : name] = value;
  }
  return { ...child, ...known, ...own };
}

test('R1 R3 R12 R31 R32 a line has what context, logger, event and fields say, whichever line came before it', () => {
  const property = fc.property(bound, fc.array(work, { maxLength: 5 }), fc.boolean(), (fields, works, hasTrace) => {
    const trace = hasTrace ? () => ({ traceId: TRACE, spanId: HOOKED }) : undefined;
    const first = setUp({ trace });
    const second = setUp();
    const writers = [
      { ...first, child: {} },
      { ...first, logger: first.logger.child(fields), child: fields },
      { ...second, logger: second.logger.child({ region: 'second' }), child: { region: 'second' } },
    ];
    const say = (
      context: LogContext | undefined,
      next: typeof call extends fc.Arbitrary<infer T> ? T : never,
    ): void => {
      const { logger, sink, child } = writers[next.logger]!;
      const before = sink.records().length;
      const error = next.isError ? new Error('broken') : undefined;
      logger.log('info', 'said', error ?? next.fields, next.event);
      const records = sink.records();
      assert.equal(records.length, before + 1);
      const { attributes, eventName, spanId, traceFlags } = records[before]!;
      const own = Object.entries(attributes).filter(([name]) => !/^(?:exception|error|breakwater\.error)\./.test(name));
      const said = error === undefined ? (next.fields ?? {}) : {};
      assert.deepEqual(Object.fromEntries(own), attributesOf(context, child, said));
      assert.equal(attributes['exception.message'], error?.message);
      const isHooked = hasTrace && sink === first.sink;
      assert.deepEqual(
        [eventName, spanId, traceFlags],
        [next.event, isHooked ? HOOKED : context?.spanId, isHooked ? undefined : context?.traceFlags],
      );
    };
    for (const { context, calls } of works) {
      const known = CONTEXTS[context];
      const run = (): void => {
        for (const next of calls) say(known, next);
      };
      if (known === undefined) run();
      else withContext(known, run);
    }
  });
  fc.assert(property, { numRuns: 100 });
});

test('R31 a lazy value that writes a record by another logger leaves the line it is part of whole', () => {
  const { sink, logger } = setUp();
  const [outer, inner] = [logger.child({ side: 'outer' }), logger.module('other').child({ side: 'inner' })];
  const value = (): string => {
    inner.info('inner', { a: 1 });
    return 'said';
  };
  withContext({ correlationId: 'c' }, () => outer.info('outer', { value }));
  const said = sink.records().map(({ body, scope, attributes }) => [body, scope, attributes['side']]);
  assert.deepEqual(said, [
    ['inner', 'other', 'inner'],
    ['outer', undefined, 'outer'],
  ]);
});

test('R13 what the context says is redacted by its names, as fields are', () => {
  const { sink, logger } = setUp({ baggage: ['password', 'tier'] });
  withContext({ tenantId: 't', baggage: { password: 'abc-def', tier: 'gold' } }, () => logger.info('x'));
  const [record] = sink.records();
  assert.equal(record!.attributes['breakwater.tenant_id'], 't');
  assert.equal(record!.attributes['baggage.tier'], 'gold');
  assert.ok(!sink.lines.join('').includes('abc-def'));
});

test('R10 a line that is too long loses its attributes and says how much, also in a context and for a careful one', () => {
  const { sink, logger } = setUp({ maxLineChars: 400 });
  const child = logger.child({ region: 'r'.repeat(300) });
  const says = (): void => {
    child.info('bound');
    child.info('fields', { a: 1 });
    logger.info('long', { text: 'x'.repeat(500) });
    logger.info('careful', { 'exception.type': 'x'.repeat(500) });
    logger.info('short', { a: 1 });
  };
  says();
  withContext({ correlationId: 'c' }, says);
  const records = sink.records();
  assert.equal(records.length, 10);
  for (const { body, attributes } of records)
    if (body === 'short') assert.equal(attributes['a'], 1);
    else assert.ok(Number(attributes['breakwater.log.truncated_chars']) > 300, body);
});

test('R1 a trace hook is taken at its word for each record, also when it gives one object again or nothing', () => {
  const ids = { traceId: TRACE, spanId: HOOKED, traceFlags: 1 };
  const answers: unknown[] = [
    ids,
    ids,
    { ...ids, spanId: 'b7ad6b7169203331' },
    { traceId: 'x', spanId: HOOKED },
    null,
    5,
  ];
  let next: unknown;
  const { sink, logger } = setUp({ trace: () => next as never });
  for (next of answers) logger.info('x');
  ids.traceId = TRACE.replaceAll('4', '5');
  next = ids;
  logger.info('x');
  const said = sink.records().map(({ traceId, spanId, traceFlags }) => [traceId, spanId, traceFlags]);
  const none = [undefined, undefined, undefined];
  assert.deepEqual(said, [
    [TRACE, HOOKED, 1],
    [TRACE, HOOKED, 1],
    [TRACE, 'b7ad6b7169203331', 1],
    none,
    none,
    none,
    [ids.traceId, HOOKED, 1],
  ]);
});

test('R10 R13 bytes that are text are written as that text, redacted and bounded; others by their number', () => {
  const { sink, logger } = setUp({ maxTextChars: 100 });
  const long = new TextEncoder().encode('long '.repeat(30));
  logger.info('x', {
    text: Buffer.from('sent: ä'),
    secret: new TextEncoder().encode('card 4111 1111 1111 1111'),
    long,
    binary: new Uint8Array([0, 1, 2]),
  });
  const { attributes } = sink.records()[0]!;
  assert.equal(attributes['text'], 'sent: ä');
  assert.ok(!JSON.stringify(attributes).includes('4111'));
  assert.match(String(attributes['long']), /^long .*cut\]$/);
  assert.match(String(attributes['binary']), /3 bytes/);
});
