// The timeout manager of chapter 6.2: limits by kind of call, a log line when time is up, a typed error.
import { adaptiveLimit, createTimeout, pipeline, TimeoutError } from '@breakwater/resilience';
import { logEvents } from '@breakwater/resilience/telemetry';
import { createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` out

const lookup = pipeline({
  name: 'external_user_lookup',
  totalTimeout: createTimeout({ timeoutMs: 15_000, limit: 'total', clock }),
  timeout: createTimeout({ timeoutMs: 10_000, clock }),
});
logEvents(lookup, (level, message, fields) =>
  console.log(level, message, fields.operation, fields.timeout_ms, fields.reason),
);

const slowApi = (signal: AbortSignal): Promise<string> => clock.sleep(60_000, { signal }).then(() => 'user 7');
const answer = lookup.execute(({ signal }) => slowApi(signal)).catch((error: unknown) => error);

await clock.advance(10_000);
const error = await answer;
if (error instanceof TimeoutError) console.log(error.code, error.message);

// The limit can follow what the service really does: twice the 99th percentile of recent calls, within bounds (found to 10 %).
const adaptive = createTimeout({ timeoutMs: adaptiveLimit({ floorMs: 50, ceilingMs: 5000 }), clock });
for (let call = 0; call < 100; call++) await clock.run(adaptive.execute(() => clock.sleep(100)));
console.log('limit after 100 calls of 100 ms:', Math.round(adaptive.currentMs), 'ms');

// Output:
// error Operation timeout external_user_lookup 10000 attempt
// TIMEOUT external_user_lookup took longer than 10000 ms (attempt timeout)
// limit after 100 calls of 100 ms: 205 ms
