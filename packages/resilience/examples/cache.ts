// Fresh answers from the cache, stale ones while a new one comes and while the price service is down, one call for many.
import { createCache, createCoalesce, pipeline } from '@breakwater/resilience';
import { createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` out
const prices = pipeline({
  name: 'prices',
  cache: createCache({ ttlMs: 1000, staleWhileRevalidateMs: 2000, staleIfErrorMs: 60_000, clock }),
  coalesce: createCoalesce({ clock }),
});
prices.on((event) => console.log(`  ${event.type}${'reason' in event ? ` ${event.reason}` : ''}`));

let calls = 0;
let down = false;
const priceOf = async (sku: string): Promise<string> => {
  calls++;
  await clock.sleep(10);
  if (down) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  return `${sku} at ${clock.now()} ms`;
};
const ask = (): Promise<string> => prices.execute(() => priceOf('sku-1'), { operation: 'price', key: 'sku-1' });

console.log(await clock.run(Promise.all([ask(), ask()])), calls, 'call');
console.log(await ask());
await clock.advance(1500);
console.log(await ask(), 'and a new one is on its way');
await clock.advance(10);
console.log(await ask());
down = true;
await clock.advance(10_000);
console.log(await clock.run(ask()), 'although the service is down');

// Output:
//   cache.miss
//   cache.miss
//   coalesce.joined
// [ 'sku-1 at 10 ms', 'sku-1 at 10 ms' ] 1 call
//   cache.hit fresh
// sku-1 at 10 ms
//   cache.hit revalidating
// sku-1 at 10 ms and a new one is on its way
//   cache.hit fresh
// sku-1 at 1520 ms
//   cache.miss
//   cache.hit error
// sku-1 at 1520 ms although the service is down
