import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createVirtualClock } from '@breakwater/testing';
import { type Answer, jsonAnswer } from '../message.ts';
import { createLateEndings } from './late-endings.ts';
import { memoryIdempotencyStore } from './memory-store.ts';
import { redisIdempotencyStore } from './redis-store.ts';

const entry = { fingerprint: 'f', ttlMs: 60_000, leaseMs: 1000, onUnknown: 'refuse' } as const;
const done = async (): Promise<Answer> => jsonAnswer(200, {});

test('H22 room is made without looking at what is under way, however much that is', async () => {
  let asked = 0;
  const store = memoryIdempotencyStore({
    maxKeys: 10,
    now: () => {
      asked++;
      return 0;
    },
  });
  const finish: (() => void)[] = [];
  const running = Array.from({ length: 2000 }, (_, index) =>
    store.execute(
      { ...entry, key: `k${index}` },
      () => new Promise((resolve) => finish.push(() => resolve(jsonAnswer(200, {})))),
    ),
  );
  assert.ok(asked <= 3 * 2000, `${asked} looks at the clock`);
  assert.equal((await store.execute({ ...entry, key: 'k7' }, done)).state, 'busy');
  assert.equal((await store.execute({ ...entry, key: 'k7', fingerprint: 'other' }, done)).state, 'mismatch');
  for (const end of finish) end();
  await Promise.all(running);
  asked = 0;
  assert.equal((await store.execute({ ...entry, key: 'new' }, done)).state, 'done');
  const replayed = await store.execute({ ...entry, key: 'new' }, () => assert.fail('ran again'));
  assert.deepEqual([replayed.state, replayed.state === 'done' && replayed.replayed], ['done', true]);
  // The oldest answers have gone.
  let ran = false;
  await store.execute({ ...entry, key: 'k0' }, async () => {
    ran = true;
    return done();
  });
  assert.ok(ran);
});

/** What the scripts of the store do, for keys of one test. */
function fakeRedis() {
  const keys = new Map<string, { token: string; answer: string | undefined }>();
  const redis = {
    away: false,
    calls: 0,
    async eval(script: string, [key]: string[], args: string[]): Promise<unknown> {
      redis.calls++;
      if (redis.away) throw Object.assign(new Error('redis is away'), { code: 'ECONNRESET' });
      const known = keys.get(key!);
      if (script.includes("'HMGET'")) {
        if (known !== undefined) return known.answer === undefined ? ['busy'] : ['done', known.answer];
        keys.set(key!, { token: args[1]!, answer: undefined });
        return ['claimed'];
      }
      if (known?.token !== args[0]) return 0;
      if (args.length === 3) known!.answer = args[1];
      else if (args[1] === 'forget') keys.delete(key!);
      return 1;
    },
  };
  return redis;
}

test('H24 an end that Redis could not be told of is told when it is back: the key is free, or the answer there', async () => {
  const clock = createVirtualClock();
  const redis = fakeRedis();
  const told: string[] = [];
  const store = redisIdempotencyStore(redis, { clock, onError: (error) => told.push((error as Error).message) });
  const failed = store.execute({ ...entry, key: 'failed' }, async () => {
    redis.away = true;
    throw Object.assign(new Error('declined'), { outcome: 'not-applied', status: 422 });
  });
  await assert.rejects(failed, /declined/);
  redis.away = false;
  // The work is done, so that the request has gone well.
  const answered = await store.execute({ ...entry, key: 'answered' }, async () => {
    redis.away = true;
    return jsonAnswer(201, { id: 7 });
  });
  assert.deepEqual([answered.state, told.length], ['done', 2]);
  await clock.advance(5000);
  redis.away = false;
  assert.equal((await store.execute({ ...entry, key: 'answered' }, done)).state, 'busy');
  await clock.advance(60_000);
  const again = await store.execute({ ...entry, key: 'answered' }, () => assert.fail('ran again'));
  assert.equal(again.state === 'done' && again.answer.body, '{"id":7}');
  const second = await store.execute({ ...entry, key: 'failed' }, done);
  assert.deepEqual([second.state, second.state === 'done' && second.replayed], ['done', false]);
  const { calls } = redis;
  await clock.advance(600_000);
  assert.equal(redis.calls, calls, 'nothing is left to tell');
});

test('H24 a claim whose answer was lost is given up', async () => {
  const clock = createVirtualClock();
  const redis = fakeRedis();
  const store = redisIdempotencyStore(redis, { clock, onError: () => {} });
  const claim = redis.eval;
  redis.eval = async (...given) => {
    await claim(...given);
    throw Object.assign(new Error('the answer was lost'), { code: 'ECONNRESET' });
  };
  await assert.rejects(store.execute({ ...entry, key: 'lost' }, done), /lost/);
  redis.eval = claim;
  await clock.advance(1000);
  assert.equal((await store.execute({ ...entry, key: 'lost' }, done)).state, 'done');
});

test('H24 a Redis that is silent holds no request longer than timeoutMs, and is told later all the same', async () => {
  const clock = createVirtualClock();
  const redis = fakeRedis();
  const told: unknown[] = [];
  const answer = redis.eval;
  let silent = false;
  let waiting: (() => void)[] = [];
  // As a client that queues what it is given until it is connected.
  redis.eval = (...given) =>
    silent
      ? new Promise((resolve, reject) => waiting.push(() => answer(...given).then(resolve, reject)))
      : answer(...given);
  const connect = (): void => {
    silent = false;
    for (const send of waiting) send();
    waiting = [];
  };
  const store = redisIdempotencyStore(redis, { clock, timeoutMs: 200, onError: (error) => told.push(error) });
  const finished = await clock.run(
    store.execute({ ...entry, key: 'finished' }, async () => {
      silent = true;
      return jsonAnswer(201, { id: 7 });
    }),
  );
  assert.deepEqual([finished.state, clock.now()], ['done', 200]);
  assert.equal((told[0] as { code?: unknown }).code, 'TIMEOUT');
  const claim = store.execute({ ...entry, key: 'claimed' }, () => assert.fail('the work was begun'));
  const refused = assert.rejects(claim, {
    name: 'TimeoutError',
    message: /answer of Redis about an idempotency key took longer than 200 ms/,
  });
  await clock.run(refused);
  assert.equal(clock.now(), 400);
  // It is asked again and again; each question ends.
  await clock.advance(10_000);
  connect();
  await clock.advance(30_000);
  const again = await store.execute({ ...entry, key: 'finished' }, () => assert.fail('ran again'));
  assert.equal(again.state === 'done' && again.answer.body, '{"id":7}');
  const second = await store.execute({ ...entry, key: 'claimed' }, done);
  assert.deepEqual([second.state, second.state === 'done' && second.replayed], ['done', false]);
  await clock.advance(600_000);
  assert.equal(clock.pendingTimers, 0);
});

test('H24 while Redis is away it is asked less and less; of the ends the newest 1000 and 16 Mi characters are kept, for their keys’ time', async () => {
  const clock = createVirtualClock();
  const redis = fakeRedis();
  const store = redisIdempotencyStore(redis, { clock, onError: () => {} });
  const callsWhile = async (ms: number): Promise<number> => {
    redis.calls = 0;
    await clock.advance(ms);
    // A row of ends is told one after the other, in microtasks.
    await setImmediate();
    return redis.calls;
  };
  const miss = async (name: string, count: number, body = ''): Promise<void> => {
    for (let index = 0; index < count; index++) {
      redis.away = false;
      await store.execute({ ...entry, key: `${name} ${index}` }, async () => {
        redis.away = true;
        return { status: 200, headers: {}, body };
      });
    }
  };
  await miss('expired', 1100);
  const asked = await callsWhile(50_000);
  assert.ok(asked > 3 && asked < 20, `${asked} calls`);
  // Their time is over at the next try.
  redis.away = false;
  assert.equal(await callsWhile(30_000), 0);

  await miss('kept', 1100);
  redis.away = false;
  assert.equal(await callsWhile(1000), 1000);
  const keys = await Promise.all([99, 100].map((index) => store.execute({ ...entry, key: `kept ${index}` }, done)));
  assert.deepEqual(
    keys.map(({ state }) => state),
    ['busy', 'done'],
  );
  await miss('large', 5, 'x'.repeat(4 * 1_048_576));
  redis.away = false;
  assert.equal(await callsWhile(1000), 3);
});

test('H24 ends that newer ones pushed out while they were being told are told no more', async () => {
  const clock = createVirtualClock();
  const told: string[] = [];
  const redis = {
    async eval(_script: string, [key]: string[]): Promise<unknown> {
      if (told.push(key!) === 1) miss('new');
      return 1;
    },
  };
  const tellLater = createLateEndings(redis, clock);
  const miss = (name: string): void => {
    for (let index = 0; index < 1000; index++)
      tellLater({ script: '', keys: [`${name} ${index}`], args: [], ttlMs: 60_000 });
  };
  miss('old');
  for (let pass = 0; pass < 2; pass++) {
    await clock.advance(500);
    await setImmediate();
  }
  assert.deepEqual([told.length, told[0], told[1]], [1001, 'old 0', 'new 0']);
});
