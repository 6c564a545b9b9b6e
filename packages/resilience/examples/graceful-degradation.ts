// Chapter 6.1, RecommendationService: personal recommendations, else the last ones, else what is popular, else none.
import { createBreaker, createCache, createFallback, createTimeout, pipeline } from '@breakwater/resilience';
import { createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` out
let mlService: 'well' | 'down' = 'well';
let popularItems: 'well' | 'down' = 'well';

function refused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
}

async function fromModel(userId: string, signal: AbortSignal): Promise<string[]> {
  if (userId === '') throw new TypeError('userId is empty');
  if (mlService === 'down') throw refused();
  await clock.sleep(20, { signal });
  return [`for-${userId}-1`, `for-${userId}-2`, `for-${userId}-3`];
}

async function popular(): Promise<string[]> {
  if (popularItems === 'down') throw refused();
  return ['popular-1', 'popular-2', 'popular-3'];
}

const lastGood = createCache({ ttlMs: 1000, clock });
const recommendations = pipeline({
  name: 'recommendations',
  fallback: createFallback({
    clock,
    steps: [
      { name: 'cached', cache: lastGood, maxAgeMs: 60_000 },
      { name: 'popular', use: popular },
      { name: 'empty', value: [] },
    ],
  }),
  cache: lastGood,
  breaker: createBreaker({ consecutiveFailures: 5, clock }),
  timeout: createTimeout({ timeoutMs: 200, clock }),
});
recommendations.on((event) => {
  if (event.type === 'fallback.used') console.log(`  degraded: ${event.step} (${(event.error as Error).message})`);
});

async function getRecommendations(userId: string, count = 2): Promise<string[]> {
  const call = recommendations.execute(({ signal }) => fromModel(userId, signal), {
    operation: 'recommendations',
    key: userId,
  });
  return (await clock.run(call)).slice(0, count);
}

console.log(await getRecommendations('ada'));
mlService = 'down';
await clock.advance(5000);
console.log(await getRecommendations('ada'));
console.log(await getRecommendations('bob'));
popularItems = 'down';
console.log(await getRecommendations('cyd'));

// A bug is not an outage: an empty list would hide it for ever.
await getRecommendations('').catch((error: Error) => console.log(`${error.name}: ${error.message}`));

// Output:
// [ 'for-ada-1', 'for-ada-2' ]
//   degraded: cached (connect ECONNREFUSED)
// [ 'for-ada-1', 'for-ada-2' ]
//   degraded: popular (connect ECONNREFUSED)
// [ 'popular-1', 'popular-2' ]
//   degraded: empty (connect ECONNREFUSED)
// []
// TypeError: userId is empty
