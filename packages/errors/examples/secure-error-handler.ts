// Chapter 6.4, "Sanitizing error messages": everything for the log, redacted; for the client only what was meant for it.
import { classify, fingerprint, type Problem, type ProblemResponse, serialise, toProblem } from '@breakwater/errors';
import { errors } from './payment-errors.ts';

type Severity = 'low' | 'medium' | 'high' | 'critical';

function severityOf(error: unknown): Severity {
  const { category, reason, alert } = classify(error);
  if (reason === 'data-corrupted') return 'critical';
  if (category === 'systemic' || alert) return 'high';
  return category === 'transient' ? 'medium' : 'low';
}

/** The answer, and in development what else a developer wants to see. */
interface SafeError extends ProblemResponse {
  readonly body: Problem & { readonly debug?: { readonly name: string; readonly message: string } };
}

function createUserSafeError(error: unknown, correlationId: string, environment = 'production'): SafeError {
  const { name, message, code, details } = serialise(error, { stack: false });
  const group = fingerprint(error).length === 16 ? 'grouped' : 'not grouped';
  console.log(`log:    ${severityOf(error)} ${code} ${group} | ${message}`);
  if (details !== undefined) console.log(`        ${JSON.stringify(details)}`);
  const answer = toProblem(error, { correlationId, typeBase: 'https://errors.example.com/' });
  if (environment !== 'development') return answer;
  // Both are redacted, yet they tell how the service is built: never outside a developer's machine.
  return { ...answer, body: { ...answer.body, debug: { name, message } } };
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

console.log('developer:', JSON.stringify(createUserSafeError(leaky, 'req-43', 'development').body.debug));

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
// log:    high 28P01 grouped | login failed: password=[REDACTED:secret] card [REDACTED:card] at db.internal
// developer: {"name":"Error","message":"login failed: password=[REDACTED:secret] card [REDACTED:card] at db.internal"}
