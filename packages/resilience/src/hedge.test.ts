import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import { type CallContext, compose, createBreaker, createHedge, createRetryBudget, type HedgeEvent } from './index.ts';

test('H1 a second call after the delay; the first answer wins, and the loser is aborted', async () => {
  const clock = createVirtualClock();
  const hedge = createHedge({ delayMs: 50, clock });
  const events: string[] = [];
  hedge.on((event: HedgeEvent) => events.push(event.type));
  const contexts: CallContext[] = [];
  const work = async (context: CallContext): Promise<string> => {
    contexts.push(context);
    const first = contexts.length === 1;
    const { signal } = context;
    await clock.sleep(first ? 1000 : 10, { signal });
    return first ? 'slow' : 'fast';
  };
  assert.equal(await clock.run(hedge.execute(work)), 'fast');
  assert.equal(clock.now(), 60);
  assert.deepEqual(
    contexts.map(({ signal }) => signal.aborted),
    [true, false],
  );
  const { name, message } = contexts[0]!.signal.reason as Error;
  assert.deepEqual([name, message], ['AbortError', 'Another call was quicker']);
  assert.deepEqual(events, ['hedge.started', 'hedge.won']);
  await clock.settle();
  assert.equal(clock.pendingTimers, 0);
});

test('H2 the delay follows the latency quantile, and slow calls given up do not make it shrink', async () => {
  const clock = createVirtualClock();
  const hedge = createHedge({ quantile: 0.9, minimumSamples: 20, budget: false, clock });
  assert.equal(hedge.currentDelayMs, undefined);
  for (let index = 0; index < 300; index++) {
    const slow = index % 5 === 0;
    let calls = 0;
    // In one call of five the first is slow, and its hedge quick.
    await clock.run(hedge.execute(() => clock.sleep(slow && calls++ === 0 ? 500 : 20)));
  }
  assert.ok(hedge.currentDelayMs! >= 22 && hedge.currentDelayMs! <= 700, `${hedge.currentDelayMs}`);
});

test('H2 failures are not taken for quick answers while too little is known', async () => {
  const clock = createVirtualClock();
  const hedge = createHedge({ minimumSamples: 20, clock });
  for (let index = 0; index < 100; index++) {
    await assert.rejects(hedge.execute(() => Promise.reject(new Error('refused at once'))));
  }
  assert.equal(hedge.currentDelayMs, undefined);
});

test('H3 extra calls draw on a budget, which can be that of a retry', async () => {
  const clock = createVirtualClock();
  const budget = createRetryBudget({ ratio: 0.1, reserve: 2 });
  const hedge = createHedge({ delayMs: 10, maxHedges: 1, budget, clock });
  const skipped: string[] = [];
  hedge.on((event) => event.type === 'hedge.skipped' && skipped.push(event.reason));
  let calls = 0;
  for (let index = 0; index < 20; index++) {
    await clock.run(
      hedge.execute(() => {
        calls++;
        return clock.sleep(100);
      }),
    );
  }
  assert.equal(calls, 20 + 2 + 1);
  assert.equal(skipped.length, 17);
});

test('H4 the loser is neither success nor failure to a breaker inside', async () => {
  const clock = createVirtualClock();
  const breaker = createBreaker({ consecutiveFailures: 1, openMs: 100, clock });
  const chain = compose(createHedge({ delayMs: 10, clock }), breaker);
  let calls = 0;
  const work = ({ signal }: CallContext): Promise<void> => clock.sleep(calls++ === 0 ? 1000 : 5, { signal });
  await clock.run(chain.execute(work));
  await clock.settle();
  assert.equal(breaker.state, 'closed');
});

test('H5 a failure before the delay is the outcome; after it, the other call may still answer', async () => {
  const clock = createVirtualClock();
  const hedge = createHedge({ delayMs: 50, clock });
  const fail = (ms: number) => clock.sleep(ms).then(() => Promise.reject(new Error(`failed after ${ms}`)));
  await assert.rejects(clock.run(hedge.execute(() => fail(10))), /failed after 10/);
  let calls = 0;
  assert.equal(
    await clock.run(hedge.execute(() => (calls++ === 0 ? fail(60) : clock.sleep(100).then(() => 'second')))),
    'second',
  );
  await assert.rejects(clock.run(hedge.execute(() => fail(60))), /failed after 60/);
});

test('H6 calls that must not be repeated are not hedged; a caller who gives up ends both; nothing is left behind', async () => {
  const clock = createVirtualClock();
  const hedge = createHedge({ delayMs: 10, maxHedges: 1, clock });
  let calls = 0;
  const once = hedge.execute(
    () => {
      calls++;
      return clock.sleep(100);
    },
    { idempotent: false },
  );
  await clock.run(once);
  assert.equal(calls, 1);
  const controller = new AbortController();
  const signals: AbortSignal[] = [];
  const given = hedge.execute(
    ({ signal }) => {
      signals.push(signal);
      return clock.sleep(1000, { signal });
    },
    { signal: controller.signal },
  );
  const ended = assert.rejects(given, { message: 'enough' });
  await clock.advance(20);
  assert.equal(signals.length, 2);
  controller.abort(new Error('enough'));
  await ended;
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true],
  );
  await clock.settle();
  assert.equal(clock.pendingTimers, 0);
});

test('H7 where the first extra call is slow too, one more follows, after the same delay', async () => {
  const clock = createVirtualClock();
  const hedge = createHedge({ delayMs: 10, clock });
  const lengths = [1000, 500, 5];
  const startedAt: number[] = [];
  const answer = hedge.execute(async ({ signal }) => {
    startedAt.push(clock.now());
    const index = startedAt.length - 1;
    await clock.sleep(lengths[index]!, { signal });
    return index;
  });
  assert.equal(await clock.run(answer), 2);
  assert.deepEqual([clock.now(), startedAt], [25, [0, 10, 20]]);
});
