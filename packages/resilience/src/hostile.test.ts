import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@breakwater/testing';
import { createChaos } from './chaos.ts';
import { createFetch, toDeadlineHeader } from './http.ts';
import {
  adaptiveLimit,
  cooperative,
  createAdaptiveConcurrency,
  createBulkhead,
  createCache,
  createCoalesce,
  createFallback,
  createHedge,
  createLoadShed,
  createProviderPool,
  createRateLimit,
  createThrottle,
  createTimeout,
  fairQueue,
  pipeline,
  type TimeoutOptions,
} from './index.ts';
import { createRegistry } from './registry.ts';
import { logEvents } from './telemetry.ts';

const boom = (): never => {
  throw new Error('boom');
};
const down = (): string => {
  throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
};

/** Runs `body` and returns the messages of the listeners and predicates that were reported. */
async function reported(body: () => Promise<void>): Promise<string[]> {
  const details: string[] = [];
  // What the test before has reported comes first.
  await new Promise((resolve) => setImmediate(resolve));
  const onWarning = (warning: Error & { code?: string; detail?: string }): void => {
    if (warning.code === 'BREAKWATER_LISTENER') details.push(warning.detail!.split('\n')[0]!);
  };
  process.on('warning', onWarning);
  try {
    await body();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', onWarning);
  }
  return details;
}

test('P12 a deadline or a priority that is no number rejects the call, and stops no other', async () => {
  const clock = createVirtualClock();
  const policies = [
    createTimeout({ timeoutMs: 10, clock }),
    createBulkhead({ maxConcurrent: 1, maxQueue: 5, clock }),
    createLoadShed({ maxConcurrent: 1, clock }),
    createHedge({ delayMs: 5, clock }),
    createCache({ ttlMs: 10, clock }),
    createFallback({ steps: [{ value: 1 }], when: () => false, clock }),
  ];
  for (const policy of policies) {
    const before = policy.execute(() => clock.sleep(5));
    for (const options of [
      { deadline: Number.NaN },
      { priority: Number.NaN },
      { deadline: 'soon' },
      { priority: 'x' },
    ]) {
      let ran = 0;
      const [option, value] = Object.entries(options)[0]!;
      await assert.rejects(
        policy.execute(() => ran++, options as never),
        {
          name: 'OptionError',
          message: new RegExp(`${option}.*${value}`),
        },
      );
      assert.equal(ran, 0, policy.kind);
    }
    await clock.run(before);
    await clock.settle();
    assert.equal(clock.pendingTimers, 0, policy.kind);
  }
  assert.throws(() => toDeadlineHeader(Number.NaN, { clock }), { name: 'OptionError', message: /deadline.*NaN/ });
});

test('P13 C1 a predicate that throws is reported, costs no answer and no slot, and hides no failure', async () => {
  const clock = createVirtualClock();
  const details = await reported(async () => {
    const bulkhead = createBulkhead({ maxConcurrent: 1, clock });
    for (const option of ['accepted', 'classify']) {
      const throttle = createThrottle({ [option]: boom, clock });
      const chain = pipeline({ throttle, bulkhead });
      await assert.rejects(chain.execute(down), /down/, option);
      assert.equal(bulkhead.active, 0, option);
    }
    const cache = createCache({ ttlMs: 10, staleIfErrorMs: 1000, cacheIf: boom, staleIf: boom, clock });
    assert.equal(await cache.execute(() => 'answer', { key: 'k' }), 'answer');
    assert.equal(cache.size, 0);
    cache.reconfigure({ ttlMs: 10, staleIfErrorMs: 1000, staleIf: boom });
    await cache.execute(() => 'kept', { key: 'k' });
    clock.block(20);
    await assert.rejects(cache.execute(down, { key: 'k' }), /down/);
    await assert.rejects(createFallback({ steps: [{ value: 1 }], when: boom, clock }).execute(down), /down/);
    const pool = createProviderPool({ providers: { a: 1, b: 2 }, failoverIf: boom, clock });
    await assert.rejects(pool.call(down), /down/);
  });
  assert.deepEqual(details, Array(6).fill('Error: boom'));
});

test('P9 every policy goes on when a listener throws at the moment that matters', async () => {
  const clock = createVirtualClock();
  const details = await reported(async () => {
    const listen = <P extends { on(listener: () => void): unknown }>(policy: P): P => {
      policy.on(boom);
      return policy;
    };
    const shed = listen(createLoadShed({ maxConcurrent: 1, maxQueue: 1, intervalMs: 5, clock }));
    const calls = [0, 1, 2].map((n) => shed.execute(() => clock.sleep(10).then(() => n)).catch((error) => error.code));
    await clock.advance(100);
    assert.deepEqual(await Promise.all(calls), [0, 'LOAD_SHED', 'LOAD_SHED']);
    const limit = listen(createRateLimit({ limit: 1, windowMs: 1000, clock }));
    await limit.execute(() => 1);
    await assert.rejects(
      limit.execute(() => 1),
      { code: 'RATE_LIMITED' },
    );
    const hedge = listen(createHedge({ delayMs: 5, clock }));
    let copies = 0;
    assert.equal(await clock.run(hedge.execute(() => clock.sleep(copies++ === 0 ? 100 : 1).then(() => 'b'))), 'b');
    const pool = listen(createProviderPool({ providers: { a: down, b: (): string => 'b' }, clock }));
    assert.equal(await pool.call((provider) => provider()), 'b');
    const registry = createRegistry(
      { rateLimit: createRateLimit },
      { a: { rateLimit: { limit: 1, windowMs: 9, clock } } },
    );
    const named = listen(registry.get('a'));
    await named.execute(() => 1);
    await assert.rejects(
      named.execute(() => 1),
      { code: 'RATE_LIMITED' },
    );
    await clock.advance(100);
    assert.equal(clock.pendingTimers, 0);
  });
  assert.ok(details.length >= 7, `${details.length}`);
});

test('G3 G4 what is no configuration fails with its name; what cannot change in use is made anew', async () => {
  const clock = createVirtualClock();
  const wrong: [() => unknown, RegExp][] = [
    [() => createRegistry(null as never), /createRegistry options.*null/],
    [() => createRegistry({ retry: 5 } as never), /createRegistry\.retry.*a function.*5/],
    [() => createRegistry({ timeout: createTimeout }, { a: null } as never), /a options.*null/],
    [() => createRegistry({ timeout: createTimeout }, { a: { timeout: 5 } } as never), /a\.timeout.*5/],
    [() => createRegistry({ timeout: createTimeout }, { a: { timeout: {} } } as never), /createTimeout/],
    [() => createRegistry({}, null as never), /registry\.reload.*null/],
    [() => pipeline(null as never), /pipeline options.*null/],
    [() => pipeline({ retry: 5 } as never), /pipeline\.retry.*a policy.*5/],
    [() => pipeline({ name: 5, timeout: createTimeout({ timeoutMs: 1 }) } as never), /pipeline\.name.*5/],
    [() => pipeline({ clock, timeout: createTimeout({ timeoutMs: 1 }) } as never), /pipeline\.clock.*no such option/],
    [() => createHedge({ budget: { withdraw: 5 } as never }), /budget/],
  ];
  for (const [make, message] of wrong) assert.throws(make, { name: 'OptionError', message });
  const timed = { timeoutMs: 10, clock };
  const bulkhead = { maxConcurrent: 1, clock };
  const registry = createRegistry(
    { timeout: (options: TimeoutOptions) => cooperative(createTimeout(options)), bulkhead: createBulkhead },
    { a: { timeout: timed, bulkhead } },
  );
  const a = registry.get('a');
  const slow = a.execute(() => clock.sleep(50)).catch((error: { code: string }) => error.code);
  registry.reload({ a: { timeout: { ...timed, timeoutMs: 20 }, bulkhead } });
  // The slot is still taken: the bulkhead is the same one.
  await assert.rejects(
    a.execute(() => 1),
    { code: 'BULKHEAD_FULL' },
  );
  await clock.advance(50);
  assert.equal(await slow, undefined);
  let told = false;
  const awaited = a.execute(async ({ signal }) => {
    await clock.sleep(30);
    told = signal.aborted;
    return 'late';
  });
  assert.equal(await clock.run(awaited), 'late');
  assert.equal(told, true);
});

test('P4 P7 a caller who gives up while chaos delays or breaks leaves no timer, and deaf work keeps none', async () => {
  const kinds = [{ kind: 'latency', delayMs: 50 } as const, { kind: 'abort', afterMs: 50 } as const];
  for (const [index, rule] of kinds.entries()) {
    const clock: VirtualClock = createVirtualClock();
    const chaos = createChaos({ enabled: true, rules: [{ ...rule, rate: 1 }], clock });
    const controller = new AbortController();
    let ran = 0;
    const deaf = chaos.execute(
      () => {
        ran++;
        return new Promise(() => undefined);
      },
      { signal: controller.signal },
    );
    const ended = assert.rejects(deaf, { message: 'enough' });
    await clock.advance(10);
    controller.abort(new Error('enough'));
    await ended;
    await clock.settle();
    assert.deepEqual([ran, clock.pendingTimers], [index, 0]);
    await clock.advance(100);
    assert.equal(ran, index);
  }
});

test('P8 what happens to an options object later changes nothing', async () => {
  const clock = createVirtualClock();
  const adaptive = { initialLimit: 5, minLimit: 1, maxLimit: 10, clock };
  const concurrency = createAdaptiveConcurrency(adaptive);
  adaptive.maxLimit = 1;
  assert.equal(concurrency.limit, 5);
  Object.assign(adaptive, { initialLimit: undefined, maxLimit: 3 });
  concurrency.reconfigure(adaptive);
  adaptive.maxLimit = 1;
  assert.equal(concurrency.limit, 3);
  const limits = { floorMs: 10, ceilingMs: 100 };
  const limit = adaptiveLimit(limits);
  limits.ceilingMs = -1;
  assert.equal(limit.currentMs, 100);
  const fair = { byKey: true, maxPerKey: 1 };
  const bulkhead = createBulkhead({ maxConcurrent: 1, maxQueue: 9, order: fairQueue(fair), clock });
  fair.maxPerKey = 0;
  const calls = [0, 1].map(() => bulkhead.execute(() => clock.sleep(1), { key: 'k' }));
  await clock.run(Promise.all(calls));
  const guarded = { fetch: async () => new Response('mine') };
  const get = createFetch(guarded);
  guarded.fetch = boom;
  assert.equal(await (await get('http://localhost/')).text(), 'mine');
});

test('P13 H3 a budget of the user that throws is reported, and costs neither the call nor the process', async () => {
  const clock = createVirtualClock();
  const budget = { tokens: 1, withdraw: boom, deposit: boom };
  const details = await reported(async () => {
    const hedge = createHedge({ delayMs: 5, budget, clock });
    assert.equal(await clock.run(hedge.execute(() => clock.sleep(10).then(() => 'slow'))), 'slow');
    await clock.settle();
    assert.equal(clock.pendingTimers, 0);
    // An answer is not asked for again because it could not be paid in.
    const asked: string[] = [];
    const pool = createProviderPool({
      providers: { a: down, b: (): string => 'b', c: (): string => 'c' },
      budget,
      clock,
    });
    const ask = (provider: () => string): string => {
      asked.push(provider.name);
      return provider();
    };
    await assert.rejects(pool.call(ask), { code: 'ECONNREFUSED' });
    assert.deepEqual(asked, ['down']);
    const well = createProviderPool({ providers: { a: (): string => 'a', b: (): string => 'b' }, budget, clock });
    assert.equal(await well.call((provider) => provider()), 'a');
  });
  assert.deepEqual(details, Array(4).fill('Error: boom'));
});

test('P1 L1 an error that throws when it is read is an outcome as any other', async () => {
  const clock = createVirtualClock();
  const nasty = new Error('nasty');
  for (const field of ['rejectedBy', 'code', 'message', 'name', 'cause', 'status', 'retryAfterMs']) {
    Object.defineProperty(nasty, field, { get: boom });
  }
  const policies = [
    createThrottle({ clock }),
    createAdaptiveConcurrency({ clock }),
    createLoadShed({ maxConcurrent: 1, clock }),
    createRateLimit({ limit: 100, windowMs: 1, clock }),
    createHedge({ delayMs: 1, clock }),
    createCache({ ttlMs: 1, staleIfErrorMs: 5, clock }),
    createCoalesce({ clock }),
    createFallback({ steps: [{ use: boom }], clock }),
    createChaos({ rules: [], enabled: true, clock }),
  ];
  const lines: unknown[] = [];
  await reported(async () => {
    for (const policy of policies) {
      logEvents(policy, (_level, _message, fields) => lines.push(fields['error_message']));
      const call = policy.execute(() => Promise.reject(nasty), { key: 'k' });
      const outcome = call.catch((error: unknown) => error === nasty);
      assert.equal(await clock.run(outcome), true, policy.kind);
    }
    const pool = createProviderPool({ providers: { a: 1, b: 2 }, failoverIf: () => true, clock });
    logEvents(pool, (_level, _message, fields) => lines.push(fields['error_message']));
    assert.equal(await pool.call(() => Promise.reject(nasty)).catch((error: unknown) => error === nasty), true);
  });
  assert.ok(lines.includes('unreadable'));
});
