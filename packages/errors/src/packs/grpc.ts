import type { RulePack } from '../pack.ts';

/** gRPC by status number, from @grpc/grpc-js, Connect and Google's clients. */
export const grpc: RulePack = {
  domain: 'grpc',
  title: 'gRPC (@grpc/grpc-js, google-gax)',
  sources: [
    'https://grpc.io/docs/guides/status-codes/',
    'https://github.com/grpc/proposal/blob/master/A6-client-retries.md',
  ],
  markers: [{ details: '*', metadata: '*' }, { name: 'ConnectError' }],
  rules: [
    { when: { code: 1 }, is: 'cancelled', code: 'CANCELLED' },
    {
      when: { code: 2 },
      is: 'server-error',
      but: { confidence: 'low', retryable: false, category: 'permanent' },
      code: 'UNKNOWN',
    },
    { when: { code: 3 }, is: 'request-rejected', code: 'INVALID_ARGUMENT' },
    { when: { code: 4 }, is: 'timeout', code: 'DEADLINE_EXCEEDED' },
    { when: { code: 5 }, is: 'not-found', code: 'NOT_FOUND' },
    { when: { code: 6 }, is: 'already-exists', code: 'ALREADY_EXISTS' },
    { when: { code: 7 }, is: 'permission-denied', code: 'PERMISSION_DENIED' },
    { when: { code: 8 }, is: 'rate-limited', code: 'RESOURCE_EXHAUSTED' },
    { when: { code: 9 }, is: 'precondition-failed', code: 'FAILED_PRECONDITION' },
    { when: { code: 10 }, is: 'serialization-failure', code: 'ABORTED' },
    { when: { code: 11 }, is: 'request-rejected', code: 'OUT_OF_RANGE' },
    { when: { code: 12 }, is: 'endpoint-missing', code: 'UNIMPLEMENTED' },
    {
      when: { code: 13 },
      is: 'server-error',
      but: { retryable: false, category: 'systemic', alert: true },
      code: 'INTERNAL',
    },
    { when: { code: 14 }, is: 'unavailable', code: 'UNAVAILABLE' },
    { when: { code: 15 }, is: 'data-corrupted', code: 'DATA_LOSS' },
    { when: { code: 16 }, is: 'credentials-rejected', code: 'UNAUTHENTICATED' },
  ],
};
