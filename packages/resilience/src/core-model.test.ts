// Any chain of the core policies, any work, callers that give up at any moment: what must hold whatever happens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock } from '@breakwater/testing';
import {
  type CallContext,
  compose,
  cooperative,
  createBreaker,
  createBulkhead,
  createRetry,
  createTimeout,
  type Policy,
} from './index.ts';

const SEEDS = 40;
const CALLS = 12;

/** Counts the listeners on a signal. */
function watched(signal: AbortSignal): { readonly signal: AbortSignal; readonly left: () => number } {
  let left = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>): void => {
    left++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>): void => {
    left--;
    removeEventListener.apply(signal, args);
  };
  return { signal, left: () => left };
}

async function runSeed(seed: number): Promise<void> {
  const random = createRandom(seed);
  const clock = createVirtualClock();
  const upTo = (max: number): number => Math.floor(random() * max);
  const slots = 1 + upTo(3);
  const bulkhead = createBulkhead({ maxConcurrent: slots, maxQueue: upTo(6), maxWaitMs: 1 + upTo(60), clock });
  const breaker = createBreaker({ consecutiveFailures: 1 + upTo(3), openMs: 20, probes: 1 + upTo(2), clock, random });
  const timeout = createTimeout({ timeoutMs: 1 + upTo(40), clock });
  const retry = createRetry({ maxAttempts: 1 + upTo(4), clock, random });
  const alone = random() < 0.2;
  const parts: Policy[] = [
    bulkhead,
    breaker,
    alone ? cooperative(timeout) : timeout,
    createTimeout({ timeoutMs: 50 + upTo(100), limit: 'total', clock }),
    retry,
  ];
  const order = parts.map((part) => [random(), part] as const).sort(([a], [b]) => a - b);
  const chain = compose(...order.slice(upTo(4)).map(([, part]) => part));
  // A slot outside of the retry is that of a call: an attempt that was given up may go on beside the next one in it.
  const at = (policy: Policy): number => chain.policies.indexOf(policy);
  const most = at(bulkhead) >= 0 ? slots : Number.POSITIVE_INFINITY;
  const perCall = at(bulkhead) < at(retry);
  const inside: unknown[] = [];
  let tooMany = false;
  const answered: AbortSignal[] = [];

  async function work(context: CallContext): Promise<number> {
    const { signal, key } = context;
    inside.push(key);
    tooMany ||= (perCall ? new Set(inside).size : inside.length) > most;
    try {
      const sleeps = random() < 0.8;
      if (sleeps) await clock.sleep(upTo(60), random() < 0.5 ? {} : { signal });
      if (random() < 0.4) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      if (sleeps && !signal.aborted) answered.push(signal);
      return context.attempt;
    } finally {
      inside.splice(inside.indexOf(key), 1);
    }
  }

  const calls: Promise<unknown>[] = [];
  const left: (() => number)[] = [];
  for (let index = 0; index < CALLS; index++) {
    const controller = new AbortController();
    const caller = watched(controller.signal);
    const { signal } = caller;
    left.push(caller.left);
    const deadline = random() < 0.3 ? clock.now() + upTo(80) - 10 : undefined;
    const call = chain.execute(work, { key: `${index}`, ...(random() < 0.9 ? { signal, deadline } : {}) });
    calls.push(call.catch((error: unknown) => error));
    if (random() < 0.2) controller.abort(new Error(`caller ${index}`));
    else if (random() < 0.5) clock.setTimer(() => controller.abort(new Error(`caller ${index}`)), upTo(90));
    if (random() < 0.4) await clock.advance(upTo(15));
    if (random() < 0.05) breaker.reset();
    if (random() < 0.05) bulkhead.reconfigure({ maxConcurrent: 1 + upTo(slots), maxQueue: upTo(6), clock });
  }
  await clock.advance(10_000);
  // Every call is answered: what is not would be waited for here, for ever.
  await Promise.all(calls);
  assert.equal(tooMany, false, chain.name);
  assert.deepEqual([inside, bulkhead.active, bulkhead.queued, clock.pendingTimers], [[], 0, 0, 0], 'nothing is left');
  assert.deepEqual(new Set(left.map((count) => count())), new Set([0]), 'listeners are removed');
  assert.ok(
    answered.every((signal) => !signal.aborted),
    'no signal is aborted after the attempt has ended',
  );
}

test('C1 C2 C3 P2 P4 P7 K1 model: any chain, any work, callers that give up at any moment', async () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    try {
      await runSeed(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
