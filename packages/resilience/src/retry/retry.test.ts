import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock, type VirtualClock } from '@breakwater/testing';
import {
  attemptErrors,
  type Backoff,
  compose,
  countWindow,
  createBreaker,
  createBulkhead,
  createRetry,
  createRetryBudget,
  createTimeout,
  exponentialBackoff,
  fixedBackoff,
  linearBackoff,
  type RetryEvent,
  RetryExhaustedError,
  type RetryOptions,
  type RetryPolicy,
  TimeoutError,
  UnwantedResultError,
} from '../index.ts';

const reset = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
const refused = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const steady: Backoff = fixedBackoff({ delayMs: 100, jitter: 'none' });

function make(options: RetryOptions = {}): { clock: VirtualClock; retry: RetryPolicy; events: RetryEvent[] } {
  const clock = createVirtualClock();
  const retry = createRetry({ clock, random: createRandom(1), backoff: steady, ...options });
  const events: RetryEvent[] = [];
  retry.on((event) => events.push(event));
  return { clock, retry, events };
}

/** Fails with the given errors in turn, then succeeds. */
function failing(...errors: unknown[]): { work: () => Promise<string>; readonly calls: number } {
  let calls = 0;
  return {
    work: async () => {
      const error = errors[calls++];
      if (error !== undefined) throw error;
      return 'ok';
    },
    get calls() {
      return calls;
    },
  };
}

const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail('succeeded'),
    (error: unknown) => error,
  );

test('R1 repeats a transient failure after a wait, and tells what it does', async () => {
  const { clock, retry, events } = make();
  const { work } = failing(reset(), reset());
  const attempts: number[] = [];
  const result = retry.execute(
    (context) => {
      attempts.push(context.attempt);
      return work();
    },
    { operation: 'charge', correlationId: 'c-9' },
  );
  assert.equal(await clock.run(result), 'ok');
  assert.equal(clock.now(), 200);
  assert.deepEqual(attempts, [1, 2, 3]);
  assert.deepEqual(
    events.map((event) => [
      event.type,
      event.attempt,
      event.type === 'retry.succeeded' ? undefined : event.reason,
      event.operation,
    ]),
    [
      ['retry.scheduled', 1, 'backoff', 'charge'],
      ['retry.scheduled', 2, 'backoff', 'charge'],
      ['retry.succeeded', 3, undefined, 'charge'],
    ],
  );
});

test('R2 after the last attempt: RetryExhaustedError with the errors of all attempts', async () => {
  const { clock, retry, events } = make();
  const errors = [reset(), refused(), reset()];
  const error = (await clock.run(
    caught(retry.execute(failing(...errors).work, { operation: 'charge' })),
  )) as RetryExhaustedError;
  assert.ok(error instanceof RetryExhaustedError);
  assert.deepEqual(error.errors, errors);
  assert.equal(error.cause, errors[2]);
  assert.deepEqual(
    [error.code, error.reason, error.attempts, error.retryable],
    ['RETRY_EXHAUSTED', 'attempts', 3, false],
  );
  assert.equal(error.message, 'charge failed at attempt 3 (attempts): read ECONNRESET');
  assert.equal(events.at(-1)!.type, 'retry.stopped');
});

test('R3 what cannot be helped by repeating comes out unchanged; earlier errors stay reachable', async () => {
  const { clock, retry, events } = make();
  const bug = new TypeError('x is undefined');
  const once = failing(bug);
  assert.equal(await caught(retry.execute(once.work)), bug);
  assert.equal(once.calls, 1);
  assert.deepEqual(
    events.map((event) => event.type === 'retry.stopped' && event.reason),
    ['not-retryable'],
  );
  assert.deepEqual(attemptErrors(bug), [bug]);
  const first = reset();
  const declined = Object.assign(new Error('card declined'), { status: 402 });
  assert.equal(await clock.run(caught(retry.execute(failing(first, declined).work))), declined);
  assert.deepEqual(attemptErrors(declined), [first, declined]);
});

test('R4 own predicates on error and on result; with attempts used up the last result is returned', async () => {
  const { clock, retry, events } = make({
    retryIf: (error, attempt) => (error as Error).message === 'again' && attempt < 3,
    retryResult: (result) => (result as { status: number }).status === 503,
    maxAttempts: 3,
  });
  const fatal = failing(new Error('again'), new Error('never'));
  assert.match(String(await clock.run(caught(retry.execute(fatal.work as never)))), /never/);
  assert.equal(fatal.calls, 2);
  assert.deepEqual(await clock.run(retry.execute(() => ({ status: 503 }))), { status: 503 });
  const stopped = events.at(-1)!;
  assert.ok(
    stopped.type === 'retry.stopped' && stopped.reason === 'attempts' && stopped.error instanceof UnwantedResultError,
  );
  assert.deepEqual(await retry.execute(() => ({ status: 200 })), { status: 200 });
});

test('R4 a predicate that throws ends the call with its error', async () => {
  const { retry } = make({
    retryIf: () => {
      throw new Error('in predicate');
    },
  });
  assert.match(String(await caught(retry.execute(failing(reset()).work))), /in predicate/);
});

const delays = async (backoff: Backoff, retries: number, seed = 3): Promise<number[]> => {
  const { clock, retry, events } = make({
    backoff,
    maxAttempts: retries + 1,
    budget: false,
    random: createRandom(seed),
  });
  await clock.run(caught(retry.execute(() => Promise.reject(reset()))));
  return events.flatMap((event) => (event.type === 'retry.scheduled' ? [event.delayMs] : []));
};

test('R5 back-off: fixed, linear, exponential, each with its cap', async () => {
  assert.deepEqual(await delays(fixedBackoff({ delayMs: 70, jitter: 'none' }), 3), [70, 70, 70]);
  assert.deepEqual(await delays(linearBackoff({ stepMs: 100, maxMs: 250, jitter: 'none' }), 4), [100, 200, 250, 250]);
  assert.deepEqual(
    await delays(exponentialBackoff({ baseMs: 100, factor: 3, maxMs: 1000, jitter: 'none' }), 4),
    [100, 300, 900, 1000],
  );
});

test('R6 jitter keeps within its range and never vanishes at the cap', async () => {
  const ranges = { full: [0, 400], equal: [200, 400], decorrelated: [100, 400] } as const;
  for (const [jitter, [low, high]] of Object.entries(ranges)) {
    const backoff = exponentialBackoff({ baseMs: 100, maxMs: 400, jitter: jitter as 'full' });
    const seen = (await delays(backoff, 60)).slice(5);
    for (const delay of seen) assert.ok(delay >= low && delay <= high, `${jitter} ${delay}`);
    assert.equal(new Set(seen).size, seen.length, `${jitter}: no two alike`);
    assert.ok(Math.max(...seen) - Math.min(...seen) > (high - low) * 0.7, `${jitter}: uses its range`);
  }
});

test('R6 a thousand attempts do not overflow the delay', async () => {
  const seen = await delays(exponentialBackoff({ baseMs: 1, factor: 10, maxMs: 5, jitter: 'none' }), 400);
  assert.ok(seen.slice(1).every((delay) => delay === 5));
});

test('R7 the deadline of everything: a wait that would pass it is not begun', async () => {
  const { clock, retry } = make({ maxAttempts: 10, budget: false });
  const error = (await clock.run(
    caught(retry.execute(() => Promise.reject(reset()), { deadline: 250 })),
  )) as RetryExhaustedError;
  assert.deepEqual([error.reason, error.attempts, clock.now()], ['deadline', 3, 200]);
});

test('R8 a total timeout ends an attempt under way, a queue, and a wait, with a TimeoutError; errors so far stay reachable', async () => {
  const { clock, retry } = make({ maxAttempts: 10 });
  const chain = compose(createTimeout({ timeoutMs: 250, limit: 'total', clock }), retry);
  const first = reset();
  let deadline = 0;
  let signal: AbortSignal | undefined;
  const call = caught(
    chain.execute((context) => {
      deadline = context.deadline;
      signal = context.signal;
      if (context.attempt === 1) throw first;
      return new Promise(() => undefined);
    }),
  );
  await clock.advance(250);
  const error = (await call) as TimeoutError;
  assert.ok(error instanceof TimeoutError);
  assert.deepEqual([error.kind, deadline, signal!.aborted], ['total', 250, true]);
  assert.deepEqual(attemptErrors(error), [first, error]);
  assert.equal(clock.pendingTimers, 0);
});

test('R9 a limit for each attempt: an attempt that hangs is given up and repeated', async () => {
  const { clock, retry } = make({});
  const chain = compose(retry, createTimeout({ timeoutMs: 50, clock }));
  const signals: AbortSignal[] = [];
  const result = chain.execute((context) => {
    signals.push(context.signal);
    return context.attempt === 1 ? new Promise<string>(() => undefined) : 'second';
  });
  assert.equal(await clock.run(result), 'second');
  assert.equal(clock.now(), 150);
  assert.deepEqual(
    signals.map((signal) => signal.aborted),
    [true, false],
  );
});

test('R10 Retry-After: never earlier than asked, a little later to keep callers apart; all forms', async () => {
  const busy = (after: string): Error =>
    Object.assign(new Error('busy'), { status: 503, headers: { 'retry-after': after } });
  const forms = {
    seconds: '3',
    'IMF-fixdate': 'Thu, 01 Jan 2026 00:00:03 GMT',
    'RFC 850': 'Thursday, 01-Jan-26 00:00:03 GMT',
    asctime: 'Thu Jan  1 00:00:03 2026',
  };
  for (const [form, after] of Object.entries(forms)) {
    const clock = createVirtualClock({ startMs: Date.UTC(2026, 0, 1) });
    const { retry, events } = make({ maxAttempts: 2, clock });
    await clock.run(retry.execute(failing(busy(after)).work));
    const event = events[0]!;
    assert.ok(event.type === 'retry.scheduled' && event.reason === 'retry-after', form);
    assert.ok(event.delayMs >= 3000 && event.delayMs <= 3300, `${form} ${event.delayMs}`);
  }
});

test('R10 a hint past the deadline fails now, with the hint attached', async () => {
  const { clock, retry } = make();
  const busy = Object.assign(new Error('busy'), { status: 429, headers: { 'retry-after': '60' } });
  const error = (await caught(retry.execute(failing(busy).work, { deadline: 5000 }))) as RetryExhaustedError;
  assert.deepEqual([error.reason, error.retryAfterMs, clock.now()], ['retry-after-past-deadline', 60_000, 0]);
});

test('R10 results can carry a hint too', async () => {
  const { clock, retry, events } = make({
    retryResult: (result) => (result as Response).status === 503,
    retryAfterMs: (result) => Number((result as Response).headers.get('retry-after')) * 1000,
    maxAttempts: 2,
  });
  let calls = 0;
  const result = retry.execute(
    () => new Response(null, { status: calls++ === 0 ? 503 : 204, headers: { 'retry-after': '2' } }),
  );
  assert.equal((await clock.run(result)).status, 204);
  assert.ok(clock.now() >= 2000);
  assert.deepEqual(
    events.map((event) => event.type !== 'retry.succeeded' && event.reason),
    ['retry-after', false],
  );
});

test('R11 budget, on by default: with everything failing the load is at most 1.1 times', async () => {
  const { clock, retry } = make();
  let calls = 0;
  const reasons = new Map<string, number>();
  for (let index = 0; index < 500; index++) {
    const work = (): Promise<never> => {
      calls++;
      return Promise.reject(reset());
    };
    const error = (await clock.run(caught(retry.execute(work)))) as RetryExhaustedError;
    reasons.set(error.reason, (reasons.get(error.reason) ?? 0) + 1);
  }
  assert.equal(calls, 510, 'the reserve, once');
  assert.deepEqual(
    [...reasons],
    [
      ['attempts', 5],
      ['budget', 495],
    ],
  );
});

test('R11 budget: with one call in twenty failing, each is repeated', async () => {
  const { clock, retry } = make();
  for (let index = 0; index < 1000; index++) {
    const { work } = index % 20 === 0 ? failing(reset()) : failing();
    assert.equal(await clock.run(retry.execute(work)), 'ok');
  }
  assert.ok(retry.budget!.tokens > 9);
});

test('R11 one budget can serve several policies', async () => {
  const budget = createRetryBudget({ reserve: 1, ratio: 0 });
  const { clock, retry } = make({ budget });
  const other = createRetry({ clock, budget, backoff: steady });
  assert.equal(await clock.run(retry.execute(failing(reset()).work)), 'ok');
  const error = (await caught(other.execute(failing(reset()).work))) as RetryExhaustedError;
  assert.equal(error.reason, 'budget');
});

test('R12 retries within retries are not multiplied, however the failure is wrapped', async () => {
  const { clock, retry: outer, events } = make({ retryIf: () => true });
  const inner = createRetry({ clock, backoff: steady, maxAttempts: 3 });
  let calls = 0;
  const call = outer.execute(async () => {
    try {
      return await inner.execute(() => {
        calls++;
        throw reset();
      });
    } catch (cause) {
      throw new Error('stock service failed', { cause });
    }
  });
  const error = (await clock.run(caught(call))) as Error;
  assert.equal(error.message, 'stock service failed');
  assert.equal(calls, 3);
  assert.deepEqual(
    events.map((event) => event.type === 'retry.stopped' && event.reason),
    ['nested'],
  );
});

test('R13 work that must not be repeated is repeated only when it certainly had no effect', async () => {
  const { clock, retry } = make();
  const unsafe = failing(reset(), reset());
  const error = (await clock.run(caught(retry.execute(unsafe.work, { idempotent: false })))) as RetryExhaustedError;
  assert.deepEqual([error.reason, unsafe.calls], ['not-idempotent', 1]);
  const notReached = failing(refused());
  assert.equal(await clock.run(retry.execute(notReached.work, { idempotent: false })), 'ok');
  assert.equal(notReached.calls, 2);
});

test('R14 a refusal by another policy is not repeated, unless told to', async () => {
  const { clock, retry } = make();
  const breaker = createBreaker({ clock });
  breaker.forceOpen();
  await assert.rejects(
    compose(retry, breaker).execute(() => 1),
    { code: 'BREAKER_OPEN' },
  );
  const bulkhead = createBulkhead({ maxConcurrent: 1, clock });
  void bulkhead.execute(() => clock.sleep(50));
  const patient = make({ retryIf: (error) => (error as { code?: string }).code === 'BULKHEAD_FULL', clock });
  assert.equal(await clock.run(compose(patient.retry, bulkhead).execute(() => 'in')), 'in');
});

test('R15 new options keep the balance of the budget', async () => {
  const { clock, retry } = make({ budget: { reserve: 2, ratio: 0 }, maxAttempts: 2 });
  await clock.run(retry.execute(failing(reset()).work));
  retry.reconfigure({ maxAttempts: 5, backoff: steady });
  assert.equal(retry.budget!.tokens, 1);
  const error = (await clock.run(caught(retry.execute(() => Promise.reject(reset()))))) as RetryExhaustedError;
  assert.deepEqual([error.reason, error.attempts], ['budget', 2]);
  assert.throws(() => retry.reconfigure({ maxAttempts: 0 }), /maxAttempts/);
});

test('known mistake: an aborted back-off neither sleeps on nor calls again', async () => {
  const { clock, retry } = make({ backoff: fixedBackoff({ delayMs: 60_000, jitter: 'none' }) });
  const controller = new AbortController();
  const failed = failing(reset());
  const reason = new Error('shutting down');
  const call = caught(retry.execute(failed.work, { signal: controller.signal }));
  await clock.advance(10);
  controller.abort(reason);
  assert.equal(await call, reason);
  assert.equal(clock.now(), 10);
  await clock.advance(120_000);
  assert.equal(failed.calls, 1);
  assert.equal(clock.pendingTimers, 0);
});

test('known mistake: a delay beyond 2^31 ms does not fire at once', async () => {
  const days = 40 * 24 * 3600 * 1000;
  const { clock, retry } = make({ backoff: fixedBackoff({ delayMs: days, jitter: 'none' }) });
  const failed = failing(reset());
  const call = retry.execute(failed.work);
  await clock.advance(days - 1);
  assert.equal(failed.calls, 1);
  await clock.advance(1);
  assert.equal(await call, 'ok');
});

test('known mistake: a streamed body is not broken by a signal aborted after success', async () => {
  const { clock, retry } = make({});
  const within = createTimeout({ timeoutMs: 100, clock });
  const chain = compose(createTimeout({ timeoutMs: 500, limit: 'total', clock }), retry, within);
  const stream = await chain.execute(({ signal }) => {
    return new ReadableStream({
      async pull(controller) {
        await clock.sleep(300);
        if (signal.aborted) controller.error(signal.reason);
        else controller.enqueue('chunk');
      },
    });
  });
  const reader = stream.getReader();
  assert.equal((await clock.run(reader.read())).value, 'chunk');
  assert.equal((await clock.run(reader.read())).value, 'chunk');
  assert.ok(clock.now() >= 600);
});

test('retry, bulkhead, breaker and timeout together: the same trace twice', async () => {
  const trace = async (): Promise<string[]> => {
    const clock = createVirtualClock();
    const random = createRandom('trace');
    const chance = createRandom('chance');
    const chain = compose(
      createRetry({ clock, random }),
      createBulkhead({ maxConcurrent: 3, maxQueue: 5, maxWaitMs: 40, clock }),
      createBreaker({ clock, random, window: countWindow(20), minimumCalls: 10, openMs: 200 }),
      createTimeout({ timeoutMs: 30, clock }),
    );
    const lines: string[] = [];
    chain.on((event) => lines.push(`${clock.now().toFixed(3)} ${JSON.stringify(event)}`));
    const calls = Array.from({ length: 200 }, async (_, index) => {
      await clock.sleep(index * 4);
      return chain.execute(async () => {
        await clock.sleep(chance() * 40);
        if (chance() < 0.4) throw reset();
        return index;
      });
    });
    const outcomes = await clock.run(Promise.allSettled(calls));
    return [...lines, JSON.stringify(outcomes)];
  };
  const first = await trace();
  assert.deepEqual(await trace(), first);
  assert.ok(first.length > 100);
});
