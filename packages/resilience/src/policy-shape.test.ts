import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import {
  adaptiveLimit,
  type CallContext,
  compose,
  countWindow,
  createBreaker,
  createBulkhead,
  createRetry,
  createTimeout,
  exponentialBackoff,
  fairQueue,
  fixedBackoff,
  isRejection,
  type Policy,
  pipeline,
  TimeoutError,
} from './index.ts';

/** A promise with what settles it. */
function later<T = unknown>(): PromiseWithResolvers<T> {
  return Promise.withResolvers<T>();
}

function eachPolicy(clock = createVirtualClock()): [string, Policy][] {
  const retry = (): Policy =>
    createRetry({ clock, random: () => 0.5, backoff: fixedBackoff({ delayMs: 100, jitter: 'none' }) });
  const timeout = (): Policy => createTimeout({ timeoutMs: 1000, clock });
  const breaker = (): Policy => createBreaker({ clock });
  const bulkhead = (): Policy => createBulkhead({ maxConcurrent: 2, maxQueue: 2, clock });
  return [
    ['retry', retry()],
    ['timeout', timeout()],
    ['breaker', breaker()],
    ['bulkhead', bulkhead()],
    ['composed', compose(retry(), bulkhead(), breaker(), timeout())],
    ['nested', compose(timeout(), retry(), breaker(), bulkhead())],
  ];
}

/** Counts the listeners on a signal. */
function counted(): { controller: AbortController; signal: AbortSignal; open: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  let open = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    open++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    open--;
    removeEventListener.apply(signal, args);
  };
  return { controller, signal, open: () => open };
}

test('P1 every way to succeed is treated alike by every policy', async () => {
  for (const [name, policy] of eachPolicy()) {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is the point
    const thenable = { then: (resolve: (value: number) => void) => resolve(4) };
    assert.equal(await policy.execute(() => undefined), undefined, name);
    assert.equal(await policy.execute(() => 1), 1, name);
    assert.equal(await policy.execute(async () => 2), 2, name);
    assert.equal(await policy.execute(() => thenable as PromiseLike<number>), 4, name);
    assert.equal(await policy.execute(() => null), null, name);
    const fn = (): void => undefined;
    assert.equal(await policy.execute(() => fn), fn, name);
  }
});

test('P1 every way to fail rejects with the very value, by every policy', async () => {
  const values = [new Error('boom'), 'text', undefined, null, 0, { code: 'X' }];
  for (const [name, policy] of eachPolicy()) {
    for (const value of values) {
      const ways = [
        () => {
          throw value;
        },
        () => Promise.reject(value),
        () => ({
          // biome-ignore lint/suspicious/noThenProperty: a thenable is the point
          then(_resolve: unknown, reject: (reason: unknown) => void): never {
            return reject(value) as never;
          },
        }),
        () => ({
          // biome-ignore lint/suspicious/noThenProperty: a hostile thenable is the point
          get then(): never {
            throw value;
          },
        }),
      ];
      for (const way of ways) {
        const result = await policy.execute(way).then(
          () => assert.fail(name),
          (reason: unknown) => ({ reason }),
        );
        assert.equal(result.reason, value, name);
      }
    }
  }
});

test('P1 a thenable that calls back twice settles once and frees one slot', async () => {
  const bulkhead = createBulkhead({ maxConcurrent: 1, clock: createVirtualClock() });
  const twice = {
    // biome-ignore lint/suspicious/noThenProperty: a hostile thenable is the point
    then(resolve: (value: number) => void, reject: (reason: unknown) => void) {
      resolve(1);
      reject(new Error('no'));
      resolve(2);
    },
  };
  assert.equal(await bulkhead.execute(() => twice as PromiseLike<number>), 1);
  assert.equal(bulkhead.active, 0);
});

test('P2 a rejection after the policy has given up is handled', async () => {
  const clock = createVirtualClock();
  const seen: unknown[] = [];
  const onUnhandled = (reason: unknown): number => seen.push(reason);
  process.on('unhandledRejection', onUnhandled);
  try {
    const work = later();
    const result = createTimeout({ timeoutMs: 10, clock }).execute(() => work.promise);
    const failed = assert.rejects(result, TimeoutError);
    await clock.advance(10);
    await failed;
    work.reject(new Error('late'));
    await clock.settle();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('unhandledRejection', onUnhandled);
  }
  assert.deepEqual(seen, []);
});

test('P3 the signal is made when read, and not aborted after success', async () => {
  const clock = createVirtualClock();
  for (const [name, policy] of eachPolicy(clock)) {
    const caller = new AbortController();
    let signal: AbortSignal | undefined;
    await policy.execute(
      (context) => {
        signal = context.signal;
        assert.equal(context.signal, signal, name);
      },
      name === 'timeout' ? { signal: caller.signal } : {},
    );
    await clock.advance(100_000);
    if (name === 'timeout') caller.abort();
    assert.equal(signal!.aborted, false, name);
  }
});

test('P3 the signal is aborted with the reason when the policy gives up, even when first read later', async () => {
  const clock = createVirtualClock();
  const timeout = createTimeout({ timeoutMs: 10, clock });
  let early: CallContext | undefined;
  let late: CallContext | undefined;
  const a = timeout.execute((context) => {
    early = context;
    context.signal;
    return new Promise(() => undefined);
  });
  const b = timeout.execute((context) => {
    late = context;
    return new Promise(() => undefined);
  });
  const failed = Promise.all([assert.rejects(a, TimeoutError), assert.rejects(b, TimeoutError)]);
  await clock.advance(10);
  await failed;
  assert.ok(early!.signal.aborted && early!.signal.reason instanceof TimeoutError);
  assert.ok(late!.signal.aborted && late!.signal.reason instanceof TimeoutError);
});

test('P4 P7 the caller aborts: the call ends at once with the reason, and no listener stays', async () => {
  for (const [name, policy] of eachPolicy()) {
    const { controller, signal, open } = counted();
    const reason = new Error('user left');
    const work = later();
    let inner: AbortSignal | undefined;
    const result = policy.execute(
      (context) => {
        inner = context.signal;
        return work.promise;
      },
      { signal },
    );
    const failed = assert.rejects(result, reason);
    controller.abort(reason);
    await failed;
    assert.equal(inner!.aborted, true, name);
    assert.equal(inner!.reason, reason, name);
    assert.equal(open(), 0, name);
    work.reject(new Error('too late'));
  }
});

test('P5 a signal that is aborted already: the work does not begin', async () => {
  for (const [name, policy] of eachPolicy()) {
    let begun = false;
    const reason = new Error('gone');
    const result = policy.execute(
      () => {
        begun = true;
      },
      { signal: AbortSignal.abort(reason) },
    );
    await assert.rejects(result, reason);
    assert.equal(begun, false, name);
  }
});

test('P7 after many calls, failed, succeeded and cancelled, no timer and no listener is left', async () => {
  const clock = createVirtualClock();
  for (const [name, policy] of eachPolicy(clock)) {
    const { signal, open } = counted();
    for (let index = 0; index < 10; index++) {
      const calls = Array.from({ length: 20 }, (_, at) =>
        policy.execute(
          () => (at % 3 === 0 ? Promise.reject(new Error('x')) : clock.sleep(at)),
          at % 2 ? { signal } : undefined,
        ),
      );
      const all = Promise.allSettled(calls);
      await clock.run(all);
    }
    await clock.advance(1_000_000);
    assert.equal(clock.pendingTimers, 0, name);
    assert.equal(open(), 0, name);
  }
});

test('P7 a call that is repeated listens to its caller once at a time', async () => {
  const clock = createVirtualClock();
  const { controller, signal, open } = counted();
  const retry = createRetry({ clock, maxAttempts: 5, retryIf: () => true });
  let most = 0;
  const work = (): never => {
    most = Math.max(most, open());
    throw new Error('again');
  };
  await clock.run(retry.execute(work, { signal }).catch(() => undefined));
  assert.deepEqual([most, open()], [1, 0]);
  const pausing = retry.execute(work, { signal }).catch((error: Error) => error.name);
  await clock.settle();
  controller.abort();
  assert.equal(await pausing, 'AbortError');
  assert.equal(open(), 0);
});

test('P8 wrong options fail at construction, naming option and value', () => {
  const wrong: [() => unknown, RegExp][] = [
    [() => createRetry({ maxAttempts: 0 }), /createRetry\.maxAttempts.*0/],
    [() => createRetry({ maxAttempts: 2.5 }), /createRetry\.maxAttempts.*2\.5/],
    [() => createRetry({ maxAttempts: Number.NaN }), /createRetry\.maxAttempts.*NaN/],
    [() => createRetry({ attempts: 3 } as never), /createRetry\.attempts.*no such option/],
    [() => createRetry({ maxAttempts: -1 }), /createRetry\.maxAttempts.*-1/],
    [() => createRetry({ backoff: fixedBackoff({} as never) }), /fixedBackoff\.delayMs.*undefined/],
    [() => createRetry({ backoff: exponentialBackoff({ maxMs: 10 }) }), /exponentialBackoff\.maxMs.*10/],
    [() => createRetry({ backoff: { kind: 'fixed' } as never }), /createRetry\.backoff.*function.*object/],
    [() => createRetry({ budget: { ratio: 2 } }), /createRetryBudget\.ratio.*2/],
    [() => createRetry({ budget: { withdraw: () => true } as never }), /createRetry\.budget.*\(withdraw, deposit\)/],
    [() => createRetry({ budget: { withdraw: true, deposit: () => 0 } as never }), /createRetry\.budget/],
    [() => createRetry(null as never), /createRetry options.*null/],
    [() => createTimeout({} as never), /timeoutMs.*adaptiveLimit.*undefined/],
    [() => createTimeout({ timeoutMs: Number.POSITIVE_INFINITY }), /timeoutMs.*Infinity/],
    [() => createTimeout({ timeoutMs: '100' as never }), /timeoutMs.*"100"/],
    [() => createTimeout({ timeoutMs: adaptiveLimit({ floorMs: 3, ceilingMs: 2 }) }), /floorMs/],
    [() => createBreaker({ failureRate: 0.5 }), /failureRate.*window/],
    [() => createBreaker({ window: countWindow(10), failureRate: 1.1 }), /failureRate.*1\.1/],
    [() => createBreaker({ window: { calls: 10, durationMs: 1 } as never }), /window/],
    [() => createBreaker({ window: countWindow(5), minimumCalls: 6 }), /minimumCalls.*6/],
    [() => createBreaker({ openMs: 10, maxOpenMs: 5 }), /maxOpenMs.*5/],
    [() => createBreaker({ slowCallMs: 10 }), /slowCallMs/],
    [() => createBreaker({ clock: {} as never }), /clock/],
    [() => createTimeout({ timeoutMs: { floorMs: 1, ceilingMs: 2 } as never }), /timeoutMs.*adaptiveLimit/],
    [() => createBreaker({ window: countWindow(0) }), /countWindow\.calls.*0/],
    [() => createBreaker({ toString: 1 } as never), /createBreaker\.toString.*no such option/],
    [() => createBulkhead({} as never), /maxConcurrent/],
    [() => createBulkhead({ maxConcurrent: 1, order: 'fair' as never }), /order.*fairQueue/],
    [() => fairQueue({ starvationLimit: 0 }), /fairQueue\.starvationLimit.*0/],
    [() => createBulkhead({ maxConcurrent: 1, maxQueue: -1 }), /maxQueue.*-1/],
    [() => createBulkhead({ maxConcurrent: 1n } as never), /maxConcurrent.*1n/],
    [() => pipeline({ retyr: createRetry() } as never), /pipeline\.retyr/],
    [() => compose(), /at least one policy/],
    [() => compose({} as never), /compose\[0\]/],
    [() => compose(createRetry(), createRetry()), /at most one retry/],
  ];
  for (const [make, message] of wrong) assert.throws(make, { name: 'OptionError', message });
});

test('P9 a listener that throws or rejects changes no outcome', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning);
  process.on('warning', onWarning);
  try {
    const clock = createVirtualClock();
    const breaker = createBreaker({ clock, consecutiveFailures: 1 });
    const remove = [
      breaker.on(() => {
        throw new Error('listener');
      }),
      breaker.on((async () => Promise.reject(new Error('async listener'))) as never),
    ];
    await assert.rejects(
      breaker.execute(() => Promise.reject(Object.assign(new Error('down'), { code: 'ECONNREFUSED' }))),
      /down/,
    );
    assert.equal(breaker.state, 'open');
    for (const one of remove) one();
    assert.equal((breaker as unknown as { listeners: unknown }).listeners, undefined);
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', onWarning);
  }
  assert.equal(warnings.filter((warning) => (warning as { code?: string }).code === 'BREAKWATER_LISTENER').length, 2);
});

test('P10 refusals carry code, kind and reason', async () => {
  const clock = createVirtualClock();
  const breaker = createBreaker({ name: 'stock', clock, jitter: 0 });
  breaker.forceOpen();
  const refusal = await breaker.execute(() => 1).catch((error: unknown) => error);
  assert.ok(isRejection(refusal));
  assert.deepEqual(
    {
      name: refusal.name,
      code: refusal.code,
      by: refusal.rejectedBy,
      policy: refusal.policy,
      reason: refusal.reason,
      after: refusal.retryAfterMs,
    },
    { name: 'BreakerOpenError', code: 'BREAKER_OPEN', by: 'breaker', policy: 'stock', reason: 'open', after: 30_000 },
  );
  assert.equal(isRejection(new Error('x')), false);
});
