// A request comes in with 300 ms left; what goes on from here has what is left of them, never more.
import { createRetry, fixedBackoff } from '@breakwater/resilience';
import { DEADLINE_HEADER, deadlineFromHeaders, toDeadlineHeader } from '@breakwater/resilience/http';
import { createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` out
const retry = createRetry({ backoff: fixedBackoff({ delayMs: 100, jitter: 'none' }), clock });

const incoming = { [DEADLINE_HEADER]: '300' };
// This service grants 2 s at most: the lesser of the two holds.
const deadline = deadlineFromHeaders(incoming, { maxMs: 2000, clock });

const result = retry.execute(
  async (context) => {
    console.log(
      `attempt ${context.attempt} sends ${DEADLINE_HEADER}: ${toDeadlineHeader(context.deadline, { clock })}`,
    );
    await clock.sleep(80);
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  },
  { operation: 'stock', deadline },
);
await clock.run(result).catch((error: Error) => console.log(error.message, `at ${clock.now()} ms`));

// Output:
// attempt 1 sends x-request-timeout-ms: 300
// attempt 2 sends x-request-timeout-ms: 120
// stock failed at attempt 2 (deadline): read ECONNRESET at 260 ms
