import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock, type VirtualClock } from '@breakwater/testing';
import { type AdaptiveConcurrency, createAdaptiveConcurrency } from '../index.ts';

/** A service that does `servers` calls at a time, each for `serviceMs`; the rest queue. */
function service(clock: VirtualClock, given: { servers: number; serviceMs: number }) {
  const state = { ...given, busy: 0, queue: [] as (() => void)[] };
  const work = async (): Promise<void> => {
    if (state.busy >= state.servers) await new Promise<void>((resolve) => state.queue.push(resolve));
    state.busy++;
    await clock.sleep(state.serviceMs * (0.8 + random() * 0.4));
    state.busy--;
    if (state.busy < state.servers) state.queue.shift()?.();
  };
  const random = createRandom('service');
  return { state, work };
}

async function load(
  clock: VirtualClock,
  limiter: AdaptiveConcurrency,
  work: () => unknown,
  everyMs: number,
  forMs: number,
): Promise<{ answered: number; refused: number; latencyMs: number }> {
  let answered = 0;
  let refused = 0;
  let sum = 0;
  for (let at = 0; at < forMs; at += everyMs) {
    const begun = clock.now();
    limiter.execute(work).then(
      () => {
        answered++;
        sum += clock.now() - begun;
      },
      () => refused++,
    );
    await clock.advance(everyMs);
  }
  return { answered, refused, latencyMs: sum / answered };
}

test('A1 under overload the limit settles near the capacity: full throughput, little queueing', async () => {
  const clock = createVirtualClock();
  const limiter = createAdaptiveConcurrency({ clock, random: createRandom(1), probeEveryMs: 1000 });
  const { work } = service(clock, { servers: 10, serviceMs: 20 });
  // Capacity is one call every 2 ms; twice as many come.
  await load(clock, limiter, work, 1, 2000);
  const { answered, latencyMs } = await load(clock, limiter, work, 1, 3000);
  assert.ok(answered > 1500 * 0.85, `${answered} of 1500 answered`);
  assert.ok(latencyMs < 60, `latency ${latencyMs} ms`);
  assert.ok(limiter.limit >= 9 && limiter.limit <= 30, `limit ${limiter.limit}`);
});

test('A2 follows a step: less capacity, then more; and calls that are slower for good', async () => {
  const clock = createVirtualClock();
  const limiter = createAdaptiveConcurrency({ clock, random: createRandom(2), probeEveryMs: 1000 });
  const { state, work } = service(clock, { servers: 10, serviceMs: 20 });
  await load(clock, limiter, work, 1, 2000);
  state.servers = 3;
  await load(clock, limiter, work, 1, 3000);
  const low = limiter.limit;
  assert.ok(low <= 9, `limit ${low} for 3 servers`);
  state.servers = 10;
  await load(clock, limiter, work, 1, 3000);
  assert.ok(limiter.limit > low, `limit ${limiter.limit} after the capacity came back`);
  state.serviceMs = 60;
  await load(clock, limiter, work, 1, 3000);
  const { answered } = await load(clock, limiter, work, 1, 1500);
  assert.ok(answered > 250 * 0.8, `${answered} of 250 answered when calls take longer`);
});
