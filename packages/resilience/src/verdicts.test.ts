import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '@breakwater/errors';
import { ConcurrencyLimitedError } from './adaptive/adaptive-concurrency.ts';
import { BreakerOpenError, BulkheadFullError, RetryExhaustedError, TimeoutError } from './errors.ts';
import { LoadShedError } from './load-shed/load-shed.ts';
import { NoProviderError } from './provider-pool.ts';
import { RateLimitedError } from './rate-limit/rate-limit.ts';
import { ThrottledError } from './throttle.ts';

const refusals = [
  ['circuit-open', new BreakerOpenError('payments', 'open', 500)],
  ['circuit-open', new NoProviderError('payments', 500)],
  ['pool-exhausted', new BulkheadFullError('payments', 'queue-full')],
  ['rate-limited', new RateLimitedError('payments', 'limit', undefined)],
  ['overloaded', new LoadShedError('payments', 'overload')],
  ['overloaded', new ConcurrencyLimitedError('payments')],
  ['overloaded', new ThrottledError('payments')],
] as const;

test('P10 classify says of every refusal that nothing was done and nothing is wrong with what was called', () => {
  for (const [reason, error] of refusals) {
    const verdict = classify(error);
    const { outcome, countsForBreaker, retryable, category, httpStatus } = verdict;
    assert.deepEqual(
      { reason: verdict.reason, outcome, countsForBreaker, retryable, category, httpStatus },
      {
        reason,
        outcome: 'not-applied',
        countsForBreaker: false,
        retryable: true,
        category: 'transient',
        httpStatus: 503,
      },
      error.name,
    );
    assert.equal(verdict.retryAfterMs, error.retryAfterMs);
  }
});

test('P10 what ended a retry decides what is said of it, but that it is not to be repeated', () => {
  const open = classify(
    new RetryExhaustedError('pay', 'attempts', [new BreakerOpenError('payments', 'open', 500)], 500),
  );
  assert.deepEqual([open.reason, open.retryable, open.httpStatus], ['circuit-open', false, 503]);
  const late = classify(
    new RetryExhaustedError('pay', 'attempts', [new TimeoutError('pay', 'attempt', 50)], undefined),
  );
  assert.deepEqual([late.reason, late.retryable, late.outcome], ['timeout', false, 'unknown']);
});
