// Two payment providers that do the same: the second takes over, the first is left out until it is well again.
import { createProviderPool } from '@breakwater/resilience';
import { createVirtualClock } from '@breakwater/testing';

const clock = createVirtualClock(); // a service leaves `clock` out
let firstIsDown = true;
const providers = {
  first: async (amount: number): Promise<string> => {
    if (firstIsDown) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    return `first charged ${amount}`;
  },
  second: async (amount: number): Promise<string> => `second charged ${amount}`,
};
const pool = createProviderPool({
  name: 'payments',
  providers,
  ejection: { consecutiveFailures: 2, openMs: 30_000 },
  clock,
});
pool.on((event) => {
  if (event.type === 'pool.failover') console.log(`  ${event.from} failed, asking ${event.to}`);
  if (event.type === 'breaker.opened') console.log(`  ${event.policy} is left out`);
});

// Not idempotent: the second is only asked because the first has certainly not charged.
const charge = (amount: number): Promise<string> =>
  pool.call((provider) => provider(amount), { operation: 'charge', idempotent: false });

for (const amount of [10, 20, 30]) console.log(await charge(amount));
firstIsDown = false;
await clock.advance(40_000);
console.log(await charge(40));
console.log(pool.health.map(({ name, state }) => `${name} ${state}`).join(', '));

// Output:
//   first failed, asking second
// second charged 10
//   payments/first is left out
//   first failed, asking second
// second charged 20
// second charged 30
// first charged 40
// first closed, second closed
