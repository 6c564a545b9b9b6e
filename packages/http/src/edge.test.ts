import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentContext, updateContext } from '@breakwater/log';
import { createLoadShed } from '@breakwater/resilience';
import { createVirtualClock } from '@breakwater/testing';
import fc from 'fast-check';
import * as z from 'zod';
import { admissionGuard } from './admit.ts';
import { createBareEdge } from './conformance/test-exchange.ts';
import { parseTraceparent, readCorrelation, toTraceparent } from './correlation.ts';
import { createEdge, type Guard } from './edge.ts';
import { readJson } from './read-json.ts';
import { validate } from './validate.ts';

test('H3 whatever the fields hold, the ids are safe, and safe ids are kept', () => {
  const field = fc.option(fc.string({ unit: 'binary', maxLength: 200 }), { nil: undefined });
  fc.assert(
    fc.property(field, field, field, (correlation, request, trace) => {
      const given: Record<string, string | undefined> = {
        'x-correlation-id': correlation,
        'x-request-id': request,
        traceparent: trace,
      };
      const ids = readCorrelation((name) => given[name]);
      assert.match(ids.correlationId, /^[\w.:-]{1,128}$/);
      assert.match(ids.requestId, /^[\w.:-]{1,128}$/);
      assert.ok(parseTraceparent(toTraceparent(ids)));
    }),
    { numRuns: 60, seed: 3 },
  );
  assert.equal(
    readCorrelation((name) => (name === 'x-request-id' ? 'a'.repeat(128) : undefined)).requestId,
    'a'.repeat(128),
  );
});

test('H3 traceparent: zeros, version ff and a longer version 00 are refused; a later version is read', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const parent = '00f067aa0ba902b7';
  assert.deepEqual(parseTraceparent(`00-${trace}-${parent}-03`), { traceId: trace, parentId: parent, flags: 1 });
  assert.ok(parseTraceparent(`cc-${trace}-${parent}-00-more`));
  for (const wrong of [
    `ff-${trace}-${parent}-01`,
    `00-${trace}-${parent}-01-more`,
    `00-${'0'.repeat(32)}-${parent}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${parent}-01`,
    `00-${trace}-${parent}-01, 00-${trace}-${parent}-01`,
  ])
    assert.equal(parseTraceparent(wrong), undefined, wrong);
});

test('H2 the context is one for the whole request, and none outside', () => {
  const exchange = createBareEdge().open('/orders/7?x=1', { 'x-correlation-id': 'c' });
  exchange.run(() => updateContext({ userId: 'u-1' }));
  assert.deepEqual(
    exchange.run(() => [currentContext()?.userId, currentContext()?.correlationId, currentContext()?.operation]),
    ['u-1', 'c', 'GET /orders/7'],
  );
  assert.equal(currentContext(), undefined);
  exchange.end({ status: 200 });
});

test('H4 the end is written once, quiet paths only when they fail', () => {
  const { open, said, edge } = createBareEdge({ quietPaths: ['/livez'] });
  open('/livez').end({ status: 200 });
  assert.equal(said.length, 0);
  const failing = open('/livez');
  failing.fail(new Error('x'));
  failing.end({ status: 500 });
  failing.end({ status: 200 });
  assert.deepEqual(
    said.map(({ level, message }) => [message, level]),
    [['Request failed', 'error']],
  );
  assert.equal(edge.active, 0);
});

test('H4 an answer of 5xx that a guard chose is a warning; one that it failed with is an error', async () => {
  const guard: Guard = ({ path }) => {
    const answer = { status: 503, headers: {}, body: '' };
    if (path === '/now') return answer;
    if (path === '/later') return Promise.resolve(answer);
    throw new Error('the guard failed');
  };
  const { open, said } = createBareEdge({ guards: [guard], logStart: false, quietPaths: ['/now'] });
  for (const path of ['/now', '/later', '/throws']) {
    const exchange = open(path);
    exchange.end({ status: (await exchange.guard())?.status ?? 200 });
  }
  assert.deepEqual(
    said.map(({ level, message }) => `${message} ${level}`),
    ['Request failed warn', 'Request failed warn', 'Request failed error'],
  );
});

test('H7 the client address: the peer, or what as many proxies as are trusted have seen', () => {
  const forwarded = { 'x-forwarded-for': '6.6.6.6, 1.2.3.4, 10.0.0.1' };
  const address = (trustedHops: number, headers: Record<string, string> = forwarded): string =>
    createBareEdge({ trustedHops, logStart: false }).open('/', headers).clientAddress;
  assert.deepEqual([address(0), address(1), address(2)], ['10.0.0.9', '10.0.0.1', '1.2.3.4']);
  assert.equal(address(9), '10.0.0.9');
  assert.equal(address(1, { 'x-forwarded-for': '"><script>' }), '10.0.0.9');
});

test('H8 deadlines: the least of limit and field; the signal says why, and leaves no timer', async () => {
  const clock = createVirtualClock();
  const { open } = createBareEdge({ clock, maxDurationMs: 1000 });
  assert.equal(open('/').deadline - clock.now(), 1000);
  const exchange = open('/', { 'x-request-timeout-ms': '200' });
  assert.equal(exchange.deadline - clock.now(), 200);
  assert.equal(open('/', { 'x-request-timeout-ms': '99999' }).deadline - clock.now(), 1000);
  const { signal } = exchange;
  await clock.advance(201);
  assert.equal((signal.reason as Error).name, 'TimeoutError');
  const left = open('/');
  const other = left.signal;
  left.end({ status: 200, aborted: true });
  assert.equal((other.reason as Error).name, 'AbortError');
  assert.equal((open('/', { 'x-request-timeout-ms': '0' }).signal.reason as Error).name, 'TimeoutError');
  assert.throws(() => createBareEdge({ maxDurationMs: 0 }), /maxDurationMs.*0/);
  assert.throws(() => createBareEdge({ trustedHops: -1 }), /trustedHops.*-1/);
  assert.throws(() => createEdge({ log: undefined as never }), /createEdge\.log/);
});

test('H10 validation: the value as the schema gives it, or 422 with pointers and codes, never the value', async () => {
  const schema = z.object({ amount: z.number().positive(), to: z.object({ iban: z.string() }) });
  assert.deepEqual(await validate(schema, { amount: 1, to: { iban: 'x' }, more: 1 }), { amount: 1, to: { iban: 'x' } });
  const exchange = createBareEdge().open('/');
  const answer = await validate(schema, { amount: 'canary', to: { iban: 7 } }).then(
    () => assert.fail('accepted'),
    (error) => exchange.fail(error),
  );
  assert.equal(answer.status, 422);
  assert.deepEqual((JSON.parse(answer.body) as { errors: unknown }).errors, [
    { pointer: '/amount', code: 'invalid_type' },
    { pointer: '/to/iban', code: 'invalid_type' },
  ]);
  assert.ok(!answer.body.includes('canary'));
});

test('H9 a request whose deadline has passed is not admitted, unless it is exempt', async () => {
  const guard = admissionGuard(createLoadShed({ maxConcurrent: 1 }), { exempt: ({ path }) => path === '/livez' });
  const { open } = createBareEdge({ guards: [guard] });
  const late = { 'x-request-timeout-ms': '0' };
  assert.equal((await open('/', late).guard())?.status, 408);
  assert.equal(await open('/livez', late).guard(), undefined);
});

test('H9 admission: a request holds its place until its end; refused ones get 503', async () => {
  const shed = createLoadShed({ maxConcurrent: 1, maxQueue: 1, intervalMs: 10_000 });
  const exempt = (exchange: { path: string }): boolean => exchange.path === '/livez';
  const { open } = createBareEdge({ guards: [admissionGuard(shed, { exempt })] });
  const first = open('/');
  assert.equal(await first.guard(), undefined);
  const second = open('/');
  const waiting = Promise.resolve(second.guard());
  const third = await open('/').guard();
  assert.equal(third?.status, 503);
  assert.equal(await open('/livez').guard(), undefined);
  first.end({ status: 200 });
  assert.equal(await waiting, undefined);
  second.end({ status: 200 });
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(shed.active, 0);
});

test('H11 readJson: bytes in pieces, nothing, not JSON, not UTF-8, too much', async () => {
  async function* pieces(...parts: (string | Buffer)[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) yield Buffer.from(part as string);
  }
  assert.deepEqual(await readJson(pieces('{"a":"', 'é"}')), { a: 'é' });
  assert.equal(await readJson(null), undefined);
  const exchange = createBareEdge().open('/');
  const status = (body: AsyncGenerator<Uint8Array>, maxBytes?: number): Promise<number> =>
    readJson(body, maxBytes === undefined ? {} : { maxBytes }).then(
      () => 200,
      (error) => exchange.fail(error).status,
    );
  assert.equal(await status(pieces('{')), 400);
  assert.equal(await status(pieces(Buffer.from([0x22, 0xff, 0x22]))), 400);
  assert.equal(await status(pieces('12345', '67890'), 9), 413);
});
