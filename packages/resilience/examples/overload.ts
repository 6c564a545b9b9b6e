// More comes in than can be served: what is urgent goes first, and what is served is fresh.
import { createLoadShed } from '@breakwater/resilience';
import { createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` out
const shed = createLoadShed({ maxConcurrent: 2, targetMs: 20, intervalMs: 100, clock });
shed.on((event) => {
  if (event.type === 'load-shed.changed') console.log(`  ${event.reason} at ${clock.now()} ms`);
});

const served = { checkout: 0, browse: 0 };
const waits: number[] = [];
const request = (kind: 'checkout' | 'browse'): void => {
  const came = clock.now();
  shed
    .execute(
      () => {
        waits.push(clock.now() - came);
        return clock.sleep(10);
      },
      { priority: kind === 'checkout' ? 1 : 0 },
    )
    .then(
      () => served[kind]++,
      () => undefined, // answered with 503
    );
};

// 200 calls a second can be served; 400 come, 50 of them to pay.
for (let at = 0; at < 2000; at += 5) {
  request('browse');
  request(at % 40 === 0 ? 'checkout' : 'browse');
  await clock.advance(5);
}
await clock.advance(1000);
request('browse');
await clock.advance(100);
console.log(`checkout: ${served.checkout} of 50, browse: ${served.browse} of 751`);
console.log(`nobody served has waited longer than ${Math.max(...waits)} ms`);

// Output:
//   overload at 110 ms
//   calm at 3000 ms
// checkout: 50 of 50, browse: 353 of 751
// nobody served has waited longer than 55 ms
