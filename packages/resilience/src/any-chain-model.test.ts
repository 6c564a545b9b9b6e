// Any chain of all policies, any work, callers that give up at any moment: what must hold whatever happens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock } from '@breakwater/testing';
import { createChaos } from './chaos.ts';
import {
  type CallContext,
  compose,
  createAdaptiveConcurrency,
  createBreaker,
  createBulkhead,
  createCache,
  createCoalesce,
  createFallback,
  createHedge,
  createLoadShed,
  createProviderPool,
  createRateLimit,
  createRetry,
  createThrottle,
  createTimeout,
  fairQueue,
  isRejection,
  type Policy,
} from './index.ts';
import { createRedisRateLimit, type RedisLike } from './redis.ts';

const SEEDS = 80;
const CALLS = 14;
const KNOWN = ['ECONNRESET', 'ECONNREFUSED', 'TIMEOUT', 'RETRY_EXHAUSTED'];

/** Counts the listeners on a signal. */
function watch(signal: AbortSignal): () => number {
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
  return () => left;
}

async function runSeed(seed: number): Promise<void> {
  const random = createRandom(seed);
  const clock = createVirtualClock();
  const upTo = (max: number): number => Math.floor(random() * max);
  const coalesce = createCoalesce({ clock });
  const shed = createLoadShed({ maxConcurrent: 1 + upTo(3), maxQueue: upTo(5), intervalMs: 1 + upTo(40), clock });
  const adaptive = createAdaptiveConcurrency({ initialLimit: 2 + upTo(4), minLimit: 2, windowMs: 5, clock, random });
  const bulkhead = createBulkhead({ maxConcurrent: 1 + upTo(3), maxQueue: upTo(5), order: fairQueue(), clock });
  const cache = createCache({ ttlMs: 1 + upTo(30), staleWhileRevalidateMs: upTo(30), staleIfErrorMs: 20, clock });
  const hedge = createHedge({ delayMs: 1 + upTo(20), maxHedges: 1 + upTo(3), budget: { reserve: 5 }, clock });
  const redis: RedisLike = {
    eval: async () => {
      await clock.sleep(upTo(20));
      if (random() < 0.2) throw new Error('redis is down');
      return [upTo(4) > 0 ? 1 : 0, 1, '20', '5'];
    },
  };
  const parts: Policy[] = [
    createFallback({ steps: [{ cache }, { use: () => clock.sleep(upTo(30)).then(() => -1) }], clock }),
    cache,
    coalesce,
    createTimeout({ timeoutMs: 50 + upTo(100), limit: 'total', clock }),
    createRetry({ maxAttempts: 1 + upTo(4), clock, random }),
    createThrottle({ minimumCalls: 5, clock, random }),
    shed,
    createRateLimit({ limit: 5, windowMs: 20, clock }),
    createRedisRateLimit({ redis, limit: 5, windowMs: 20, timeoutMs: 10, pauseMs: 15, clock }),
    hedge,
    adaptive,
    bulkhead,
    createBreaker({ consecutiveFailures: 2 + upTo(3), openMs: 20, clock, random }),
    createTimeout({ timeoutMs: 1 + upTo(40), clock }),
    createChaos({
      enabled: true,
      rules: [
        { kind: 'latency', rate: 0.2, delayMs: 10 },
        { kind: 'abort', rate: 0.1, afterMs: 5 },
        { kind: 'error', rate: 0.1 },
      ],
      clock,
      random,
    }),
  ];
  const order = parts.map((part) => [random(), part] as const).sort(([a], [b]) => a - b);
  const chain = compose(...order.slice(upTo(parts.length - 1)).map(([, part]) => part));
  const pool = createProviderPool({ providers: { a: 1, b: 2, c: 3 }, order: 'balanced', clock, random });
  let inside = 0;
  const answered: AbortSignal[] = [];

  async function work(context: CallContext): Promise<number> {
    const { signal } = context;
    inside++;
    try {
      const sleeps = random() < 0.8;
      if (sleeps) await clock.sleep(upTo(60), random() < 0.5 ? {} : { signal });
      if (random() < 0.3) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      if (sleeps && !signal.aborted) answered.push(signal);
      return context.attempt;
    } finally {
      inside--;
    }
  }

  const calls: Promise<void>[] = [];
  const listeners: (() => number)[] = [];
  for (let index = 0; index < CALLS; index++) {
    const controller = new AbortController();
    const { signal } = controller;
    listeners.push(watch(signal));
    const reason = new Error(`caller ${index}`);
    const deadline = random() < 0.3 ? clock.now() + upTo(80) - 10 : undefined;
    const key = random() < 0.7 ? `${upTo(3)}` : undefined;
    const priority = upTo(3);
    const options = { key, priority, ...(random() < 0.9 ? { signal, deadline } : {}) };
    const viaPool = random() < 0.3;
    const call = viaPool
      ? pool.call((_provider, context) => chain.execute(work, context), options)
      : chain.execute(work, options);
    let givenUpAt = Number.POSITIVE_INFINITY;
    const giveUp = (): void => {
      if (options.signal) givenUpAt = clock.now();
      controller.abort(reason);
    };
    calls.push(
      call.then(
        (value) => {
          assert.equal(typeof value, 'number');
          assert.ok(clock.now() <= givenUpAt, 'an answer after the caller gave up');
        },
        (error: Error & { code?: string }) => {
          assert.ok(error === reason || isRejection(error) || KNOWN.includes(error.code!), error);
          assert.ok(clock.now() <= givenUpAt, 'a failure after the caller gave up');
        },
      ),
    );
    if (random() < 0.2) giveUp();
    else if (random() < 0.5) clock.setTimer(giveUp, upTo(90));
    if (random() < 0.4) await clock.advance(upTo(15));
    if (random() < 0.05) cache.invalidate({ key });
    if (random() < 0.05) cache.reconfigure({ ttlMs: 1 + upTo(20), maxEntries: 1 + upTo(3) });
    if (random() < 0.1) shed.reconfigure({ maxConcurrent: random() < 0.3 ? adaptive : 1 + upTo(3), maxQueue: upTo(5) });
    if (random() < 0.1) bulkhead.reconfigure({ maxConcurrent: 1 + upTo(3), maxQueue: 5, order: fairQueue() });
    if (random() < 0.1) hedge.reconfigure({ delayMs: 1 + upTo(9) });
    if (random() < 0.1) adaptive.reconfigure({ initialLimit: 1, maxLimit: 1 + upTo(5) });
  }
  await clock.advance(10_000);
  await Promise.all(calls);
  assert.deepEqual(
    [inside, shed.active, shed.queued, adaptive.active, bulkhead.active, bulkhead.queued, coalesce.size],
    [0, 0, 0, 0, 0, 0, 0],
    chain.name,
  );
  assert.deepEqual(
    pool.health.map(({ active }) => active),
    [0, 0, 0],
    chain.name,
  );
  assert.equal(clock.pendingTimers, 0, chain.name);
  assert.deepEqual(new Set(listeners.map((left) => left())), new Set([0]), `${chain.name}: listeners are removed`);
  assert.ok(
    answered.every((signal) => !signal.aborted),
    `${chain.name}: no signal is aborted after the attempt has ended`,
  );
}

test('C1 C2 C3 P1 P2 P4 P7 model: any chain of all policies, any work, callers that give up at any moment', async () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    try {
      await runSeed(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
