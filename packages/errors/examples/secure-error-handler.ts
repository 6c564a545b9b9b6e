// Chapter 6.4, "Sanitizing error messages": everything for the log, redacted; for the client only what was meant for it.
import { classify, fingerprint, type ProblemResponse, serialise, toProblem } from '@breakwater/errors';
import { errors } from './payment-errors.ts';

type Severity = 'low' | 'medium' | 'high' | 'critical';

function severityOf(error: unknown): Severity {
  const { category, reason, alert } = classify(error);
  if (reason === 'data-corrupted') return 'critical';
  if (category === 'systemic' || alert) return 'high';
  return category === 'transient' ? 'medium' : 'low';
}

function createUserSafeError(error: unknown, correlationId: string): ProblemResponse {
  const { message, code, details } = serialise(error, { stack: false });
  const group = fingerprint(error).length === 16 ? 'grouped' : 'not grouped';
  console.log(`log:    ${severityOf(error)} ${code} ${group} | ${message}`);
  if (details !== undefined) console.log(`        ${JSON.stringify(details)}`);
  return toProblem(error, { correlationId, typeBase: 'https://errors.example.com/' });
}

const leaky = Object.assign(new Error('login failed: password=Xk29vQz81LmP card 4111 1111 1111 1111 at db.internal'), {
  code: '28P01',
  severity: 'FATAL',
  query: 'select * from cards',
});
const own = new errors.PAYMENT_FAILED(
  { orderId: 'A-1', reason: 'do_not_honor' },
  { details: { region: 'eu', token: 'sk_live_4eC39HqLyjWDarjtT1zdp7dc' } },
);

for (const error of [leaky, own]) {
  const { status, headers, body } = createUserSafeError(error, 'req-42');
  console.log('client:', status, headers['content-type']);
  console.log(JSON.stringify(body, undefined, 1));
}

// Output:
// log:    high 28P01 grouped | login failed: password=[REDACTED:secret] card [REDACTED:card] at db.internal
// client: 500 application/problem+json
// {
//  "type": "https://errors.example.com/internal-error",
//  "title": "Internal error",
//  "status": 500,
//  "detail": "Something went wrong on our side. Please try again later.",
//  "code": "INTERNAL_ERROR",
//  "correlationId": "req-42",
//  "retryable": false
// }
// log:    low PAYMENT_FAILED grouped | Payment of order A-1 failed: do_not_honor
//         {"region":"eu","token":"[REDACTED:secret]"}
// client: 402 application/problem+json
// {
//  "type": "https://errors.example.com/payment-failed",
//  "title": "Payment failed",
//  "status": 402,
//  "detail": "We are unable to process your payment at this time. Please try again or use a different payment method.",
//  "code": "PAYMENT_FAILED",
//  "correlationId": "req-42",
//  "retryable": false
// }
