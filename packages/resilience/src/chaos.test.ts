import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock } from '@breakwater/testing';
import { type ChaosOptions, createChaos } from './chaos.ts';
import { compose, createBreaker, createRetry, createTimeout } from './index.ts';

test('X1 nothing happens unless enabled', async () => {
  const clock = createVirtualClock();
  let on = false;
  const chaos = createChaos({ rules: [{ kind: 'error', rate: 1 }], clock });
  assert.equal(await chaos.execute(() => 'ok'), 'ok');
  chaos.reconfigure({ rules: [{ kind: 'error', rate: 1 }], enabled: () => on });
  assert.equal(await chaos.execute(() => 'ok'), 'ok');
  on = true;
  await assert.rejects(
    chaos.execute(() => 'ok'),
    { code: 'ECONNREFUSED' },
  );
});

test('X2 latency, error, abort, wrong result, by rule', async () => {
  const clock = createVirtualClock();
  const rule =
    (name: string): ((context: { operation: string }) => boolean) =>
    (context) =>
      context.operation === name;
  const chaos = createChaos({
    enabled: true,
    clock,
    rules: [
      { kind: 'latency', rate: 1, delayMs: 100, when: rule('slow') },
      { kind: 'error', rate: 1, error: () => new Error('mine'), when: rule('fail') },
      { kind: 'abort', rate: 1, afterMs: 30, when: rule('cut') },
      { kind: 'abort', rate: 1, when: rule('lost') },
      { kind: 'result', rate: 1, result: (real) => `not ${real}`, when: rule('wrong'), name: 'liar' },
    ],
  });
  const told: string[] = [];
  chaos.on((event) => told.push(`${event.reason}/${event.rule}`));
  let made = 0;
  const call = (operation: string, ms = 0): Promise<unknown> =>
    chaos.execute(
      ({ signal }) => {
        made++;
        return clock.sleep(ms, { signal }).then(() => 'real');
      },
      { operation },
    );
  assert.equal(await clock.run(call('slow')), 'real');
  assert.equal(clock.now(), 100);
  await assert.rejects(clock.run(call('fail')), /mine/);
  assert.equal(made, 1);
  await assert.rejects(clock.run(call('cut', 500)), { code: 'ECONNRESET' });
  assert.equal(clock.now(), 130);
  await assert.rejects(clock.run(call('lost')), { code: 'ECONNRESET' });
  assert.equal(made, 3, 'the work was done, the answer lost');
  assert.equal(await clock.run(call('wrong')), 'not real');
  assert.equal(await clock.run(call('other')), 'real');
  assert.deepEqual(told, ['latency/latency', 'error/error', 'abort/abort', 'abort/abort', 'result/liar']);
  await clock.settle();
  assert.equal(clock.pendingTimers, 0);
});

test('X3 by rate, the same faults for the same seed, seen by the policies outside as the dependency', async () => {
  const trial = async (): Promise<[string, number]> => {
    const clock = createVirtualClock();
    const random = createRandom('chaos');
    const chaos = createChaos({ enabled: true, rules: [{ kind: 'error', rate: 0.3 }], clock, random });
    const outcomes: string[] = [];
    for (let index = 0; index < 200; index++) {
      outcomes.push(await chaos.execute(() => '.').catch(() => 'x'));
    }
    return [outcomes.join(''), outcomes.filter((outcome) => outcome === 'x').length];
  };
  const [first, failures] = await trial();
  assert.deepEqual((await trial())[0], first);
  assert.ok(failures > 40 && failures < 80);
  const clock = createVirtualClock();
  const breaker = createBreaker({ consecutiveFailures: 3, clock });
  const chaos = createChaos({ enabled: true, rules: [{ kind: 'latency', rate: 1, delayMs: 1000 }], clock });
  const chain = compose(
    createRetry({ clock, random: createRandom(1), maxAttempts: 3 }),
    breaker,
    createTimeout({ timeoutMs: 10, clock }),
    chaos,
  );
  await assert.rejects(clock.run(chain.execute(() => 'never')));
  assert.equal(breaker.state, 'open');
});

test('X4 wrong rules fail at construction', () => {
  const wrong =
    (rule: unknown): (() => unknown) =>
    () =>
      createChaos({ rules: [rule] } as ChaosOptions);
  assert.throws(wrong({ kind: 'error', rate: 1.5 }), /rules\[0\]\.rate.*1\.5/);
  assert.throws(wrong({ kind: 'flood', rate: 1 }), /kind.*flood/);
  assert.throws(wrong({ kind: 'latency', rate: 1 }), /delayMs/);
  assert.throws(wrong({ kind: 'error', rate: 1, delayMs: 3 }), /delayMs/);
});

test('X1 P13 a switch or a rule that throws is reported, and nothing happens', async () => {
  const clock = createVirtualClock();
  const boom = (): never => {
    throw new Error('boom');
  };
  const rules = [{ kind: 'error' as const, rate: 1 }];
  assert.equal(await createChaos({ enabled: boom, rules, clock }).execute(() => 'ok'), 'ok');
  const when = createChaos({ enabled: true, rules: [{ ...rules[0]!, when: boom }], clock });
  assert.equal(await when.execute(() => 'ok'), 'ok');
});
