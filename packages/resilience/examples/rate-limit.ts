// Three calls a second per client, told to the client in header fields.
import { createRateLimit, RateLimitedError } from '@breakwater/resilience';
import { toRateLimitHeaders } from '@breakwater/resilience/http';
import { createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` out
const perClient = createRateLimit({ limit: 3, windowMs: 1000, name: 'per-client', clock });

async function handle(client: string): Promise<string> {
  try {
    return await perClient.execute(() => '200', { key: client });
  } catch (error) {
    if (!(error instanceof RateLimitedError)) throw error;
    return `429 ${JSON.stringify(toRateLimitHeaders(error.decision!, error.policy))}`;
  }
}

for (let request = 1; request <= 4; request++) console.log('ada', await handle('ada'));
console.log('bob', await handle('bob'));
await clock.advance(334); // a third of the window: one call has come back
console.log('ada', await handle('ada'));

// Output:
// ada 200
// ada 200
// ada 200
// ada 429 {"RateLimit-Policy":"\"per-client\";q=3;w=1","RateLimit":"\"per-client\";r=0;t=1","Retry-After":"1"}
// bob 200
// ada 200
