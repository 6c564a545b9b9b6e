// How many calls at a time does the dependency take? Found from its latency, and again when that changes.
import { createAdaptiveConcurrency } from '@breakwater/resilience';
import { createRandom, createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` and `random` out
const limiter = createAdaptiveConcurrency({ clock, random: createRandom(1), probeEveryMs: 1000 });

// A dependency with some servers behind a queue.
let servers = 10;
let busy = 0;
const queue: (() => void)[] = [];
const call = async (): Promise<void> => {
  if (busy >= servers) await new Promise<void>((resolve) => queue.push(resolve));
  busy++;
  await clock.sleep(20);
  busy--;
  if (busy < servers) queue.shift()?.();
};

async function twoSeconds(): Promise<void> {
  const latencies: number[] = [];
  for (let index = 0; index < 2000; index++) {
    const begun = clock.now();
    limiter.execute(call).then(
      () => latencies.push(clock.now() - begun),
      () => undefined, // refused
    );
    await clock.advance(1);
  }
  const last = latencies.slice(-100);
  const mean = last.reduce((sum, ms) => sum + ms, 0) / last.length;
  console.log(
    `${servers} servers: limit below ${Math.ceil(limiter.limit / 10) * 10}, answers take ${Math.round(mean)} ms`,
  );
}

await twoSeconds();
servers = 3;
await twoSeconds();
await twoSeconds();

// Output:
// 10 servers: limit below 20, answers take 35 ms
// 3 servers: limit below 10, answers take 34 ms
// 3 servers: limit below 10, answers take 32 ms
