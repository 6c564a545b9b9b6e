import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import {
  type CallOptions,
  compose,
  createBreaker,
  createBulkhead,
  createRetry,
  createTimeout,
  fixedBackoff,
  type Policy,
  pipeline,
  run,
  systemClock,
  toPlan,
  type Work,
  withContext,
} from './index.ts';

/** A policy of one's own, which knows nothing of gates. */
function marking(name: string, trace: string[]): Policy {
  const plan = toPlan({ name, clock: systemClock });
  return {
    kind: 'marking',
    name,
    async execute<T>(work: Work<T>, options?: CallOptions): Promise<T> {
      trace.push(`>${name}`);
      try {
        return await run(plan, work, options);
      } finally {
        trace.push(`<${name}`);
      }
    },
    on: () => () => undefined,
  };
}

test('C1 C4 the first policy is the outermost; policies of any shape can be mixed with fused ones', async () => {
  const clock = createVirtualClock();
  const trace: string[] = [];
  const chain = compose(
    marking('a', trace),
    createRetry({ clock }),
    marking('b', trace),
    createTimeout({ timeoutMs: 10, clock }),
    marking('c', trace),
  );
  const result = await chain.execute(() => {
    trace.push('work');
    return 7;
  });
  assert.equal(result, 7);
  assert.deepEqual(trace, ['>a', '>b', '>c', 'work', '<c', '<b', '<a']);
});

test('C4 chains within chains are flattened, and two retries are still seen', () => {
  const clock = createVirtualClock();
  const inner = compose(createRetry({ clock }), createTimeout({ timeoutMs: 10, clock }));
  assert.deepEqual(
    compose(createBulkhead({ maxConcurrent: 1, clock }), inner).policies.map((policy) => policy.kind),
    ['bulkhead', 'retry', 'timeout'],
  );
  assert.throws(() => compose(createRetry({ clock }), inner), /at most one retry/);
});

test('C5 a pipeline has its documented order, however it is written', () => {
  const clock = createVirtualClock();
  const chain = pipeline({
    name: 'payments',
    timeout: createTimeout({ timeoutMs: 10, clock }),
    breaker: createBreaker({ clock }),
    bulkhead: createBulkhead({ maxConcurrent: 1, clock }),
    retry: createRetry({ clock }),
    totalTimeout: createTimeout({ timeoutMs: 100, clock, limit: 'total' }),
    cache: undefined,
  });
  assert.deepEqual(
    chain.policies.map((policy) => policy.kind),
    ['timeout', 'retry', 'bulkhead', 'breaker', 'timeout'],
  );
  assert.equal(chain.name, 'payments');
});

test('C6 a total timeout outside of a retry ends the attempt and a queue, and no back-off is begun that would pass it', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({ maxConcurrent: 1, maxQueue: 1, clock });
  const retry = createRetry({
    clock,
    backoff: fixedBackoff({ delayMs: 80, jitter: 'none' }),
    retryIf: () => true,
    maxAttempts: 9,
    budget: false,
  });
  const chain = pipeline({ totalTimeout: createTimeout({ timeoutMs: 100, clock, limit: 'total' }), retry, bulkhead });
  const ends = async (work: Work<unknown>): Promise<unknown> => {
    const start = clock.now();
    return chain
      .execute(work)
      .catch((error: Error & { kind: string }) => `${error.name} ${error.kind} ${clock.now() - start}`);
  };
  let calls = 0;
  let aborted: unknown;
  const attempt = ends(
    ({ signal }) => new Promise(() => signal.addEventListener('abort', () => (aborted = signal.reason))),
  );
  await clock.advance(100);
  assert.equal(await attempt, 'TimeoutError total 100');
  assert.equal((aborted as Error).name, 'TimeoutError');
  assert.equal(bulkhead.active, 1, 'the deaf work goes on and holds its slot');
  const queued = ends(() => calls++);
  await clock.advance(100);
  assert.equal(await queued, 'TimeoutError total 100');
  assert.deepEqual([calls, bulkhead.queued], [0, 0]);
  const free = pipeline({ totalTimeout: createTimeout({ timeoutMs: 100, clock, limit: 'total' }), retry });
  const backoff = free.execute(() => {
    calls++;
    throw new Error('again');
  });
  const failed = backoff.catch((error: Error & { reason: string }) => `${error.name} ${error.reason}`);
  await clock.advance(1000);
  assert.equal(await failed, 'RetryExhaustedError deadline');
  assert.equal(calls, 2, 'at 0 and 80 ms, and none after');
  assert.equal(clock.pendingTimers, 0);
});

test('C7 the context carries operation, correlation, key, deadline and attempt through every layer', async () => {
  const clock = createVirtualClock();
  const inner = compose(createBulkhead({ maxConcurrent: 1, clock }), createTimeout({ timeoutMs: 500, clock }));
  const outer = pipeline({
    totalTimeout: createTimeout({ timeoutMs: 900, clock }),
    retry: createRetry({ clock, retryIf: () => true }),
    breaker: createBreaker({ clock }),
  });
  const result = outer.execute(
    (context) =>
      inner.execute((deep) => {
        if (deep.attempt === 1) throw new Error('first');
        return [
          deep.operation,
          deep.correlationId,
          deep.key,
          deep.priority,
          deep.idempotent,
          deep.attempt,
          deep.deadline,
        ];
      }, context),
    { operation: 'charge', correlationId: 'c-1', key: 'tenant', priority: 2, idempotent: true, deadline: 800 },
  );
  const seen = await clock.run(result);
  assert.deepEqual(seen.slice(0, 6), ['charge', 'c-1', 'tenant', 2, true, 2]);
  assert.ok((seen[6] as number) <= 800);
});

test('C7 withContext changes what it is told to and keeps the tie to the outer call', async () => {
  const clock = createVirtualClock();
  const inner = createBreaker({ clock });
  const extra = new AbortController();
  const seen: unknown[] = [];
  const nested = (signal?: AbortSignal): Promise<unknown> =>
    createTimeout({ timeoutMs: 100, clock }).execute(
      (context) =>
        inner.execute(
          (deep) => {
            seen.push(deep.operation, deep.correlationId, deep.deadline - clock.now());
            return clock.sleep(1000, { signal: deep.signal });
          },
          withContext(context, { operation: 'inner', signal }),
        ),
      { operation: 'outer', correlationId: 'c-1' },
    );
  const timedOut = nested().catch((error: Error) => error.name);
  await clock.advance(100);
  assert.equal(await timedOut, 'TimeoutError');
  const aborted = nested(extra.signal).catch((error: Error) => error.message);
  await clock.advance(10);
  extra.abort(new Error('only the inner one'));
  assert.equal(await aborted, 'only the inner one');
  assert.deepEqual(seen, ['inner', 'c-1', 100, 'inner', 'c-1', 100]);
  await clock.advance(1000);
});

test('P1 options of a wrong kind reject, they do not throw', async () => {
  const clock = createVirtualClock();
  const policy = createBreaker({ clock });
  const spread = policy.execute((context) => policy.execute(() => 1, { ...context }));
  await assert.rejects(spread, /withContext/);
  await assert.rejects(
    policy.execute(() => 1, { signal: {} as never }),
    TypeError,
  );
  await assert.rejects(
    policy.execute(() => 1, 'no' as never),
    TypeError,
  );
  await assert.rejects(policy.execute('no' as never), TypeError);
  assert.equal(await policy.execute(() => 1, null as never).catch(() => 'rejected'), 'rejected');
  assert.equal(await policy.execute(() => 2), 2);
});

test('P4 nested by hand, the outer one giving up ends the inner one without a signal being made', async () => {
  const clock = createVirtualClock();
  const breaker = createBreaker({ clock, consecutiveFailures: 1 });
  const bulkhead = createBulkhead({ maxConcurrent: 1, maxQueue: 1, clock });
  void bulkhead.execute(() => clock.sleep(1000));
  const outer = createTimeout({ timeoutMs: 100, clock });
  const call = outer
    .execute((context) => breaker.execute((deep) => bulkhead.execute(() => 1, deep), context))
    .catch((error: Error) => error.name);
  await clock.advance(100);
  assert.equal(await call, 'TimeoutError');
  assert.equal(bulkhead.queued, 0);
  await clock.advance(1000);
});

test('P3 several calls made with one context are all given up with it', async () => {
  const clock = createVirtualClock();
  const inner = createBreaker({ clock });
  const reasons: unknown[] = [];
  const call = createTimeout({ timeoutMs: 50, clock }).execute((context) =>
    Promise.all(
      [1, 2, 3].map((index) =>
        inner
          .execute(({ signal }) => (index === 1 ? Promise.resolve() : clock.sleep(1000, { signal })), context)
          .catch((reason: unknown) => {
            reasons.push(reason);
            throw reason;
          }),
      ),
    ),
  );
  const failed = call.catch((error: unknown) => error);
  await clock.advance(50);
  const error = await failed;
  await clock.settle();
  assert.deepEqual(reasons, [error, error]);
});

test('P9 a listener that aborts the call while it is let in leaks no slot', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({ maxConcurrent: 1, clock });
  const breaker = createBreaker({ clock, consecutiveFailures: 1 });
  breaker.forceOpen(10);
  await clock.advance(10);
  const controller = new AbortController();
  breaker.on(() => controller.abort(new Error('from a listener')));
  let ran = false;
  const call = compose(bulkhead, breaker).execute(
    () => {
      ran = true;
    },
    { signal: controller.signal },
  );
  await assert.rejects(call, /from a listener/);
  assert.equal(ran, false);
  assert.equal(bulkhead.active, 0);
  assert.equal(await breaker.execute(() => 'the permit is free'), 'the permit is free');
});

test('on listens to all members, and stops listening to all', async () => {
  const clock = createVirtualClock();
  const breaker = createBreaker({ clock });
  const chain = compose(createRetry({ clock }), breaker, createBulkhead({ maxConcurrent: 1, clock }));
  const types: string[] = [];
  const remove = chain.on((event) => types.push(event.type));
  breaker.forceOpen();
  await assert.rejects(chain.execute(() => 1));
  remove();
  breaker.reset();
  assert.deepEqual(types, ['breaker.opened', 'breaker.rejected', 'retry.stopped']);
});
