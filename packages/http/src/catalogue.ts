import { defineErrors, type ErrorType } from '@breakwater/errors';

/** What the edge itself refuses a request with, and what the client says of an answer it cannot use. */
export const edgeErrors: {
  readonly TOO_MANY_REQUESTS: ErrorType<'TOO_MANY_REQUESTS', { readonly limit: string; readonly client: string }>;
  readonly RATE_LIMIT_UNAVAILABLE: ErrorType<'RATE_LIMIT_UNAVAILABLE', { readonly limit: string }>;
  readonly DEADLINE_PASSED: ErrorType<'DEADLINE_PASSED'>;
  readonly INVALID_INPUT: ErrorType<'INVALID_INPUT', { readonly part: string }>;
  readonly NOT_SIGNED_IN: ErrorType<'NOT_SIGNED_IN', { readonly reason: string }>;
  readonly IDEMPOTENCY_KEY_MISSING: ErrorType<'IDEMPOTENCY_KEY_MISSING'>;
  readonly IDEMPOTENCY_KEY_INVALID: ErrorType<'IDEMPOTENCY_KEY_INVALID'>;
  readonly IDEMPOTENCY_KEY_REUSED: ErrorType<'IDEMPOTENCY_KEY_REUSED'>;
  readonly IDEMPOTENCY_CONFLICT: ErrorType<'IDEMPOTENCY_CONFLICT'>;
  readonly IDEMPOTENCY_OUTCOME_UNKNOWN: ErrorType<'IDEMPOTENCY_OUTCOME_UNKNOWN'>;
  readonly UPSTREAM_ANSWER_INVALID: ErrorType<
    'UPSTREAM_ANSWER_INVALID',
    { readonly method: string; readonly problem: string }
  >;
  readonly KEYS_UNAVAILABLE: ErrorType<'KEYS_UNAVAILABLE'>;
} = defineErrors({
  TOO_MANY_REQUESTS: {
    category: 'transient',
    message: 'The limit {limit} of {client} is used up',
    status: 429,
    title: 'Too many requests',
    outcome: 'not-applied',
    alert: false,
    userMessage: {
      en: 'Too many requests. Please wait a moment and try again.',
      de: 'Zu viele Anfragen. Bitte warten Sie einen Moment und versuchen Sie es erneut.',
    },
  },
  RATE_LIMIT_UNAVAILABLE: {
    category: 'transient',
    message: 'Whether the limit {limit} is used up cannot be known',
    status: 503,
    title: 'Service unavailable',
    outcome: 'not-applied',
    retryAfterMs: 1000,
    alert: true,
  },
  // The caller's doing, and nobody waits for the answer: no failure of this service, which 5xx would be.
  DEADLINE_PASSED: {
    category: 'permanent',
    message: 'The deadline of the request had passed when it came',
    status: 408,
    outcome: 'not-applied',
    alert: false,
  },
  INVALID_INPUT: {
    category: 'permanent',
    message: 'The {part} of the request does not follow its schema',
    status: 422,
    publicParams: ['part'],
    userMessage: {
      en: 'The information provided is not valid. Please check it and try again.',
      de: 'Die Angaben sind nicht gültig. Bitte prüfen Sie sie und versuchen Sie es erneut.',
    },
  },
  NOT_SIGNED_IN: {
    category: 'permanent',
    message: 'No valid token: {reason}',
    status: 401,
    userMessage: {
      en: 'Please sign in and try again.',
      de: 'Bitte melden Sie sich an und versuchen Sie es erneut.',
    },
  },
  IDEMPOTENCY_KEY_MISSING: {
    category: 'permanent',
    message: 'The request needs a field Idempotency-Key',
    status: 400,
  },
  IDEMPOTENCY_KEY_INVALID: {
    category: 'permanent',
    message: 'The field Idempotency-Key is not a key of 1 to 255 visible characters',
    status: 400,
  },
  IDEMPOTENCY_KEY_REUSED: {
    category: 'permanent',
    message: 'The idempotency key was used for another request',
    status: 422,
  },
  IDEMPOTENCY_CONFLICT: {
    category: 'transient',
    message: 'A request with this idempotency key is still being processed',
    status: 409,
    outcome: 'not-applied',
    retryAfterMs: 1000,
    alert: false,
  },
  IDEMPOTENCY_OUTCOME_UNKNOWN: {
    category: 'permanent',
    message: 'A request with this idempotency key broke off, and whether it took effect is not known',
    status: 409,
    outcome: 'unknown',
    alert: true,
    userMessage: {
      en: 'We do not know yet whether this worked. Please check before you try again.',
      de: 'Wir wissen noch nicht, ob dies gelungen ist. Bitte prüfen Sie es, bevor Sie es erneut versuchen.',
    },
  },
  UPSTREAM_ANSWER_INVALID: {
    category: 'systemic',
    message: 'The answer to {method} is {problem}',
    status: 502,
    outcome: 'unknown',
    alert: true,
  },
  KEYS_UNAVAILABLE: {
    category: 'transient',
    message: 'The keys that tokens are verified with cannot be had',
    status: 503,
    outcome: 'not-applied',
    retryAfterMs: 1000,
    alert: true,
  },
});
