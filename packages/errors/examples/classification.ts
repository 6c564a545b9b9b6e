// Chapter 6.1, "Error classification": one verdict, four responses.
import { classify, matchCategory, type Verdict } from '@breakwater/errors';

const scheduleRetry = (ms: number): string => `retry in ${ms} ms`;
const notifyUser = (reason: string): string => `tell the user: ${reason}`;
const alertOperations = (verdict: Verdict): string => `open the circuit, alert: ${verdict.reason} (${verdict.code})`;
const failFast = (verdict: Verdict): string => `give up${verdict.alert ? ' and alert' : ''}: ${verdict.reason}`;

const handlePaymentError = (error: unknown): string =>
  matchCategory(classify(error), {
    transient: (verdict) => scheduleRetry(verdict.retryAfterMs ?? 30_000),
    business: (verdict) => notifyUser(verdict.reason),
    systemic: alertOperations,
    permanent: failFast,
  });

const failures: Readonly<Record<string, unknown>> = {
  'rate limit': Object.assign(new Error('slow down'), { status: 429, headers: { 'retry-after': '5' } }),
  'network timeout': Object.assign(new Error('timeout'), { code: 'ETIMEDOUT', syscall: 'read' }),
  'no money': Object.assign(new Error('declined'), { type: 'StripeCardError', decline_code: 'insufficient_funds' }),
  'expired token': Object.assign(new Error('jwt expired'), { name: 'TokenExpiredError' }),
  'wrong database password': Object.assign(new Error('auth failed'), { code: '28P01', severity: 'FATAL' }),
  'invalid input': Object.assign(new Error('invalid'), { name: 'ZodError', issues: [] }),
  'a bug': new TypeError('undefined is not a function'),
  'no idea': new Error('something happened'),
};
for (const [name, error] of Object.entries(failures)) console.log(`${name}: ${handlePaymentError(error)}`);

// Output:
// rate limit: retry in 5000 ms
// network timeout: retry in 30000 ms
// no money: tell the user: insufficient-funds
// expired token: tell the user: token-expired
// wrong database password: open the circuit, alert: credentials-rejected (28P01)
// invalid input: give up: invalid-input
// a bug: give up and alert: bug
// no idea: give up and alert: unknown
