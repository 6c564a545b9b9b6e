import type { RulePack } from '../pack.ts';

/** Refusals by resilience libraries: they say nothing about the health of what was called. */
export const policies: RulePack = {
  domain: 'policy',
  title: '@breakwater/resilience, cockatiel and opossum',
  sources: ['https://github.com/connor4312/cockatiel', 'https://nodeshift.dev/opossum/'],
  rules: [
    { when: { code: 'BREAKER_OPEN', rejectedBy: 'breaker' }, is: 'circuit-open' },
    { when: { code: 'TIMEOUT', name: 'TimeoutError', timeoutMs: '*' }, is: 'timeout' },
    { when: { code: 'NO_PROVIDER', rejectedBy: 'provider-pool' }, is: 'circuit-open' },
    { when: { code: 'BULKHEAD_FULL', rejectedBy: 'bulkhead' }, is: 'pool-exhausted' },
    { when: { code: 'RATE_LIMITED', rejectedBy: 'rate-limit' }, is: 'rate-limited' },
    {
      when: { code: ['LOAD_SHED', 'CONCURRENCY_LIMITED', 'THROTTLED'], rejectedBy: '*' },
      is: 'overloaded',
      but: { countsForBreaker: false },
    },
    { when: { code: 'EOPENBREAKER' }, is: 'circuit-open' },
    {
      when: { code: 'ESHUTDOWN', message: 'The circuit has been shutdown.' },
      is: 'shutting-down',
      but: { outcome: 'not-applied', countsForBreaker: false },
    },
    { when: { name: ['BrokenCircuitError', 'IsolatedCircuitError'] }, is: 'circuit-open' },
    { when: { code: 'ESEMLOCKED' }, is: 'pool-exhausted' },
    { when: { name: 'BulkheadRejectedError' }, is: 'pool-exhausted' },
    {
      when: { name: 'TaskCancelledError', isTaskCancelledError: true },
      is: 'timeout',
      but: { countsForBreaker: false },
    },
  ],
};
