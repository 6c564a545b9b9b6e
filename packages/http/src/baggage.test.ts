import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentContext, withContext } from '@breakwater/log';
import fc from 'fast-check';
import { parseBaggage, toBaggage, toBaggageKeys } from './baggage.ts';
import { createBareEdge } from './conformance/test-exchange.ts';
import { readCorrelation } from './correlation.ts';
import { createEdge } from './edge.ts';
import { propagationHeaders } from './propagate.ts';
import { readTraceState } from './trace-state.ts';

const keys = new Set(['tier', 'region', 'user.id']);

test('H36 baggage: only allowed keys, decoded, without properties; malformed members are left out', () => {
  assert.deepEqual(parseBaggage('tier=gold,secret=x, region = eu ;ttl=5;flag ,tier2=a', keys), {
    tier: 'gold',
    region: 'eu',
  });
  assert.deepEqual(parseBaggage('tier=%E2%82%AC%20a%2Cb', keys), { tier: '€ a,b' });
  assert.deepEqual(parseBaggage('tier=%ff,region=50%', keys), { tier: '\ufffd', region: '50%' });
  assert.deepEqual(parseBaggage('tier=a,tier=b', keys), { tier: 'b' });
  assert.deepEqual(parseBaggage('tier=a=b', keys), { tier: 'a=b' });
  for (const bad of ['', 'tier', '=x', 'tier="a"', 'tier=a b', 'tier=a\\b', 'TIER=a', 'tier\t', ',,,', '__proto__=x'])
    assert.equal(parseBaggage(bad, keys), undefined, bad);
  assert.equal(parseBaggage(undefined, keys), undefined);
});

test('H36 baggage: 64 members and 8192 characters are looked at, and a member cut off is left out', () => {
  const many = `${'a=1,'.repeat(64)}tier=late`;
  assert.equal(parseBaggage(many, keys), undefined);
  assert.deepEqual(parseBaggage(`${'a=1,'.repeat(63)}tier=in`, keys), { tier: 'in' });
  assert.deepEqual(parseBaggage(`region=eu,tier=${'x'.repeat(9000)}`, keys), { region: 'eu' });
  assert.equal(parseBaggage(`tier=${'x'.repeat(100_000)}`, keys), undefined);
  const exact = `tier=${'x'.repeat(8187)}`;
  assert.equal(parseBaggage(exact, keys)?.['tier']?.length, 8187);
  assert.equal(parseBaggage(`${exact},region=eu`, keys)?.['region'], undefined);
});

test('H36 what is passed on holds to the same limits, is plain ASCII, and comes back as it was', () => {
  assert.equal(toBaggage({ tier: 'gold', secret: 'x' }, keys), 'tier=gold');
  assert.equal(toBaggage({ tier: 'x'.repeat(9000), region: 'eu' }, keys), 'region=eu');
  assert.equal(toBaggage({}, keys), undefined);
  assert.equal(toBaggage({ tier: 7 as unknown as string }, keys), undefined);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 50 }), (tier, region) => {
      const field = toBaggage({ tier, region }, keys)!;
      assert.match(field, /^[!-~]*$/);
      assert.deepEqual(parseBaggage(field, keys), { tier: tier.toWellFormed(), region });
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (field) => {
      const entries = parseBaggage(field, keys) ?? {};
      for (const key of Object.keys(entries)) assert.ok(keys.has(key));
    }),
    { numRuns: 200 },
  );
});

test('H36 a wrong allow-list is refused when the edge is made', () => {
  for (const bad of [['a b'], [''], ['__proto__'], [7], 'tier'])
    assert.throws(() => toBaggageKeys('options.baggage', bad as string[]), /\.baggage\b/);
  assert.throws(() => createEdge({ log: { log: () => {} }, baggage: ['ä'] }), /\.baggage\b/);
  assert.throws(() => propagationHeaders({ baggage: ['a,b'] }), /\.baggage\b/);
});

test('H37 tracestate: unchanged when it holds, left out when not, or beside a traceparent that does not', () => {
  const good = ['rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'a=1 , ,b=2', 'fw529a3039@dt=FfD:x y', 'a=!~'];
  for (const field of good) assert.equal(readTraceState(field), field);
  const bad = ['', ',', 'A=1', 'a', 'a=', 'a=b=c', 'a=\u00e9', 'a=1\n', `${'k'.repeat(257)}=1`, `a=${'x'.repeat(257)}`];
  for (const field of bad) assert.equal(readTraceState(field), undefined, field);
  const startedAt = performance.now();
  assert.equal(readTraceState(`a=${' '.repeat(16_000)}b`), undefined);
  assert.ok(performance.now() - startedAt < 200);
  const members = (count: number): string => Array.from({ length: count }, (_, index) => `k${index}=v`).join(',');
  assert.equal(readTraceState(members(32)), members(32));
  assert.equal(readTraceState(members(33)), undefined);
  const long = `big=${'x'.repeat(200)},${Array.from({ length: 10 }, (_, index) => `k${index}=${'v'.repeat(50)}`).join(',')}`;
  const kept = readTraceState(long)!;
  assert.ok(kept.length <= 512 && kept.startsWith('k0=') && kept.split(',').length === 9, kept);

  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const read = (traceparent: string | undefined): string | undefined => {
    const headers: Record<string, string | undefined> = { traceparent, tracestate: 'a=1' };
    return readCorrelation((name) => headers[name]).traceState;
  };
  assert.equal(read(trace), 'a=1');
  assert.equal(read(trace.replace('00f0', 'zzzz')), undefined);
  assert.equal(read(undefined), undefined);
});

test('H36 H37 from a request to the fields of the next, through the context', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
  const headers = {
    traceparent,
    tracestate: 'a=1,b=2',
    baggage: 'tier=gold,region=eu,secret=x',
    'x-correlation-id': 'c-1',
  };
  const exchange = createBareEdge({ baggage: ['tier', 'region'] }).open('/', headers);
  exchange.run(() => {
    assert.deepEqual(currentContext()?.baggage, { tier: 'gold', region: 'eu' });
    const told = propagationHeaders({ baggage: ['tier', 'secret'], deadline: () => performance.now() + 60_000 });
    assert.deepEqual(
      { ...told, 'x-request-timeout-ms': undefined },
      {
        'x-correlation-id': 'c-1',
        traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-${exchange.ids.spanId}-00`,
        tracestate: 'a=1,b=2',
        baggage: 'tier=gold',
        'x-request-timeout-ms': undefined,
      },
    );
    assert.ok(Number(told['x-request-timeout-ms']) > 50_000);
  });
  const none = createBareEdge().open('/', headers);
  none.run(() => assert.equal(propagationHeaders({ baggage: ['tier'] })['baggage'], undefined));
  // What somebody put into the context by hand is checked again before it is sent.
  withContext({ traceId: 'x\r\n', spanId: 'y', traceState: 'a=1', correlationId: 'a b' }, () =>
    assert.deepEqual(propagationHeaders(), {}),
  );
  assert.deepEqual(propagationHeaders(), {});
});
