// What programs in JavaScript, or in a hurry, do to the core policies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import {
  attemptErrors,
  BreakerOpenError,
  compose,
  cooperative,
  createBreaker,
  createBulkhead,
  createFallback,
  createRetry,
  createThrottle,
  createTimeout,
  fixedBackoff,
  type RetryExhaustedError,
  TimeoutError,
} from './index.ts';

const caught = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);
const down = (): Error => Object.assign(new Error('down'), { code: 'ECONNREFUSED' });

test('P8 what happens to an options object later changes no policy', async () => {
  const clock = createVirtualClock();
  const options = { consecutiveFailures: 2, name: 'a', clock };
  const [first, second] = ['a', 'b'].map((name) => {
    options.name = name;
    return createBreaker(options);
  });
  options.consecutiveFailures = -1;
  await caught(first!.execute(() => Promise.reject(down())));
  assert.deepEqual([first!.name, second!.name, first!.state], ['a', 'b', 'closed']);
  await caught(first!.execute(() => Promise.reject(down())));
  assert.equal(first!.state, 'open');
});

test('R2 whatever is thrown last is the cause, and the message says what it was', async () => {
  const clock = createVirtualClock();
  const steady = fixedBackoff({ delayMs: 1, jitter: 'none' });
  const retry = createRetry({ maxAttempts: 2, backoff: steady, retryIf: () => true, budget: false, clock });
  for (const [thrown, text] of [
    [Symbol('odd'), /Symbol\(odd\)/],
    [Object.create(null), /null prototype/],
    [undefined, /undefined/],
    ['text', /text/],
  ] as const) {
    const error = (await clock.run(caught(retry.execute(() => Promise.reject(thrown))))) as RetryExhaustedError;
    assert.equal(error.code, 'RETRY_EXHAUSTED');
    assert.equal(error.cause, thrown);
    assert.deepEqual(error.errors, [thrown, thrown]);
    assert.match(error.message, text);
  }
});

test('R3 the failures of an attempt that succeeded later do not reach those of other calls', async () => {
  const clock = createVirtualClock();
  const retry = createRetry({ maxAttempts: 3, backoff: fixedBackoff({ delayMs: 1, jitter: 'none' }), clock });
  const bug = new RangeError('bug');
  const first = down();
  let calls = 0;
  const failed = await clock.run(caught(retry.execute(() => Promise.reject(++calls === 1 ? first : bug))));
  assert.equal(failed, bug);
  assert.deepEqual(attemptErrors(bug), [first, bug]);
  assert.deepEqual(attemptErrors(down()).length, 1);
});

test('R5 R10 a wait that is no wait ends the call with its error, not with a call at once', async () => {
  for (const wrong of [Number.NaN, -1, 'soon' as never]) {
    const clock = createVirtualClock();
    const byBackoff = createRetry({ backoff: () => wrong, clock });
    const byHint = createRetry({ retryResult: () => true, retryAfterMs: () => wrong, clock });
    for (const execute of [() => byBackoff.execute(() => Promise.reject(down())), () => byHint.execute(() => 'busy')]) {
      const error = (await clock.run(caught(execute()))) as Error;
      assert.equal(error.name, 'OptionError', String(wrong));
      assert.equal(clock.now(), 0);
    }
  }
});

test('P9 a listener may throw what cannot be printed', async () => {
  // What the tests before have reported comes first.
  await new Promise((resolve) => setImmediate(resolve));
  const warned: (string | undefined)[] = [];
  const onWarning = (warning: Error & { detail?: string }): void => void warned.push(warning.detail);
  process.on('warning', onWarning);
  const breaker = createBreaker({ consecutiveFailures: 1 });
  breaker.on(() => {
    throw Object.create(null);
  });
  breaker.on(async () => {
    throw Symbol('later');
  });
  await caught(breaker.execute(() => Promise.reject(down())));
  assert.equal(breaker.state, 'open');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  assert.deepEqual(warned, ['[Object: null prototype] {}', 'Symbol(later)']);
});

test('B14 a listener that releases an isolation while it is being released does so once', () => {
  const breaker = createBreaker();
  const other = breaker.isolate('other');
  const one = breaker.isolate('one');
  breaker.on(({ type }) => type === 'breaker.released' && one.release());
  one.release();
  assert.equal(breaker.state, 'isolated', 'the other still holds');
  other.release();
  assert.equal(breaker.state, 'closed');
});

test('P8 cooperative refuses what is no policy', () => {
  for (const policy of [5, undefined, {}, { execute() {} }])
    assert.throws(() => cooperative(policy as never), { name: 'OptionError', message: /^cooperative\.policy: / });
});

test('O2 cooperative around a chain waits for every attempt that goes on', async () => {
  const clock = createVirtualClock();
  const chain = compose(
    createRetry({ maxAttempts: 2, backoff: fixedBackoff({ delayMs: 10, jitter: 'none' }), clock }),
    createTimeout({ timeoutMs: 100, clock }),
  );
  const ended: number[] = [];
  const failed = caught(
    cooperative(chain).execute(async ({ attempt, signal }) => {
      await clock.sleep(attempt === 1 ? 1000 : 300);
      ended.push(attempt);
      throw signal.reason;
    }),
  );
  await clock.advance(999);
  assert.deepEqual(ended, [2]);
  await clock.advance(1);
  assert.deepEqual(ended, [2, 1]);
  assert.equal(((await failed) as RetryExhaustedError).code, 'RETRY_EXHAUSTED');
  assert.equal(clock.pendingTimers, 0);
});

test('P10 what a refusal says is there for spreading, printing, copying and JSON', () => {
  const error = new BreakerOpenError('payments', 'open', 250);
  const facts = {
    name: 'BreakerOpenError',
    message: 'breaker "payments" refused the call: open',
    code: 'BREAKER_OPEN',
    category: 'transient',
    retryable: true,
    outcome: 'not-applied',
    rejectedBy: 'breaker',
    policy: 'payments',
    reason: 'open',
    retryAfterMs: 250,
  };
  assert.deepEqual({ ...error }, facts);
  assert.deepEqual(JSON.parse(JSON.stringify(error)), facts);
  assert.equal(structuredClone(error).message, facts.message);
  assert.match(String(error.stack), /^BreakerOpenError: breaker "payments" refused the call: open$/);
  assert.match(String(new TimeoutError('x', 'attempt', 5).stack), /^TimeoutError: x took longer.*\n {4}at /);
});

test('P10 R14 B8 TH3 a refusal that the program has wrapped, as a cause, is still one', async () => {
  const clock = createVirtualClock();
  const inner = createBreaker({ name: 'inner', clock });
  inner.isolate();
  let calls = 0;
  const wrapped = (): Promise<string> => {
    calls++;
    return inner
      .execute(() => 'never')
      .catch((cause: unknown) => Promise.reject(new Error('no price', { cause: new Error('no answer', { cause }) })));
  };
  const breakers = [{}, { expected: () => true }].map((options) =>
    createBreaker({ consecutiveFailures: 1, clock, ...options }),
  );
  const throttle = createThrottle({ minimumCalls: 1, clock });
  for (const policy of [...breakers, throttle, createRetry({ clock })]) {
    const error = (await clock.run(caught(policy.execute(wrapped)))) as Error;
    assert.equal(error.message, 'no price');
  }
  assert.deepEqual([breakers.map(({ state }) => state), throttle.probability, calls], [['closed', 'closed'], 0, 4]);
  const fallback = createFallback({ steps: [{ value: 'list price' }], clock });
  assert.equal(await fallback.execute(wrapped), 'list price');
  // Something may have been done before the call that was refused.
  const told = createRetry({ retryIf: () => true, clock });
  const stopped = (await clock.run(caught(told.execute(wrapped, { idempotent: false })))) as RetryExhaustedError;
  assert.equal(stopped.reason, 'not-idempotent');
});

test('C1 C3 a caller who gives up in the very event of its call leaves nothing behind, wherever it is', async () => {
  const clock = createVirtualClock();
  const breaker = createBreaker({ consecutiveFailures: 1, openMs: 10, jitter: 0, clock });
  const bulkhead = createBulkhead({ maxConcurrent: 1, maxQueue: 1, clock });
  const chain = compose(breaker, bulkhead);
  await caught(breaker.execute(() => Promise.reject(down())));
  await clock.advance(10);
  const controller = new AbortController();
  const remove = chain.on(({ type }) => type === 'breaker.half-opened' && controller.abort());
  assert.equal(
    ((await caught(chain.execute(() => 'never', { signal: controller.signal }))) as Error).name,
    'AbortError',
  );
  remove();
  assert.equal(breaker.state, 'half-open');
  assert.equal(await chain.execute(() => 'the permit came back'), 'the permit came back');
  assert.deepEqual([breaker.state, bulkhead.active, bulkhead.queued, clock.pendingTimers], ['closed', 0, 0, 0]);
});

test('P13 R11 a budget of the user that throws is reported: an answer stays an answer, and no retry is made', async () => {
  const budget = {
    tokens: 1,
    withdraw: (): boolean => {
      throw new Error('withdraw');
    },
    deposit: (): void => {
      throw new Error('deposit');
    },
  };
  const warnings: string[] = [];
  const onWarning = (warning: Error & { detail?: string }): void => {
    warnings.push(String(warning.detail).split('\n')[0]!);
  };
  process.on('warning', onWarning);
  try {
    const clock = createVirtualClock();
    const retry = createRetry({ budget, clock });
    assert.equal(await retry.execute(() => 'answer'), 'answer');
    const cause = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    const failed = retry.execute(() => Promise.reject(cause));
    await assert.rejects(clock.run(failed), { name: 'RetryExhaustedError', reason: 'budget', cause });
    // Warnings are told in a later turn.
    while (warnings.length < 2) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', onWarning);
  }
  assert.deepEqual(warnings, ['Error: deposit', 'Error: withdraw']);
});
