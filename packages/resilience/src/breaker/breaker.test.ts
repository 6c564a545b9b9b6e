import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock, type VirtualClock } from '@breakwater/testing';
import fc from 'fast-check';
import {
  type BreakerEvent,
  type BreakerOptions,
  type CircuitBreaker,
  compose,
  countWindow,
  createBreaker,
  createBulkhead,
  createTimeout,
  restoreBreaker,
  saveBreaker,
  timeWindow,
} from '../index.ts';

const down = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const fail = (): Promise<never> => Promise.reject(down());

function make(options: BreakerOptions = {}): { clock: VirtualClock; breaker: CircuitBreaker; events: string[] } {
  const clock = createVirtualClock();
  const breaker = createBreaker({ clock, random: createRandom(1), jitter: 0, openMs: 1000, ...options });
  const events: string[] = [];
  breaker.on((event: BreakerEvent) => events.push(`${event.type}:${event.reason}`));
  return { clock, breaker, events };
}

async function failTimes(breaker: CircuitBreaker, times: number): Promise<void> {
  for (let index = 0; index < times; index++) await breaker.execute(fail).catch(() => undefined);
}

test('B1 opens after failures in a row; a success between starts again', async () => {
  const { breaker, events } = make({ consecutiveFailures: 3 });
  await failTimes(breaker, 2);
  await breaker.execute(() => 1);
  await failTimes(breaker, 2);
  assert.equal(breaker.state, 'closed');
  await failTimes(breaker, 1);
  assert.equal(breaker.state, 'open');
  assert.deepEqual(events, ['breaker.opened:consecutive-failures']);
});

test('B2 while open nothing reaches the dependency; the refusal says when to come back', async () => {
  const { clock, breaker } = make({ consecutiveFailures: 1 });
  await failTimes(breaker, 1);
  await clock.advance(400);
  let reached = 0;
  const refusal = await breaker.execute(() => reached++).catch((error: unknown) => error as { retryAfterMs: number });
  assert.equal((refusal as { retryAfterMs: number }).retryAfterMs, 600);
  assert.equal(reached, 0);
});

test('B3 half-open: exactly N probes at a time, and it closes after the success threshold', async () => {
  const { clock, breaker, events } = make({ consecutiveFailures: 1, probes: 2, successThreshold: 3 });
  await failTimes(breaker, 1);
  await clock.advance(1000);
  let reached = 0;
  const answers: PromiseWithResolvers<number>[] = [];
  const call = (): Promise<unknown> =>
    breaker
      .execute(() => {
        reached++;
        const answer = Promise.withResolvers<number>();
        answers.push(answer);
        return answer.promise;
      })
      .catch((error: Error & { reason?: string }) => error.reason);
  const calls = Array.from({ length: 1000 }, call);
  assert.equal(reached, 2, 'a thousand callers, two probes');
  answers[0]!.resolve(1);
  await clock.settle();
  assert.equal(breaker.state, 'half-open');
  calls.push(call(), call());
  assert.equal(reached, 3);
  answers[1]!.resolve(1);
  answers[2]!.resolve(1);
  const outcomes = await Promise.all(calls);
  assert.equal(outcomes.filter((outcome) => outcome === 'no-permit').length, 999);
  assert.equal(breaker.state, 'closed');
  assert.deepEqual(events.slice(1, 2), ['breaker.half-opened:open-time-over']);
  assert.equal(events.at(-1), 'breaker.closed:probes-succeeded');
});

test('B4 a failing probe opens again, for longer each time, up to the most; closing forgets the growth', async () => {
  const { clock, breaker } = make({ consecutiveFailures: 1, openGrowth: 2, maxOpenMs: 3000 });
  const waits: number[] = [];
  breaker.on((event) => {
    if (event.type === 'breaker.opened') waits.push(event.openMs);
  });
  await failTimes(breaker, 1);
  for (const wait of [1000, 2000, 3000, 3000]) {
    await clock.advance(wait);
    await failTimes(breaker, 1);
  }
  assert.deepEqual(waits, [1000, 2000, 3000, 3000, 3000]);
  await clock.advance(3000);
  await breaker.execute(() => 1);
  await failTimes(breaker, 1);
  assert.equal(waits.at(-1), 1000);
});

test('B4 jitter lengthens the open time by up to its share, so that a fleet does not probe in step', async () => {
  const waits = new Set<number>();
  for (let seed = 0; seed < 50; seed++) {
    const { breaker } = make({ consecutiveFailures: 1, jitter: 0.2, random: createRandom(seed) });
    breaker.on((event) => {
      if (event.type === 'breaker.opened') waits.add(event.openMs);
    });
    await failTimes(breaker, 1);
  }
  assert.ok(waits.size > 45);
  for (const wait of waits) assert.ok(wait >= 1000 && wait <= 1200);
});

test('B5 a probe that hangs counts as failed when its time is up', async () => {
  const { clock, breaker, events } = make({ consecutiveFailures: 1, probeTimeoutMs: 500 });
  await failTimes(breaker, 1);
  await clock.advance(1000);
  const hung = Promise.withResolvers<number>();
  const probe = breaker.execute(() => hung.promise);
  await clock.advance(499);
  assert.equal(breaker.state, 'half-open');
  await clock.advance(1);
  assert.equal(breaker.state, 'open');
  assert.equal(events.at(-1), 'breaker.opened:probe-hung');
  hung.resolve(1);
  assert.equal(await probe, 1);
  assert.equal(breaker.state, 'open', 'its late success closes nothing');
  assert.equal(clock.pendingTimers, 0);
});

test('B6 results of calls begun before the last change of state are ignored', async () => {
  const { clock, breaker } = make({ consecutiveFailures: 2 });
  const old = Array.from({ length: 10 }, () => Promise.withResolvers<number>());
  const calls = old.map((answer) => breaker.execute(() => answer.promise).catch(() => undefined));
  await failTimes(breaker, 2);
  assert.equal(breaker.state, 'open');
  old[0]!.resolve(1);
  await clock.advance(1000);
  const probe = Promise.withResolvers<number>();
  const probing = breaker.execute(() => probe.promise);
  for (const answer of old.slice(1, 5)) answer.resolve(1);
  await clock.settle();
  assert.equal(breaker.state, 'half-open', 'a stale success closes nothing');
  old[5]!.reject(down());
  await clock.settle();
  assert.equal(breaker.state, 'half-open', 'a stale failure opens nothing');
  probe.resolve(1);
  await probing;
  assert.equal(breaker.state, 'closed');
  for (const answer of old.slice(6)) answer.reject(down());
  await Promise.all(calls);
  assert.equal(breaker.state, 'closed', 'failures of an earlier closed state do not count in this one');
});

test('B7 known mistake: cancelled calls, a cancelled probe too, neither open nor close', async () => {
  const { clock, breaker } = make({ consecutiveFailures: 1 });
  const cancelled = async (): Promise<void> => {
    const controller = new AbortController();
    const call = breaker.execute(() => new Promise(() => undefined), { signal: controller.signal });
    controller.abort();
    await assert.rejects(call, { name: 'AbortError' });
  };
  await cancelled();
  assert.equal(breaker.state, 'closed');
  await failTimes(breaker, 1);
  await clock.advance(1000);
  await cancelled();
  assert.equal(breaker.state, 'half-open');
  assert.equal(await breaker.execute(() => 1), 1, 'the permit came back');
  assert.equal(breaker.state, 'closed');
});

test('B8 known mistake: refusals by other policies are not failures of the dependency', async () => {
  const { clock, breaker } = make({ consecutiveFailures: 1, window: countWindow(1), minimumCalls: 1 });
  const bulkhead = createBulkhead({ maxConcurrent: 1, clock });
  const other = createBreaker({ clock });
  other.isolate();
  void bulkhead.execute(() => clock.sleep(10));
  await assert.rejects(
    compose(breaker, bulkhead).execute(() => 1),
    { code: 'BULKHEAD_FULL' },
  );
  await assert.rejects(
    compose(breaker, other).execute(() => 1),
    { code: 'BREAKER_OPEN' },
  );
  assert.equal(breaker.state, 'closed');
  await clock.advance(10);
});

test('B9 count window: opens by failure rate once enough calls are known', async () => {
  const { breaker, events } = make({ window: countWindow(10), failureRate: 0.5, minimumCalls: 6 });
  for (let index = 0; index < 5; index++) await (index % 2 === 0 ? failTimes(breaker, 1) : breaker.execute(() => 1));
  assert.equal(breaker.state, 'closed');
  await breaker.execute(() => 1);
  assert.equal(breaker.state, 'open', '3 of 6');
  assert.deepEqual(events, ['breaker.opened:failure-rate']);
});

test('B9 count window: old calls make room for new ones', async () => {
  const { breaker } = make({ window: countWindow(4), failureRate: 0.75, minimumCalls: 4 });
  await failTimes(breaker, 2);
  for (let index = 0; index < 4; index++) await breaker.execute(() => 1);
  await failTimes(breaker, 2);
  assert.equal(breaker.state, 'closed');
  await failTimes(breaker, 1);
  assert.equal(breaker.state, 'open');
});

test('B10 time window really forgets, also when no call comes', async () => {
  const { clock, breaker } = make({ window: timeWindow(10_000), failureRate: 0.5, minimumCalls: 4 });
  assert.deepEqual(breaker.counts, { calls: 0, failures: 0, slow: 0 });
  await failTimes(breaker, 3);
  assert.deepEqual(breaker.counts, { calls: 3, failures: 3, slow: 0 });
  await clock.advance(11_001);
  assert.deepEqual(breaker.counts, { calls: 0, failures: 0, slow: 0 });
  await failTimes(breaker, 3);
  assert.equal(breaker.state, 'closed');
  await clock.advance(5000);
  await failTimes(breaker, 1);
  assert.equal(breaker.state, 'open', 'four within ten seconds');
});

test('B11 opens by the share of slow calls', async () => {
  const { clock, breaker, events } = make({
    window: countWindow(10),
    slowCallMs: 100,
    slowCallRate: 0.5,
    minimumCalls: 4,
  });
  for (const ms of [10, 100, 10, 120]) await clock.run(breaker.execute(() => clock.sleep(ms)));
  assert.equal(breaker.state, 'open');
  assert.deepEqual(events, ['breaker.opened:slow-call-rate']);
});

test('B12 expected: true counts, false is a healthy answer, undefined says nothing', async () => {
  const verdicts = new Map<string, boolean | undefined>([
    ['sick', true],
    ['fine', false],
    ['unknown', undefined],
  ]);
  const { clock, breaker } = make({
    consecutiveFailures: 2,
    expected: (error) => verdicts.get((error as Error).message),
  });
  const reject = (message: string): Promise<unknown> =>
    breaker.execute(() => Promise.reject(new Error(message))).catch(() => undefined);
  await reject('sick');
  await reject('unknown');
  await reject('fine');
  await reject('sick');
  assert.equal(breaker.state, 'closed');
  await reject('unknown');
  await reject('sick');
  assert.equal(breaker.state, 'open');
  await clock.advance(1000);
  await reject('unknown');
  assert.equal(breaker.state, 'half-open');
  await reject('fine');
  assert.equal(breaker.state, 'closed');
});

test('B12 by default a business refusal is a healthy answer, and a bug says nothing', async () => {
  const { breaker } = make({ consecutiveFailures: 1 });
  const declined = Object.assign(new Error('declined'), { status: 402 });
  await assert.rejects(breaker.execute(() => Promise.reject(declined)));
  await assert.rejects(breaker.execute(() => Promise.reject(new TypeError('x is undefined'))));
  assert.equal(breaker.state, 'closed');
  await assert.rejects(breaker.execute(() => Promise.reject(Object.assign(new Error('bad gateway'), { status: 502 }))));
  assert.equal(breaker.state, 'open');
});

test('B12 a predicate that throws is reported and counts nothing', async () => {
  const { breaker } = make({
    consecutiveFailures: 1,
    expected: () => {
      throw new Error('in predicate');
    },
  });
  await assert.rejects(breaker.execute(fail), /ECONNREFUSED/);
  assert.equal(breaker.state, 'closed');
});

test('B13 a result can count as a failure', async () => {
  const { breaker } = make({
    consecutiveFailures: 2,
    failureResult: (result) => (result as { status: number }).status >= 500,
  });
  await breaker.execute(() => ({ status: 503 }));
  await breaker.execute(() => ({ status: 200 }));
  await breaker.execute(() => ({ status: 503 }));
  assert.deepEqual(await breaker.execute(() => ({ status: 503 })), { status: 503 });
  assert.equal(breaker.state, 'open');
});

test('B14 isolate: refuses until every handle is released; other states go on below', async () => {
  const { breaker, events } = make({ consecutiveFailures: 1 });
  const a = breaker.isolate('deploy');
  {
    using _b = breaker.isolate('incident');
    a.release();
    a.release();
    await assert.rejects(
      breaker.execute(() => 1),
      { reason: 'isolated' },
    );
    assert.equal(breaker.state, 'isolated');
  }
  assert.equal(breaker.state, 'closed');
  assert.equal(await breaker.execute(() => 1), 1);
  assert.deepEqual(
    events.filter((event) => !event.includes('rejected')),
    ['breaker.isolated:deploy', 'breaker.isolated:incident', 'breaker.released:deploy', 'breaker.released:incident'],
  );
});

test('B15 force open and reset', async () => {
  const { clock, breaker } = make();
  breaker.forceOpen(5000);
  await clock.advance(4999);
  await assert.rejects(
    breaker.execute(() => 1),
    { reason: 'open' },
  );
  await clock.advance(1);
  assert.equal(await breaker.execute(() => 1), 1);
  breaker.forceOpen();
  breaker.reset();
  assert.equal(breaker.state, 'closed');
  assert.throws(() => breaker.forceOpen(Number.NaN), /NaN/);
});

test('B16 observe: counts and tells, refuses nothing', async () => {
  const { clock, breaker, events } = make({ consecutiveFailures: 2, mode: 'observe' });
  await failTimes(breaker, 5);
  breaker.isolate();
  assert.equal(await breaker.execute(() => 'through'), 'through');
  assert.deepEqual(
    events.filter((event) => event.startsWith('breaker.opened')),
    ['breaker.opened:consecutive-failures'],
  );
  await clock.advance(1000);
  assert.equal(await breaker.execute(() => 1), 1);
  assert.equal(events.at(-1), 'breaker.closed:probes-succeeded');
});

test('B17 save and restore: an open breaker stays open over a restart, by wall-clock time', async () => {
  const { clock, breaker } = make({ consecutiveFailures: 1 });
  await failTimes(breaker, 1);
  await clock.advance(400);
  const saved = JSON.parse(JSON.stringify(saveBreaker(breaker)));
  const after = createVirtualClock({ startMs: clock.wallNow() + 100 });
  const restored = createBreaker({ clock: after, openMs: 1000, jitter: 0 });
  restoreBreaker(restored, saved);
  await after.advance(499);
  await assert.rejects(
    restored.execute(() => 1),
    { reason: 'open' },
  );
  await after.advance(1);
  assert.equal(await restored.execute(() => 1), 1);
  restoreBreaker(restored, { version: 1, state: 'open', openUntil: after.wallNow() + 1e12, openings: 1 });
  await after.advance(10_000);
  assert.equal(await restored.execute(() => 1), 1, 'a clock that was set back does not keep it open for ever');
  const closed = saveBreaker(restored);
  assert.deepEqual(closed, { version: 1, state: 'closed', openUntil: 0, openings: 0 });
  restoreBreaker(breaker, closed);
  assert.equal(breaker.state, 'closed');
  for (const wrong of [
    null,
    {},
    { version: 1, state: 'open', openings: 1 },
    { version: 1, state: 'closed', openUntil: 0, openings: -1 },
  ]) {
    assert.throws(() => restoreBreaker(restored, wrong as never), TypeError);
  }
});

test('B18 new options keep the state', async () => {
  const { clock, breaker } = make({ consecutiveFailures: 3 });
  await failTimes(breaker, 2);
  breaker.reconfigure({ consecutiveFailures: 3, openMs: 50, jitter: 0 });
  await failTimes(breaker, 1);
  assert.equal(breaker.state, 'open');
  await clock.advance(50);
  assert.equal(await breaker.execute(() => 1), 1);
  assert.throws(() => breaker.reconfigure({ consecutiveFailures: -1 }), /consecutiveFailures/);
});

test('B19 a timeout counts as a failure, inside and outside of the breaker', async () => {
  for (const order of ['inside', 'outside'] as const) {
    const { clock, breaker } = make({ consecutiveFailures: 1 });
    const timeout = createTimeout({ timeoutMs: 100, clock });
    const chain = order === 'inside' ? compose(breaker, timeout) : compose(timeout, breaker);
    const call = chain.execute(() => new Promise(() => undefined)).catch((error: Error) => error.name);
    await clock.advance(100);
    assert.equal(await call, 'TimeoutError');
    assert.equal(breaker.state, 'open', order);
  }
});

test('P7 an idle breaker, open or closed, holds no timer', async () => {
  const { clock, breaker } = make({ consecutiveFailures: 1 });
  await failTimes(breaker, 1);
  await clock.settle();
  assert.equal(clock.pendingTimers, 0);
});

/** What the model knows of one call. */
interface Begun {
  readonly answer: PromiseWithResolvers<number>;
  readonly probe: boolean;
  readonly epoch: number;
  readonly abort: AbortController;
}

test('B3 B6 B7 model: never more than N probes, never closed or opened by a stale or cancelled result', async () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant({ do: 'call' as const }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constantFrom('succeed' as const, 'fail' as const, 'cancel' as const),
        which: fc.nat(20),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 99, 100, 400, 1000) }),
    },
  );
  const seen = new Set<string>();
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 15, maxLength: 60, size: 'max' }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
    async (steps, probes, successThreshold) => {
      const { clock, breaker } = make({
        consecutiveFailures: 2,
        probes,
        successThreshold,
        probeTimeoutMs: 400,
        openMs: 100,
        openGrowth: 1,
      });
      let epoch = 0;
      let successes = 0;
      let failures = 0;
      let state = 'closed';
      const open: Begun[] = [];
      const wrong: string[] = [];
      breaker.on((event) => {
        if (event.type === 'breaker.rejected') return;
        // Collected, because what a listener throws changes nothing.
        if (event.type === 'breaker.closed' && (state !== 'half-open' || successes < successThreshold)) {
          wrong.push(`closed by ${successes} fresh successes while ${state}`);
        }
        if (event.type === 'breaker.opened' && event.reason !== 'probe-hung' && failures === 0) {
          wrong.push(`opened (${event.reason}) without a fresh failure`);
        }
        seen.add(event.type);
        epoch++;
        successes = failures = 0;
        state = breaker.state;
      });
      for (const now of steps) {
        if (now.do === 'call') {
          const answer = Promise.withResolvers<number>();
          const abort = new AbortController();
          breaker
            .execute(
              () => {
                open.push({ answer, probe: breaker.state === 'half-open', epoch, abort });
                return answer.promise;
              },
              { signal: abort.signal },
            )
            .catch(() => undefined);
        } else if (now.do === 'wait') {
          await clock.advance(now.ms);
        } else if (open.length > 0) {
          const [call] = open.splice(now.which % open.length, 1);
          const fresh = call!.epoch === epoch;
          if (now.do === 'cancel') call!.abort.abort();
          else if (now.do === 'succeed') {
            if (fresh) successes++;
            if (fresh && state === 'closed') failures = 0;
            call!.answer.resolve(1);
          } else {
            if (fresh) failures++;
            call!.answer.reject(down());
          }
          await clock.settle();
        }
        const inFlight = open.filter((call) => call.probe && call.epoch === epoch).length;
        assert.ok(inFlight <= probes, `${inFlight} probes`);
        assert.deepEqual(wrong, []);
        state = breaker.state;
      }
    },
  );
  await fc.assert(property, { numRuns: 150, seed: 20261125 });
  assert.deepEqual(
    [...seen].sort(),
    ['breaker.closed', 'breaker.half-opened', 'breaker.opened'],
    'the walks reach every state',
  );
});
