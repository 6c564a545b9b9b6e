// Ten calls a second at most; those beyond wait for their turn, as long as their caller does, instead of being refused.
import { compose, createRateLimit, createRetry, fixedBackoff, RateLimitedError } from '@breakwater/resilience';
import { createRandom, createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` and `random` out
const paced = compose(
  // The limit says when to come back, and the retry comes no sooner. It makes no extra calls, so it needs no budget.
  createRetry({
    maxAttempts: 1000,
    retryIf: (error) => error instanceof RateLimitedError,
    backoff: fixedBackoff({ delayMs: 1 }),
    budget: false,
    clock,
    random: createRandom(1),
  }),
  createRateLimit({ limit: 10, windowMs: 1000, burst: 1, clock }),
);

const begun: number[] = [];
const call = (): Promise<void> =>
  paced.execute(() => void begun.push(clock.now()), { operation: 'import', deadline: 1000 });

const calls = await clock.run(Promise.allSettled(Array.from({ length: 20 }, call)));
console.log(`begun: ${calls.filter(({ status }) => status === 'fulfilled').length} of 20 within the second they had`);
console.log(
  `least time between two: ${Math.min(...begun.slice(1).map((at, index) => at - begun[index]!)).toFixed(0)} ms`,
);
const refused = calls.find((outcome): outcome is PromiseRejectedResult => outcome.status === 'rejected');
console.log(`the others: ${refused?.reason.code}, ${refused?.reason.reason}, after ${clock.now().toFixed(0)} ms`);

// Output:
// begun: 10 of 20 within the second they had
// least time between two: 101 ms
// the others: RETRY_EXHAUSTED, retry-after-past-deadline, after 917 ms
