// The dependency refuses nearly everything: most calls are refused here, where it costs nothing.
import { createThrottle } from '@breakwater/resilience';
import { createRandom, createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` and `random` out
const throttle = createThrottle({ windowMs: 10_000, clock, random: createRandom(3) });

let accepts = 1;
const random = createRandom(4);
let asked = 0;
let failed = 0;
const call = async (): Promise<string> => {
  asked++;
  if (random() < accepts) return 'ok';
  throw Object.assign(new Error('too many requests'), { status: 429 });
};

async function seconds(count: number): Promise<void> {
  asked = failed = 0;
  for (let index = 0; index < count * 100; index++) {
    await throttle.execute(call).catch(() => failed++);
    await clock.advance(10);
  }
  console.log(
    `accepts ${accepts * 100} %: asked ${Math.round(asked / count)} times a second, of 100 wanted, ${Math.round(failed / count)} failed`,
  );
}

await seconds(20);
accepts = 0.1;
await seconds(20);
accepts = 1;
await seconds(60);
await seconds(10);

// Output:
// accepts 100 %: asked 100 times a second, of 100 wanted, 0 failed
// accepts 10 %: asked 46 times a second, of 100 wanted, 95 failed
// accepts 100 %: asked 49 times a second, of 100 wanted, 51 failed
// accepts 100 %: asked 100 times a second, of 100 wanted, 0 failed
