// Chapter 6.1, "Never fail silently": every failure of the gateway is logged and told to the caller by name.
import { attempt, classify, defineErrors } from '@breakwater/errors';

const errors = defineErrors({
  PAYMENT_FAILED: { category: 'business', status: 402, message: 'The gateway refused the payment: {gatewayCode}' },
  PAYMENT_UNAVAILABLE: { category: 'transient', message: 'The payment service cannot be reached', retryAfterMs: 2000 },
});

const log = (level: string, message: string, facts: object): void => console.log(level, message, JSON.stringify(facts));

interface Gateway {
  charge(amount: number, cardToken: string): { id: string };
}

// Bad: the caller cannot tell "declined" from "unplugged". `breakwater-lint` reports this catch.
function processPaymentSilently(gateway: Gateway, amount: number, cardToken: string): { id: string } | null {
  try {
    return gateway.charge(amount, cardToken);
  } catch {
    return null;
  }
}

// Good: what is known is logged, and each kind of failure has a name of its own.
function processPayment(gateway: Gateway, amount: number, cardToken: string): { id: string } {
  try {
    const result = gateway.charge(amount, cardToken);
    log('info', 'payment processed', { amount, transactionId: result.id });
    return result;
  } catch (cause) {
    const { category, code, reason } = classify(cause);
    log('error', 'payment failed', { amount, category, code, reason });
    if (category === 'business') throw new errors.PAYMENT_FAILED({ gatewayCode: code }, { cause });
    throw new errors.PAYMENT_UNAVAILABLE({}, { cause });
  }
}

const failing = (error: Error): Gateway => ({
  charge: () => {
    throw error;
  },
});
const declined = Object.assign(new Error('declined'), { type: 'StripeCardError', decline_code: 'insufficient_funds' });
const unplugged = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });

console.log(
  'silently:',
  processPaymentSilently(failing(declined), 20, 'tok_1'),
  processPaymentSilently(failing(unplugged), 20, 'tok_1'),
);
for (const gateway of [{ charge: () => ({ id: 'ch_1' }) }, failing(declined), failing(unplugged)]) {
  const outcome = attempt(
    () => processPayment(gateway, 20, 'tok_1'),
    errors.PAYMENT_FAILED,
    errors.PAYMENT_UNAVAILABLE,
  );
  console.log(outcome.ok ? `ok: ${outcome.value.id}` : `${outcome.error.code}, retry: ${outcome.error.retryable}`);
}

// Output:
// silently: null null
// info payment processed {"amount":20,"transactionId":"ch_1"}
// ok: ch_1
// error payment failed {"amount":20,"category":"business","code":"insufficient_funds","reason":"insufficient-funds"}
// PAYMENT_FAILED, retry: false
// error payment failed {"amount":20,"category":"transient","code":"ECONNREFUSED","reason":"connection-refused"}
// PAYMENT_UNAVAILABLE, retry: true
