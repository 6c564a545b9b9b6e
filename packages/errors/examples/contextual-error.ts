// Chapter 6.1, "Rich error context": what, when, where, why and what to do, in one error.
import { AsyncLocalStorage } from 'node:async_hooks';
import { defineErrors, type ErrorContext, setContextProvider } from '@breakwater/errors';

const errors = defineErrors({
  USER_INACTIVE: {
    category: 'business',
    status: 403,
    message: 'Cannot process a payment for the inactive user {userId}',
    nextStep: 'Check why the account was deactivated before you activate it again.',
    docs: 'https://docs.example.com/errors/user-inactive',
  },
});

// @breakwater/log does this for a service; any store of the current request will do.
const requests = new AsyncLocalStorage<ErrorContext>();
setContextProvider(() => requests.getStore());

const request = {
  correlationId: 'req-42',
  service: 'payments',
  operation: 'POST /payments',
  startedAtMs: 1000,
  nowMs: 1012,
};

requests.run(request, function processPayment() {
  const user = { id: 'u-7', status: 'suspended', lastLogin: '2026-11-01', accountType: 'business' };
  const error = new errors.USER_INACTIVE(
    { userId: user.id },
    { details: { status: user.status, lastLogin: user.lastLogin, accountType: user.accountType } },
  );
  console.log('what: ', error.code, '-', error.message);
  console.log('when: ', error.timeMs, 'after', error.durationMs, 'ms');
  console.log('where:', error.service, error.operation, error.position?.replace(/\(.*\/(.*):\d+:\d+\)/, '($1)'));
  console.log('id:   ', error.correlationId);
  console.log('todo: ', error.nextStep);
  const { stack: _, ...record } = error.toJSON();
  console.log(JSON.stringify(record, undefined, 1));
});
setContextProvider(undefined);

// Output:
// what:  USER_INACTIVE - Cannot process a payment for the inactive user u-7
// when:  1012 after 12 ms
// where: payments POST /payments processPayment (contextual-error.ts)
// id:    req-42
// todo:  Check why the account was deactivated before you activate it again.
// {
//  "name": "UserInactive",
//  "message": "Cannot process a payment for the inactive user u-7",
//  "code": "USER_INACTIVE",
//  "correlationId": "req-42",
//  "service": "payments",
//  "operation": "POST /payments",
//  "nextStep": "Check why the account was deactivated before you activate it again.",
//  "docs": "https://docs.example.com/errors/user-inactive",
//  "outcome": "not-applied",
//  "category": "business",
//  "status": 403,
//  "timeMs": 1012,
//  "durationMs": 12,
//  "retryable": false,
//  "params": {
//   "userId": "u-7"
//  },
//  "details": {
//   "status": "suspended",
//   "lastLogin": "2026-11-01",
//   "accountType": "business"
//  }
// }
