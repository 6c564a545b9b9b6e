// What do the policies make of a dependency that fails in three calls of ten? Off, until somebody turns it on.
import { createRetry, createTimeout, pipeline } from '@breakwater/resilience';
import { createChaos } from '@breakwater/resilience/chaos';
import { createRandom, createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` and `random` out
let gameDay = false;
const chaos = createChaos({
  enabled: () => gameDay,
  rules: [
    { name: 'reset', kind: 'error', rate: 0.2, error: () => Object.assign(new Error('reset'), { code: 'ECONNRESET' }) },
    { name: 'hang', kind: 'latency', rate: 0.1, delayMs: 60_000, when: ({ operation }) => operation === 'read' },
  ],
  clock,
  random: createRandom('game day'),
});
const struck = { reset: 0, hang: 0 };
chaos.on(({ rule }) => struck[rule as 'reset' | 'hang']++);

const guarded = pipeline({
  retry: createRetry({ maxAttempts: 4, budget: { ratio: 0.5 }, clock, random: createRandom(1) }),
  timeout: createTimeout({ timeoutMs: 100, clock }),
  chaos,
});
async function readHundred(): Promise<number> {
  let answered = 0;
  for (let index = 0; index < 100; index++) {
    await clock.run(
      guarded
        .execute(() => 'ok', { operation: 'read' })
        .then(
          () => answered++,
          () => undefined,
        ),
    );
  }
  return answered;
}

console.log(`answered: ${await readHundred()} of 100, struck: ${JSON.stringify(struck)}`);
gameDay = true;
console.log(`answered: ${await readHundred()} of 100, struck: ${JSON.stringify(struck)}`);

// Output:
// answered: 100 of 100, struck: {"reset":0,"hang":0}
// answered: 100 of 100, struck: {"reset":30,"hang":11}
