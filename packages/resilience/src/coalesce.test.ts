import assert from 'node:assert/strict';
import { AsyncResource } from 'node:async_hooks';
import { test } from 'node:test';
import { createVirtualClock } from '@breakwater/testing';
import { type CallContext, compose, createBreaker, createCoalesce, createTimeout } from './index.ts';

const at = { operation: 'user', key: '42' };

test('CO1 calls with the same key wait for the one under way; later ones call anew', async () => {
  const clock = createVirtualClock();
  const coalesce = createCoalesce({ clock });
  let calls = 0;
  const work = async (): Promise<{ n: number }> => {
    const n = ++calls;
    await clock.sleep(10);
    return { n };
  };
  const shared = [1, 2, 3].map(() => coalesce.execute(work, at));
  const other = coalesce.execute(work, { ...at, key: '43' });
  const alone = [coalesce.execute(work), coalesce.execute(work, { ...at, idempotent: false })];
  await clock.advance(10);
  const [a, b, c] = await Promise.all(shared);
  assert.ok(a === b && b === c);
  await Promise.all([other, ...alone]);
  assert.equal(calls, 4);
  await clock.run(coalesce.execute(work, at));
  assert.deepEqual([calls, coalesce.size], [5, 0]);
});

test('CO2 one caller giving up does not end it for the others; when all have, the work is aborted', async () => {
  const clock = createVirtualClock();
  const coalesce = createCoalesce({ clock });
  const signals: AbortSignal[] = [];
  const work = ({ signal }: CallContext): Promise<string> => {
    signals.push(signal);
    return clock.sleep(100, { signal }).then(() => 'ok');
  };
  const first = new AbortController();
  const second = new AbortController();
  const a = assert.rejects(coalesce.execute(work, { ...at, signal: first.signal }), { name: 'AbortError' });
  const b = coalesce.execute(work, { ...at, signal: second.signal });
  first.abort();
  await a;
  assert.equal(signals[0]!.aborted, false);
  await clock.advance(100);
  assert.equal(await b, 'ok');
  const c = assert.rejects(coalesce.execute(work, { ...at, signal: second.signal }), { message: 'enough' });
  second.abort(new Error('enough'));
  await c;
  assert.equal(signals[1]!.aborted, true);
  assert.equal(coalesce.size, 0);
  await clock.settle();
  assert.equal(clock.pendingTimers, 0);
});

test('CO3 a failure goes to all, and is one failure to a breaker inside', async () => {
  const clock = createVirtualClock();
  const breaker = createBreaker({ consecutiveFailures: 2, clock });
  const chain = compose(createCoalesce({ clock }), breaker);
  const fail = (): Promise<never> =>
    clock.sleep(5).then(() => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' })));
  const calls = [1, 2, 3, 4].map(() => assert.rejects(chain.execute(fail, at), { code: 'ECONNRESET' }));
  await clock.advance(5);
  await Promise.all(calls);
  assert.equal(breaker.state, 'closed');
});

test('CO4 the deadline of the first caller does not bind the one who joined', async () => {
  const clock = createVirtualClock();
  const coalesce = createCoalesce({ clock });
  const impatient = compose(createTimeout({ timeoutMs: 10, clock }), coalesce);
  let seen = 0;
  const work = (context: CallContext): Promise<string> => {
    seen = context.deadline;
    return clock.sleep(50, { signal: context.signal }).then(() => 'ok');
  };
  const a = assert.rejects(impatient.execute(work, { ...at, deadline: 10 }), { code: 'TIMEOUT' });
  const b = coalesce.execute(work, at);
  await clock.advance(50);
  await a;
  assert.equal(await b, 'ok');
  assert.equal(seen, Number.POSITIVE_INFINITY);
});

test('CO5 a work that throws at once is a failure to all, and leaves nothing', async () => {
  const coalesce = createCoalesce({ clock: createVirtualClock() });
  const work = (): never => {
    throw new Error('at once');
  };
  await assert.rejects(coalesce.execute(work, at), /at once/);
  await assert.rejects(coalesce.execute(work, at), /at once/);
  assert.equal(coalesce.size, 0);
});

test('CO1 work that asks for its own answer while it begins gets one, not `undefined`', async () => {
  const coalesce = createCoalesce({ clock: createVirtualClock() });
  let depth = 0;
  const work = (): unknown => (++depth === 1 ? coalesce.execute(work, at) : 'answer');
  assert.equal(await coalesce.execute(work, at), 'answer');
  assert.equal(coalesce.size, 0);
});

test('CO6 work that asks for its own answer after an `await` does not wait for itself', async () => {
  const clock = createVirtualClock();
  const coalesce = createCoalesce({ clock });
  for (const passOn of [true, false]) {
    let calls = 0;
    const work = async (context: CallContext): Promise<string> => {
      await clock.sleep(5);
      return ++calls === 1 ? coalesce.execute(work, passOn ? context : at) : 'answer';
    };
    const both = [coalesce.execute(work, at), coalesce.execute(work, at)];
    await clock.advance(10);
    assert.deepEqual(await Promise.all(both), ['answer', 'answer']);
    assert.deepEqual([calls, coalesce.size], [2, 0]);
  }
});

test('CO6 shared calls do not wait for each other in a ring, also of different policies', async () => {
  const clock = createVirtualClock();
  const policies = [createCoalesce({ clock }), createCoalesce({ clock }), createCoalesce({ clock })];
  const made = [0, 0, 0];
  const ask = (index: number): Promise<string> =>
    policies[index]!.execute(async () => {
      await clock.sleep(5);
      // Each asks for the next, and only the first three times.
      return ++made[index]! === 1 ? `${index}${await ask((index + 1) % 3)}` : `${index}`;
    }, at);
  const answers = Promise.all([ask(0), ask(1), ask(2)]);
  await clock.advance(100);
  // The last to ask would have closed the ring: it makes the call that it wants by itself.
  assert.deepEqual(await answers, ['0120', '120', '20']);
  assert.deepEqual(made, [2, 1, 1]);
});

test('known mistake: calls made by what earlier work has left behind do not keep all before them', async () => {
  const clock = createVirtualClock();
  const coalesce = createCoalesce({ clock });
  let behind: (key: string) => Promise<unknown> = (key) => coalesce.execute(work, { key });
  const work = (): void => {
    behind = AsyncResource.bind((key) => coalesce.execute(work, { key }));
  };
  for (let round = 0; round < 12_000; round++) await behind('poll');
  const other = coalesce.execute(() => clock.sleep(5).then(() => 'shared'), { key: 'other' });
  // Looks through all that the call is part of: too many of them would not fit on the stack.
  const joined = behind('other');
  await clock.advance(5);
  assert.deepEqual(await Promise.all([other, joined]), ['shared', 'shared']);
});

test('CO6 a call made from within a shared call still joins others', async () => {
  const clock = createVirtualClock();
  const coalesce = createCoalesce({ clock });
  let calls = 0;
  const inner = (): Promise<number> => coalesce.execute(() => clock.sleep(20).then(() => ++calls), { key: 'inner' });
  const outer = (key: string): Promise<number> => coalesce.execute(() => clock.sleep(5).then(inner), { key });
  const all = [inner(), outer('a'), outer('b'), outer('b')];
  await clock.advance(50);
  assert.deepEqual(await Promise.all(all), [1, 1, 1, 1]);
});
