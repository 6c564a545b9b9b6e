// The second call is made when the first takes longer than 99 % of recent ones; the first answer wins.
import { createHedge, createRetry, createRetryBudget } from '@breakwater/resilience';
import { createRandom, createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` and `random` out
const random = createRandom(7);
// One purse for all extra calls to this dependency, retries and hedges together.
const budget = createRetryBudget({ ratio: 0.05 });
const hedge = createHedge({ budget, clock });
const retry = createRetry({ budget, clock, random });

let calls = 0;
const read = async (signal: AbortSignal): Promise<string> => {
  calls++;
  const pause = random() < 0.005;
  await clock.sleep(pause ? 1000 : 5 + 5 * random(), { signal });
  return pause ? 'after a pause' : 'quickly';
};

let slowest = 0;
for (let index = 0; index < 1000; index++) {
  const begun = clock.now();
  await clock.run(retry.execute((context) => hedge.execute(({ signal }) => read(signal), context)));
  // The first calls teach it what is usual.
  if (index >= 100) slowest = Math.max(slowest, clock.now() - begun);
}
console.log(`slowest of 900: ${slowest.toFixed(0)} ms, instead of 1000 ms`);
console.log(`extra calls: ${calls - 1000} of 1000`);
console.log(`a second call is made after ${hedge.currentDelayMs!.toFixed(0)} ms`);

// Output:
// slowest of 900: 29 ms, instead of 1000 ms
// extra calls: 9 of 1000
// a second call is made after 10 ms
