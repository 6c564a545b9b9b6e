import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@breakwater/testing';
import { createChaos } from './chaos.ts';
import {
  compose,
  createAdaptiveConcurrency,
  createCache,
  createCoalesce,
  createFallback,
  createHedge,
  createLoadShed,
  createRateLimit,
  createRetry,
  createThrottle,
  createTimeout,
  fixedBackoff,
  type Policy,
} from './index.ts';
import { createRedisRateLimit } from './redis.ts';
import { createRegistry } from './registry.ts';

const redis = { eval: async () => [1, 9, '0', '0'] };

/** Every policy beside the core four, with options under which it lets calls pass. */
const makers: Record<string, (options: never) => Policy> = {
  rateLimit: (options: object) => createRateLimit({ limit: 1000, windowMs: 1000, ...options }),
  redisRateLimit: (options: object) => createRedisRateLimit({ redis, limit: 1000, windowMs: 1000, ...options }),
  adaptiveConcurrency: createAdaptiveConcurrency,
  loadShed: (options: object) => createLoadShed({ maxConcurrent: 10, ...options }),
  throttle: createThrottle,
  hedge: (options: object) => createHedge({ delayMs: 10_000, ...options }),
  fallback: (options: object) => createFallback({ steps: [{ value: 'fallback' }], when: () => false, ...options }),
  cache: (options: object) => createCache({ ttlMs: 1000, ...options }),
  coalesce: createCoalesce,
  chaos: (options: object) => createChaos({ rules: [], enabled: true, ...options }),
};

function each(body: (make: (options?: object) => Policy, clock: VirtualClock, name: string) => Promise<void>) {
  return async (): Promise<void> => {
    for (const [name, make] of Object.entries(makers)) {
      const clock = createVirtualClock();
      await body((options = {}) => make({ clock, ...options } as never), clock, name);
    }
  };
}

test(
  'P1 sync throws, rejections, thenables and values that are no Error are treated alike by every policy',
  each(async (make, _clock, name) => {
    const policy = make();
    const thenable = (settle: (resolve: (v: unknown) => void, reject: (e: unknown) => void) => void): never =>
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      ({ then: settle }) as never;
    const succeeding = [
      () => undefined,
      () => Promise.resolve(undefined),
      () => thenable((resolve) => resolve(undefined)),
    ];
    for (const [index, work] of succeeding.entries()) {
      assert.equal(await policy.execute(work, { key: `good${index}` }), undefined, name);
    }
    for (const value of [new Error('x'), 'text', undefined, null]) {
      const failing = [
        () => {
          throw value;
        },
        () => Promise.reject(value),
        () => thenable((_resolve, reject) => reject(value)),
      ];
      for (const [index, work] of failing.entries()) {
        const outcome = policy.execute(work, { key: `bad${index}` });
        const got = await outcome.then(
          () => 'succeeded',
          (error: unknown) => [error],
        );
        assert.deepEqual(got, [value], name);
      }
    }
  }),
);

test(
  'P4 P5 P7 the caller gives up: its own reason at once, the work is told, no listener and no timer stays',
  each(async (make, clock, name) => {
    const policy = make();
    const controller = new AbortController();
    let inside: AbortSignal | undefined;
    const call = policy.execute(
      ({ signal }) => {
        inside = signal;
        return clock.sleep(5000, { signal });
      },
      { signal: controller.signal, key: 'k' },
    );
    const ended = assert.rejects(call, { message: 'enough' }, name);
    await clock.settle();
    controller.abort(new Error('enough'));
    await ended;
    await clock.settle();
    assert.equal(inside!.aborted, true, name);
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0, name);
    assert.equal(clock.pendingTimers, 0, name);
    let ran = 0;
    await assert.rejects(
      policy.execute(() => ran++, { signal: controller.signal, key: 'k' }),
      { message: 'enough' },
    );
    assert.equal(ran, 0, name);
  }),
);

test(
  'P2 P3 an outer time limit reaches the work; after success the signal stays quiet; late rejections are handled',
  each(async (make, clock, name) => {
    const chain = compose(createTimeout({ timeoutMs: 100, clock }), make());
    let signal: AbortSignal | undefined;
    await chain.execute(
      (context) => {
        signal = context.signal;
      },
      { key: 'quick' },
    );
    await clock.advance(1000);
    assert.equal(signal!.aborted, false, name);
    const slow = chain.execute(
      async (context) => {
        signal = context.signal;
        await clock.sleep(500);
        throw new Error('too late');
      },
      { key: 'slow' },
    );
    await assert.rejects(clock.run(slow), { code: 'TIMEOUT' }, name);
    assert.equal(signal!.aborted, true, name);
    await clock.advance(1000);
    assert.equal(clock.pendingTimers, 0, name);
  }),
);

test(
  'P6 the context goes through: attempt, deadline, correlation id, key, priority',
  each(async (make, clock, name) => {
    const chain = compose(createRetry({ clock, backoff: fixedBackoff({ delayMs: 1 }) }), make());
    const seen: unknown[] = [];
    const call = chain.execute(
      ({ operation, attempt, deadline, correlationId, key, priority }) => {
        seen.push([operation, attempt, deadline, correlationId, key, priority]);
        if (seen.length === 1) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      },
      { operation: 'op', deadline: 5000, correlationId: 'c', key: 'k', priority: 2 },
    );
    await clock.run(call);
    // Work that several callers may wait for is bound to none of them.
    const shared = name === 'coalesce';
    const expected = [1, 2].map((n) => ['op', shared ? 1 : n, shared ? Number.POSITIVE_INFINITY : 5000, 'c', 'k', 2]);
    assert.deepEqual(seen, expected, name);
  }),
);

test(
  'P8 wrong options fail at construction, naming option and value',
  each(async (make, _clock, name) => {
    assert.throws(() => make({ limitt: 3 }), /limitt.*no such option/, name);
    assert.throws(() => make({ name: '' }), /name/, name);
    assert.throws(() => make({ clock: {} }), /clock/, name);
  }),
);

test('P9 what a listener throws changes no outcome', async () => {
  const clock = createVirtualClock();
  const warnings: unknown[] = [];
  const onWarning = (warning: { code?: string }): void => {
    if (warning.code === 'BREAKWATER_LISTENER') warnings.push(warning);
  };
  process.on('warning', onWarning);
  const policies = [
    createCache({ ttlMs: 1000, clock }),
    createChaos({ enabled: true, rules: [{ kind: 'result', rate: 1, result: (real) => real }], clock }),
    createFallback({ steps: [{ value: 'ok' }], clock, when: () => true }),
  ];
  for (const policy of policies) {
    (policy as Policy).on(() => {
      throw new Error('listener');
    });
  }
  assert.equal(await compose(...policies).execute(() => 'ok', { key: 'k' }), 'ok');
  assert.equal(await policies[2]!.execute(() => Promise.reject(new Error('x'))), 'ok');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  assert.ok(warnings.length >= 3, `${warnings.length}`);
});

test('G1 a reload of the registry keeps what these policies know', async () => {
  const clock = createVirtualClock();
  const makers = { cache: createCache, rateLimit: createRateLimit };
  const own = { cache: { ttlMs: 1000, clock }, rateLimit: { limit: 1, windowMs: 1000, clock } };
  const registry = createRegistry(makers, { prices: own });
  const prices = registry.get('prices');
  assert.equal(await prices.execute(() => 'kept', { key: 'a' }), 'kept');
  registry.reload({ prices: { ...own, cache: { ttlMs: 500, clock } } });
  assert.equal(await prices.execute(() => 'anew', { key: 'a' }), 'kept');
  await clock.advance(600);
  // The answer is no longer fresh by the new options, and the one call of this second has been made.
  await assert.rejects(
    prices.execute(() => 'anew', { key: 'a' }),
    { code: 'RATE_LIMITED', retryAfterMs: 400 },
  );
  assert.throws(() => registry.reload({ prices: { cache: { ttlMs: -1 }, rateLimit: own.rateLimit } }), /ttlMs/);
});
