// Chapter 6.1, "Fail fast": everything is checked before anything is changed.
import { defineErrors, match, rethrow, toProblem } from '@breakwater/errors';

const errors = defineErrors({
  ORDER_INVALID: {
    category: 'permanent',
    status: 400,
    message: 'The order lacks {fields}',
    userMessage: 'Please complete your order.',
  },
  CUSTOMER_INELIGIBLE: {
    category: 'business',
    status: 403,
    message: 'Customer {customerId} may not place orders',
    userMessage: {
      en: 'Your account cannot place orders at the moment.',
      de: 'Mit Ihrem Konto sind zurzeit keine Bestellungen möglich.',
    },
  },
});

type Order = Readonly<Record<string, unknown>>;
const REQUIRED = ['customerId', 'items', 'paymentMethod'];
const blocked = new Set(['c-13']);

function processOrder(order: Order): string {
  const missing = REQUIRED.filter((field) => order[field] === undefined);
  if (missing.length > 0) {
    throw new errors.ORDER_INVALID(
      { fields: missing.join(', ') },
      { fields: missing.map((field) => ({ pointer: `/${field}`, code: 'required' })) },
    );
  }
  const customerId = String(order['customerId']);
  if (blocked.has(customerId)) throw new errors.CUSTOMER_INELIGIBLE({ customerId });
  return `order of ${customerId} created`;
}

for (const order of [
  {},
  { customerId: 'c-13', items: [1], paymentMethod: 'card' },
  { customerId: 'c-1', items: [1], paymentMethod: 'card' },
]) {
  try {
    console.log(processOrder(order));
  } catch (error) {
    const { body } = toProblem(error, { acceptLanguage: 'de' });
    console.log(
      match(errors, error, {
        ORDER_INVALID: () => `${body.status} ${body.detail} ${JSON.stringify(body.errors)}`,
        CUSTOMER_INELIGIBLE: () => `${body.status} ${body.detail}`,
        otherwise: rethrow,
      }),
    );
  }
}

// Output:
// 400 Please complete your order. [{"pointer":"/customerId","code":"required"},{"pointer":"/items","code":"required"},{"pointer":"/paymentMethod","code":"required"}]
// 403 Mit Ihrem Konto sind zurzeit keine Bestellungen möglich.
// order of c-1 created
