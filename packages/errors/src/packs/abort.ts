import type { RulePack } from '../pack.ts';

/** Cancellation by the caller, and time limits by `AbortSignal.timeout`. */
export const abort: RulePack = {
  domain: 'abort',
  title: 'AbortController, AbortSignal.timeout and named timeouts',
  sources: [
    'https://dom.spec.whatwg.org/#interface-AbortSignal',
    'https://nodejs.org/api/errors.html#class-aborterror',
  ],
  strength: 'system-code',
  rules: [
    { when: { code: 'ABORT_ERR' }, is: 'cancelled' },
    { when: { code: 'ABORT_ERR', 'cause.name': 'TimeoutError' }, is: 'timeout' },
    { when: { name: 'AbortError' }, is: 'cancelled' },
    { when: { name: 'AbortError', code: 20 }, is: 'cancelled', code: 'ABORT_ERR' },
    { when: { name: 'AbortError', type: 'aborted' }, is: 'cancelled', code: 'ABORT_ERR' },
    { when: { name: ['CancelError', 'CanceledError', 'CancelledError', 'Cancel'] }, is: 'cancelled' },
    { when: { name: ['TimeoutError', 'TimeoutException'] }, is: 'timeout' },
    { when: { name: 'TimeoutError', code: 23 }, is: 'timeout', code: 'TIMEOUT_ERR' },
  ],
};
