// The circuit breaker of chapter 6.2 around a payment gateway, with a second provider while it is open.
import { BreakerOpenError, createBreaker } from '@breakwater/resilience';
import { logEvents } from '@breakwater/resilience/telemetry';
import { createVirtualClock } from '@breakwater/testing';

class PaymentGatewayError extends Error {}

const clock = createVirtualClock(); // a service leaves `clock` out
const paymentCircuit = createBreaker({
  name: 'payment_gateway',
  consecutiveFailures: 3,
  openMs: 30_000,
  successThreshold: 2,
  jitter: 0, // only to make this example exact
  expected: (error) => error instanceof PaymentGatewayError || undefined, // all else says nothing about the gateway
  clock,
});
logEvents(paymentCircuit, (level, message, fields) => {
  if (level !== 'debug') console.log(level, message, fields.policy, fields.reason);
});

let healthy = false;
const gateway = async (amount: number): Promise<string> => {
  if (amount < 0) throw new RangeError(`${amount} is no amount`);
  if (!healthy) throw new PaymentGatewayError('gateway down');
  return `gateway charged ${amount}`;
};
const fallbackProcessor = async (amount: number): Promise<string> => `fallback charged ${amount}`;

async function processPayment(amount: number): Promise<string> {
  try {
    return await paymentCircuit.execute(() => gateway(amount));
  } catch (error) {
    // Refused without a call: the money did not move, so another provider may be asked.
    if (error instanceof BreakerOpenError) return fallbackProcessor(amount);
    return `failed: ${(error as Error).message}`;
  }
}

for (const amount of [10, -1, -1, -1, 20, 30, 40]) console.log(await processPayment(amount));
healthy = true;
await clock.advance(30_000);
// However many callers come back at once, one probes.
console.log(await Promise.all([processPayment(50), processPayment(60)]));
console.log(paymentCircuit.state);
console.log(await processPayment(70), paymentCircuit.state);

// Output:
// failed: gateway down
// failed: -1 is no amount
// failed: -1 is no amount
// failed: -1 is no amount
// failed: gateway down
// warn Circuit breaker opened payment_gateway consecutive-failures
// failed: gateway down
// fallback charged 40
// info Circuit breaker half-open payment_gateway open-time-over
// [ 'gateway charged 50', 'fallback charged 60' ]
// half-open
// info Circuit breaker closed payment_gateway probes-succeeded
// gateway charged 70 closed
