// Your own knowledge comes before the built-in rules.
import { createClassifier, reasons } from '@breakwater/errors';

const classify = createClassifier({
  // A reason of your own: what the built-in "overloaded" says, but with another status.
  reasons: {
    'mainframe-asleep': {
      ...reasons['overloaded']!,
      httpStatus: 503,
      meaning: 'The mainframe runs its nightly batch.',
    },
  },
  rules: [
    { when: { code: 'MF-0042' }, is: 'mainframe-asleep' },
    { when: { code: '23505', constraint: 'orders_request_id' }, is: 'already-processed' },
  ],
});

const show = (error: Error): void => {
  const { reason, retryable, httpStatus, evidence } = classify(error);
  console.log(reason, retryable, httpStatus, evidence.strength);
};
show(Object.assign(new Error('busy'), { code: 'MF-0042' }));
show(Object.assign(new Error('dup'), { code: '23505', severity: 'ERROR', constraint: 'orders_request_id' }));
show(Object.assign(new Error('dup'), { code: '23505', severity: 'ERROR', constraint: 'users_email' }));

// Output:
// mainframe-asleep true 503 user-rule
// already-processed false 409 user-rule
// unique-violation false 409 vendor-code
