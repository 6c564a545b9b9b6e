// Five policies around one dependency, in the documented order whatever order they are written in.
import {
  createBreaker,
  createBulkhead,
  createRetry,
  createTimeout,
  pipeline,
  timeWindow,
} from '@breakwater/resilience';
import { createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` out
const payments = pipeline({
  name: 'payments',
  totalTimeout: createTimeout({ timeoutMs: 3000, limit: 'total', clock }),
  retry: createRetry({ maxAttempts: 3, clock }),
  bulkhead: createBulkhead({ maxConcurrent: 50, maxQueue: 100, clock }),
  breaker: createBreaker({ window: timeWindow(10_000), failureRate: 0.5, minimumCalls: 20, clock }),
  timeout: createTimeout({ timeoutMs: 800, clock }),
});
payments.on((event) => console.log('reason' in event ? `${event.type}: ${event.reason}` : event.type));

let calls = 0;
const charge = (signal: AbortSignal): Promise<string> =>
  // The first attempt hangs; the signal tells it when to stop.
  ++calls === 1 ? clock.sleep(60_000, { signal }).then(() => 'too late') : Promise.resolve('charged');

const result = payments.execute(({ signal }) => charge(signal), { operation: 'charge', correlationId: 'c-42' });
console.log(await clock.run(result), 'after', calls, 'calls');
console.log(payments.policies.map((policy) => policy.kind).join(' > '));

// Output:
// timeout.expired: attempt
// retry.scheduled: backoff
// retry.succeeded
// charged after 2 calls
// timeout > retry > bulkhead > breaker > timeout
