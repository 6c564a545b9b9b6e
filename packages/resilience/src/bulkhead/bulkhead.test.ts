import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import fc from 'fast-check';
import {
  type BulkheadEvent,
  compose,
  createBreaker,
  createBulkhead,
  createRetry,
  fairQueue,
  fixedBackoff,
} from '../index.ts';

test('K1 at most maxConcurrent at a time; beyond that and the queue, refused at once with the reason', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({ maxConcurrent: 2, maxQueue: 1, clock, name: 'db' });
  const events: string[] = [];
  bulkhead.on((event: BulkheadEvent) => events.push(event.type));
  let most = 0;
  let now = 0;
  const call = (): Promise<unknown> =>
    bulkhead
      .execute(async () => {
        most = Math.max(most, ++now);
        await clock.sleep(10);
        now--;
        return 'done';
      })
      .catch((error: { reason: string }) => error.reason);
  const calls = [call(), call(), call(), call()];
  assert.deepEqual([bulkhead.active, bulkhead.queued], [2, 1]);
  await clock.advance(20);
  assert.deepEqual(await Promise.all(calls), ['done', 'done', 'done', 'queue-full']);
  assert.equal(most, 2);
  assert.deepEqual(events, ['bulkhead.queued', 'bulkhead.rejected', 'bulkhead.admitted']);
});

test('K2 a queued call gives up after the longest wait, or at its deadline, and is told which', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({ maxConcurrent: 1, maxQueue: 5, maxWaitMs: 100, clock });
  void bulkhead.execute(() => clock.sleep(1000));
  const at = (error: { reason: string }): string => `${error.reason}@${clock.now()}`;
  const a = bulkhead.execute(() => 1).catch(at);
  const b = bulkhead.execute(() => 1, { deadline: 40 }).catch(at);
  const c = bulkhead.execute(() => 1, { deadline: 0 }).catch(at);
  await clock.advance(1000);
  assert.deepEqual([await a, await b, await c], ['wait-limit@100', 'deadline@40', 'deadline@0']);
  assert.deepEqual([bulkhead.active, bulkhead.queued, clock.pendingTimers], [0, 0, 0]);
});

test('K3 a call that gives up in the queue leaves it, and its place is free', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({ maxConcurrent: 1, maxQueue: 1, clock });
  void bulkhead.execute(() => clock.sleep(100));
  const controller = new AbortController();
  let ran = false;
  const queued = bulkhead.execute(
    () => {
      ran = true;
    },
    { signal: controller.signal },
  );
  const failed = assert.rejects(queued, { name: 'AbortError' });
  controller.abort();
  await failed;
  const next = bulkhead.execute(() => 'next');
  await clock.advance(100);
  assert.equal(await next, 'next');
  assert.equal(ran, false);
});

test('K4 higher priority goes first, and a waiting call is passed over at most starvationLimit times', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({ maxConcurrent: 1, maxQueue: 100, order: fairQueue({ starvationLimit: 3 }), clock });
  const order: string[] = [];
  const call = (name: string, priority: number): Promise<unknown> =>
    bulkhead.execute(
      () => {
        order.push(name);
        return clock.sleep(1);
      },
      { priority },
    );
  const calls = [call('first', 0), call('low1', -1), call('low2', -1), call('normal', 0)];
  for (let index = 1; index <= 8; index++) calls.push(call(`high${index}`, 5));
  await clock.advance(100);
  await Promise.all(calls);
  assert.deepEqual(order, [
    'first',
    'high1',
    'high2',
    'high3',
    'normal',
    'low1',
    'high4',
    'high5',
    'high6',
    'low2',
    'high7',
    'high8',
  ]);
});

test('K5 fair by key: a busy key delays itself only, and cannot fill the queue for others', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({
    maxConcurrent: 1,
    maxQueue: 10,
    order: fairQueue({ byKey: true, maxPerKey: 4 }),
    clock,
  });
  const order: string[] = [];
  const call = (key: string): Promise<unknown> =>
    bulkhead
      .execute(
        () => {
          order.push(key);
          return clock.sleep(1);
        },
        { key },
      )
      .catch((error: { reason: string }) => error.reason);
  const busy = Array.from({ length: 8 }, () => call('busy'));
  const others = [call('b'), call('c')];
  await clock.advance(100);
  assert.deepEqual((await Promise.all(busy)).slice(5), ['key-full', 'key-full', 'key-full']);
  await Promise.all(others);
  assert.deepEqual(order, ['busy', 'busy', 'b', 'c', 'busy', 'busy', 'busy']);
});

test('K6 ten thousand queued calls that end at once do not grow the stack', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({ maxConcurrent: 1, maxQueue: 10_000, clock });
  const gate = Promise.withResolvers<void>();
  const first = bulkhead.execute(() => gate.promise);
  const calls = Array.from({ length: 10_000 }, (_, index) => bulkhead.execute(() => index));
  gate.resolve();
  await first;
  assert.equal((await Promise.all(calls)).at(-1), 9999);
  assert.deepEqual([bulkhead.active, bulkhead.queued], [0, 0]);
});

test('K7 new options: more slots serve those who wait; fewer are reached as calls end', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({ maxConcurrent: 1, maxQueue: 10, clock });
  const calls = Array.from({ length: 6 }, () => bulkhead.execute(() => clock.sleep(10)));
  bulkhead.reconfigure({ maxConcurrent: 4, maxQueue: 10 });
  assert.deepEqual([bulkhead.active, bulkhead.queued], [4, 2]);
  bulkhead.reconfigure({ maxConcurrent: 1, maxQueue: 10 });
  await clock.advance(10);
  assert.deepEqual([bulkhead.active, bulkhead.queued], [1, 1]);
  await clock.advance(20);
  await Promise.all(calls);
  assert.throws(() => bulkhead.reconfigure({ maxConcurrent: 0 }), /maxConcurrent/);
});

test('C2 inside a retry, a slot is free during the back-off', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({ maxConcurrent: 1, clock });
  const retry = createRetry({ clock, backoff: fixedBackoff({ delayMs: 100, jitter: 'none' }) });
  let calls = 0;
  const result = compose(retry, bulkhead).execute(() => {
    if (++calls === 1) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    return 'ok';
  });
  await clock.settle();
  assert.equal(bulkhead.active, 0);
  assert.equal(await bulkhead.execute(() => 'other'), 'other');
  await clock.advance(100);
  assert.equal(await result, 'ok');
});

test('C2 a call that the work has made and not waited for keeps the slot; the answer is there, and gates that do not hold are left', async () => {
  const clock = createVirtualClock();
  const bulkhead = createBulkhead({ maxConcurrent: 1, maxQueue: 1, clock });
  const breaker = createBreaker({ consecutiveFailures: 1, clock });
  const inner = createRetry({ clock });
  const background: Promise<unknown>[] = [];
  const failed = compose(breaker, bulkhead).execute((context) => {
    background.push(inner.execute(() => clock.sleep(100), context));
    throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  });
  await assert.rejects(failed, /reset/);
  assert.deepEqual([breaker.state, bulkhead.active], ['open', 1]);
  const next = bulkhead.execute(() => clock.now());
  await clock.advance(100);
  assert.equal(await next, 100);
  await Promise.all(background);
  assert.deepEqual([bulkhead.active, clock.pendingTimers], [0, 0]);
});

test('K1 K8 model: no lost slot, never too many, an accepted caller is never overtaken or dropped', async () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('call' as const), priority: fc.constantFrom(0, 0, 1) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('end' as const, 'fail' as const), which: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('abort' as const), which: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('resize' as const), to: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 50) }) },
  );
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 15, maxLength: 60, size: 'max' }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 6 }),
    fc.boolean(),
    async (steps, max, maxQueue, fair) => {
      const clock = createVirtualClock();
      const options = { maxQueue, order: fair ? fairQueue({ starvationLimit: 2 }) : undefined, clock };
      const bulkhead = createBulkhead({ maxConcurrent: max, ...options });
      let limit = max;
      let id = 0;
      const running = new Map<number, PromiseWithResolvers<void>>();
      const waiting: { id: number; priority: number; abort: AbortController }[] = [];
      const aborts = new Map<number, AbortController>();
      const settled = new Set<number>();
      let refused = 0;
      for (const now of steps) {
        if (now.do === 'call') {
          const me = id++;
          const abort = new AbortController();
          aborts.set(me, abort);
          const wasFull = bulkhead.queued >= maxQueue && bulkhead.active >= limit;
          const call = bulkhead.execute(
            () => {
              const at = waiting.findIndex((other) => other.id === me);
              if (at !== -1) {
                const earlier = waiting.slice(0, at).filter((other) => other.priority === now.priority);
                assert.deepEqual(earlier, [], 'overtaken');
                waiting.splice(at, 1);
              } else {
                assert.equal(waiting.length, 0, 'passed those who wait');
              }
              const work = Promise.withResolvers<void>();
              running.set(me, work);
              assert.ok(running.size <= Math.max(limit, running.size - 1), 'too many');
              return work.promise;
            },
            { priority: now.priority, signal: abort.signal },
          );
          if (!running.has(me) && !wasFull) waiting.push({ id: me, priority: now.priority, abort });
          call.then(
            () => settled.add(me),
            (error: { code?: string }) => {
              settled.add(me);
              if (error.code === 'BULKHEAD_FULL') {
                refused++;
                assert.ok(wasFull, 'refused with room');
              }
            },
          );
        } else if (now.do === 'resize') {
          limit = now.to;
          bulkhead.reconfigure({ maxConcurrent: limit, ...options });
        } else if (now.do === 'wait') {
          await clock.advance(now.ms);
        } else if (now.do === 'abort') {
          const all = [...aborts.keys()].filter((key) => !settled.has(key));
          const key = all[now.which % Math.max(1, all.length)];
          if (key !== undefined) {
            const at = waiting.findIndex((other) => other.id === key);
            if (at !== -1) waiting.splice(at, 1);
            aborts.get(key)!.abort();
          }
        } else if (running.size > 0) {
          const key = [...running.keys()][now.which % running.size]!;
          const work = running.get(key)!;
          running.delete(key);
          if (now.do === 'end') work.resolve();
          else work.reject(new Error('work failed'));
        }
        await clock.settle();
        assert.equal(bulkhead.active, running.size, 'a slot is held until the work ends, and not longer');
        assert.equal(bulkhead.queued, waiting.length);
        if (waiting.length > 0) assert.ok(bulkhead.active >= limit, 'waits with a free slot');
      }
      while (running.size > 0) {
        for (const work of running.values()) work.resolve();
        running.clear();
        await clock.settle();
      }
      assert.deepEqual([bulkhead.active, bulkhead.queued], [0, 0]);
      assert.equal(settled.size, id, `everyone is answered (${refused} refused)`);
    },
  );
  await fc.assert(property, { numRuns: 120, seed: 20261125 });
});
