import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import { type Meter, type ObservableCallback, trace } from '@opentelemetry/api';
import {
  createBreaker,
  createBulkhead,
  createProviderPool,
  createRetry,
  createTimeout,
  fixedBackoff,
  pipeline,
} from '../index.ts';
import { createRegistry } from '../registry.ts';
import { connectTelemetry, logEvents } from '../telemetry.ts';

const down = (): Error => Object.assign(new Error('connect ECONNREFUSED 10.0.0.9'), { code: 'ECONNREFUSED' });

test('L1 the log lines of the chapter, through any logger', async () => {
  const clock = createVirtualClock();
  const chain = pipeline({
    retry: createRetry({ clock, maxAttempts: 2, backoff: fixedBackoff({ delayMs: 100, jitter: 'none' }) }),
    breaker: createBreaker({ clock, name: 'payment_gateway', consecutiveFailures: 2, openMs: 1000, jitter: 0 }),
    timeout: createTimeout({ clock, timeoutMs: 50 }),
  });
  const lines: unknown[] = [];
  const stop = logEvents(chain, (level, message, fields) =>
    lines.push([level, message, fields['operation'] ?? fields['policy'], fields['error_type'], fields['delay_ms']]),
  );
  const options = { operation: 'charge' };
  await clock.run(chain.execute(() => Promise.reject(down()), options).catch(() => undefined));
  await clock.run(chain.execute(() => 1, options).catch(() => undefined));
  await clock.advance(1000);
  const hung = chain
    .execute((context) => (context.attempt === 1 ? Promise.reject(new TypeError('bug')) : 1), options)
    .catch(() => undefined);
  await clock.run(hung);
  stop();
  await chain.execute(() => 1);
  assert.deepEqual(lines, [
    ['warn', 'Operation failed, retrying', 'charge', 'Error', 100],
    ['warn', 'Circuit breaker opened', 'payment_gateway', undefined, undefined],
    ['error', 'Operation failed after all retries', 'charge', 'Error', undefined],
    ['debug', 'Circuit breaker refused a call', 'charge', undefined, undefined],
    ['error', 'Non-retryable error encountered', 'charge', 'BreakerOpenError', undefined],
    ['info', 'Circuit breaker half-open', 'payment_gateway', undefined, undefined],
    ['error', 'Non-retryable error encountered', 'charge', 'TypeError', undefined],
  ]);
});

test('L2 OpenTelemetry: a counter of events, gauges of states, and nothing left after stop', async () => {
  const clock = createVirtualClock();
  const counted: [number, object][] = [];
  const gauges = new Map<string, ObservableCallback>();
  const meter = {
    createCounter: () => ({ add: (value: number, attributes: object) => counted.push([value, attributes]) }),
    createObservableGauge: (name: string) => ({
      addCallback: (callback: ObservableCallback) => gauges.set(name, callback),
      removeCallback: () => gauges.delete(name),
    }),
  } as unknown as Meter;
  const breaker = createBreaker({ clock, name: 'stock' });
  const chain = pipeline({ breaker, bulkhead: createBulkhead({ clock, maxConcurrent: 3 }) });
  const spanEvents: [string, object][] = [];
  const original = trace.getActiveSpan;
  trace.getActiveSpan = () =>
    ({ addEvent: (name: string, attributes: object) => spanEvents.push([name, attributes]) }) as never;
  try {
    const stop = await connectTelemetry(chain, { meter });
    breaker.forceOpen();
    await assert.rejects(chain.execute(() => 1, { operation: 'reserve' }));
    const read = (name: string): unknown => {
      let seen: unknown;
      void gauges.get(name)!({ observe: (value: number, attributes: object) => (seen = [value, attributes]) } as never);
      return seen;
    };
    assert.deepEqual(read('breakwater.breaker.state'), [2, { 'breakwater.policy': 'stock' }]);
    assert.deepEqual(read('breakwater.bulkhead.active'), [0, { 'breakwater.policy': 'bulkhead' }]);
    stop!();
    breaker.reset();
    assert.deepEqual(counted, [
      [1, { 'breakwater.event': 'breaker.opened', 'breakwater.policy': 'stock', 'breakwater.reason': 'forced' }],
      [
        1,
        {
          'breakwater.event': 'breaker.rejected',
          'breakwater.policy': 'stock',
          'breakwater.reason': 'open',
          'breakwater.operation': 'reserve',
        },
      ],
    ]);
    assert.equal(spanEvents[0]![0], 'breakwater.breaker.opened');
    assert.equal(gauges.size, 0);
    assert.equal((breaker as unknown as { listeners: unknown }).listeners, undefined);
  } finally {
    trace.getActiveSpan = original;
  }
});

test('L3 what is no logger and no option is refused when it is given', async () => {
  const policy = createTimeout({ timeoutMs: 50 });
  assert.throws(() => logEvents(policy, { info() {} } as never), /logEvents\.write.*a function/);
  assert.throws(() => logEvents({} as never, () => undefined), /logEvents\.policy.*a policy/);
  await assert.rejects(connectTelemetry(undefined as never), /connectTelemetry\.policy.*a policy/);
  await assert.rejects(connectTelemetry(policy, { spanEvent: false } as never), /connectTelemetry\.spanEvent/);
  await assert.rejects(connectTelemetry(policy, { spanEvents: 'no' } as never), /connectTelemetry\.spanEvents/);
});

test('L1 whatever was thrown, the line is written', async () => {
  const clock = createVirtualClock();
  for (const thrown of [null, undefined, 'text', 5, Symbol('s'), Object.create(null)] as unknown[]) {
    const retry = createRetry({ clock });
    const lines: (readonly [string, unknown])[] = [];
    logEvents(retry, (_level, message, fields) => lines.push([message, fields['error_type']]));
    await retry.execute(() => Promise.reject(thrown)).catch(() => undefined);
    assert.deepEqual(lines, [['Non-retryable error encountered', typeof thrown]]);
  }
});

test('L2 the gauges of a pipeline of a registry are those of its present members', async () => {
  const clock = createVirtualClock();
  const gauges = new Map<string, ObservableCallback>();
  const meter = {
    createCounter: () => ({ add: () => undefined }),
    createObservableGauge: (name: string) => ({
      addCallback: (callback: ObservableCallback) => gauges.set(name, callback),
      removeCallback: () => gauges.delete(name),
    }),
  } as unknown as Meter;
  const registry = createRegistry({ breaker: createBreaker, bulkhead: createBulkhead }, { a: { breaker: { clock } } });
  const stop = await connectTelemetry(registry.get('a'), { meter });
  const read = (): [number, string][] => {
    const seen: [number, string][] = [];
    const observe = (value: number, attributes: object): void => {
      seen.push([value, (attributes as { 'breakwater.policy': string })['breakwater.policy']]);
    };
    for (const callback of gauges.values()) void callback({ observe } as never);
    return seen;
  };
  assert.deepEqual(read(), [[0, 'a.breaker']]);
  registry.reload({ a: { bulkhead: { maxConcurrent: 1, clock } } });
  assert.deepEqual(read(), [
    [0, 'a.bulkhead'],
    [0, 'a.bulkhead'],
  ]);
  stop!();
  assert.equal(gauges.size, 0);
});

test('L1 L2 a provider pool is told of as a policy', async () => {
  const clock = createVirtualClock();
  const pool = createProviderPool({ providers: { a: 1, b: 2 }, clock, name: 'cards' });
  const lines: unknown[] = [];
  const stops = [
    logEvents(pool, (_level, _message, fields) => lines.push([fields['event'], fields['policy']])),
    (await connectTelemetry(pool))!,
  ];
  await pool.call((provider) => (provider === 1 ? Promise.reject(down()) : 'ok'));
  for (const stop of stops) stop();
  await pool.call((provider) => (provider === 1 ? Promise.reject(down()) : 'ok'));
  assert.deepEqual(lines, [['pool.failover', 'cards']]);
});
