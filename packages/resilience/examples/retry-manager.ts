// The retry manager of chapter 6.2, with what it lacks: a budget, a deadline over everything, Retry-After.
import {
  attemptErrors,
  compose,
  createRetry,
  createTimeout,
  exponentialBackoff,
  RetryExhaustedError,
} from '@breakwater/resilience';
import { logEvents } from '@breakwater/resilience/telemetry';
import { createRandom, createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` and `random` out
const random = createRandom(1);

const retry = compose(
  createTimeout({ timeoutMs: 30_000, limit: 'total', clock }),
  createRetry({
    maxAttempts: 3,
    backoff: exponentialBackoff({ baseMs: 1000, maxMs: 60_000, jitter: 'equal' }),
    clock,
    random,
  }),
);
logEvents(retry, (level, message, fields) =>
  console.log(`${level} ${message}: attempt ${fields.attempt} of ${fields.max_attempts}`),
);

const reset = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
let calls = 0;
const flaky = async (): Promise<string> => {
  if (++calls < 3) throw reset();
  return 'user 7';
};
console.log(await clock.run(retry.execute(flaky, { operation: 'get_user' })));

const dead = async (): Promise<string> => Promise.reject(reset());
const error = await clock.run(retry.execute(dead, { operation: 'get_user' }).catch((reason: unknown) => reason));
if (error instanceof RetryExhaustedError) console.log(error.code, error.reason, attemptErrors(error).length, 'errors');

// What the next attempt cannot mend is not repeated: by the verdict of `classify`, or by `retryIf` of yours.
let asked = 0;
const invalid = async (): Promise<string> => {
  asked++;
  throw Object.assign(new Error('no such currency'), { status: 422 });
};
await clock.run(retry.execute(invalid, { operation: 'charge' }).catch((reason: Error) => console.log(reason.message)));
console.log('asked', asked, 'time');

// The server knows best when to come back: never earlier than it asked.
const before = clock.now();
let answered = false;
const busy = async (): Promise<string> => {
  if (answered) return 'ok';
  answered = true;
  throw Object.assign(new Error('busy'), { status: 503, headers: { 'retry-after': '20' } });
};
await clock.run(retry.execute(busy));
console.log('waited at least 20 s:', clock.now() - before >= 20_000);

// Output:
// warn Operation failed, retrying: attempt 1 of 3
// warn Operation failed, retrying: attempt 2 of 3
// info Operation succeeded after retry: attempt 3 of 3
// user 7
// warn Operation failed, retrying: attempt 1 of 3
// warn Operation failed, retrying: attempt 2 of 3
// error Operation failed after all retries: attempt 3 of 3
// RETRY_EXHAUSTED attempts 3 errors
// error Non-retryable error encountered: attempt 1 of 3
// no such currency
// asked 1 time
// warn Operation failed, retrying: attempt 1 of 3
// info Operation succeeded after retry: attempt 2 of 3
// waited at least 20 s: true
