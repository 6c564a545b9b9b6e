import type { Category, Outcome, Unit } from './taxonomy.ts';

/** Everything a named reason says about a failure; a rule may override parts of it. */
export interface ReasonData {
  readonly category: Category;
  readonly retryable: boolean;
  readonly outcome: Outcome;
  readonly unit: Unit;
  readonly httpStatus: number;
  readonly alert: boolean;
  readonly countsForBreaker: boolean;
  readonly cancelled: boolean;
  readonly exposeMessage: boolean;
  /** One sentence for people. */
  readonly meaning: string;
}

type Changes = Partial<ReasonData>;

const none = { unit: 'request', alert: false, cancelled: false, exposeMessage: false } as const;

function transient(outcome: Outcome, httpStatus: number, meaning: string, but?: Changes): ReasonData {
  return {
    ...none,
    category: 'transient',
    retryable: true,
    outcome,
    httpStatus,
    countsForBreaker: true,
    meaning,
    ...but,
  };
}

function systemic(outcome: Outcome, httpStatus: number, meaning: string, but?: Changes): ReasonData {
  return {
    ...none,
    category: 'systemic',
    retryable: false,
    outcome,
    httpStatus,
    alert: true,
    countsForBreaker: true,
    meaning,
    ...but,
  };
}

function permanent(outcome: Outcome, httpStatus: number, meaning: string, but?: Changes): ReasonData {
  return {
    ...none,
    category: 'permanent',
    retryable: false,
    outcome,
    httpStatus,
    countsForBreaker: false,
    meaning,
    ...but,
  };
}

function business(httpStatus: number, meaning: string, but?: Changes): ReasonData {
  return {
    ...none,
    category: 'business',
    retryable: false,
    outcome: 'not-applied',
    httpStatus,
    countsForBreaker: false,
    meaning,
    ...but,
  };
}

const alert = { alert: true } as const;
const local = { countsForBreaker: false } as const;
const wholeTransaction = { unit: 'transaction', countsForBreaker: false } as const;

/**
 * The vocabulary of `classify`. A rule pack maps what a library throws to one of these names; the name decides the rest
 * of the verdict. Names are stable: they become log fields, metric labels and test expectations.
 */
// biome-ignore format: a table, one reason a line
export const reasons: Readonly<Record<string, ReasonData>> = {
  // The way to the other side
  'connection-refused': transient('not-applied', 503, 'Nothing accepts connections at the address.'),
  'connection-failed': transient('not-applied', 503, 'No connection could be made.'),
  'connection-lost': transient('unknown', 503, 'The connection broke after the request may have been sent.'),
  'connect-timeout': transient('not-applied', 504, 'No connection within the time allowed.'),
  timeout: transient('unknown', 504, 'No answer within the time allowed; the request may still take effect.'),
  'pool-exhausted': transient('not-applied', 503, 'No free connection in the local pool within the time allowed.', local),
  'dns-unavailable': transient('not-applied', 503, 'The name server did not answer.'),
  'dns-not-found': systemic('not-applied', 503, 'The host name does not exist.'),
  'network-down': transient('not-applied', 503, 'This machine has no network.'),
  'certificate-invalid': systemic('not-applied', 502, "The other side's certificate is not valid, or not for this name."),
  'tls-failed': systemic('not-applied', 502, 'The two sides could not agree on encryption.'),
  'protocol-error': systemic('unknown', 502, 'The other side does not speak the expected protocol.'),
  'response-incomplete': transient('unknown', 502, 'The answer ended before it was complete.'),
  'response-too-large': permanent('unknown', 502, 'The answer is larger than allowed.', alert),
  'response-invalid': systemic('unknown', 502, 'The answer does not have the agreed form.'),
  'too-many-redirects': systemic('not-applied', 502, 'The other side redirects in circles.'),

  // The caller
  cancelled: permanent('unknown', 499, 'The caller gave up.', { cancelled: true }),

  // What the other side says about itself
  unavailable: transient('unknown', 503, 'The service cannot answer now.'),
  'server-error': transient('unknown', 502, 'The service failed while working on the request.'),
  'bad-gateway': transient('unknown', 502, 'A gateway got no usable answer from the service behind it.'),
  'gateway-timeout': transient('unknown', 504, 'A gateway got no answer in time from the service behind it.'),
  overloaded: transient('not-applied', 503, 'The service refused work because it has too much.'),
  'rate-limited': transient('not-applied', 503, 'Too many requests; the service asks for fewer.', local),
  'quota-exceeded': systemic('not-applied', 503, 'An allowance is used up until someone raises it or it renews.', local),
  'starting-up': transient('not-applied', 503, 'The service is starting.'),
  'shutting-down': transient('unknown', 503, 'The service is stopping or restarting.'),
  'not-primary': transient('not-applied', 503, 'This member is not the one that takes writes; a failover is under way.'),
  'too-many-connections': transient('not-applied', 503, 'The service has no free connection slot.'),
  'circuit-open': transient('not-applied', 503, 'A circuit breaker refuses calls for now.', local),

  // What the other side says about the request
  'request-rejected': permanent('not-applied', 500, 'The service called this request invalid.', alert),
  'credentials-rejected': systemic('not-applied', 500, "This service's own credentials were not accepted."),
  'permission-denied': systemic('not-applied', 500, 'This service is not allowed to do this.'),
  'not-found': permanent('not-applied', 404, 'What was asked for does not exist.'),
  'endpoint-missing': systemic('not-applied', 500, 'The service has no such operation.'),
  conflict: business(409, 'The state of the resource does not allow this.'),
  'already-exists': business(409, 'It exists already.'),
  'precondition-failed': business(412, 'A condition stated by the request does not hold.'),
  'payment-required': business(402, 'The service asks for payment first.'),
  locked: business(423, 'The resource is locked.'),
  'legally-blocked': business(451, 'The law forbids it.'),
  'payload-too-large': permanent('not-applied', 413, 'The request is larger than allowed.'),
  'idempotency-conflict': permanent('not-applied', 500, 'An idempotency key was reused for another request.', alert),
  unsupported: permanent('not-applied', 501, 'The operation is not supported.', alert),

  // Databases
  'serialization-failure': transient('rolled-back', 503, 'Concurrent transactions could not be ordered; this one was undone.', wholeTransaction),
  deadlock: transient('rolled-back', 503, 'Two transactions waited for each other; this one was undone.', wholeTransaction),
  'lock-timeout': transient('not-applied', 503, 'A lock was not free within the time allowed.', wholeTransaction),
  busy: transient('not-applied', 503, 'Another writer holds the database.', local),
  'transaction-aborted': permanent('rolled-back', 500, 'An earlier failure ended the transaction; nothing more runs in it.', { ...alert, unit: 'transaction' }),
  'transaction-interrupted': transient('rolled-back', 503, 'The transaction was undone by the database.', { unit: 'transaction' }),
  'commit-unknown': transient('unknown', 503, 'The answer to the commit was lost; it may have taken effect.', { unit: 'commit' }),
  'query-timeout': transient('rolled-back', 504, 'The statement ran longer than allowed, or was cancelled at the server.'),
  'unique-violation': business(409, 'A value that must be unique exists already.'),
  'foreign-key-violation': business(409, 'A record that is referred to is missing, or still referred to.'),
  'constraint-violation': business(422, 'A rule of the data was broken.'),
  'invalid-data': permanent('not-applied', 400, 'A value does not fit the type or range of its field.'),
  'query-invalid': permanent('not-applied', 500, 'The statement is wrong.', alert),
  'schema-mismatch': systemic('not-applied', 500, 'Code and database schema do not fit: a table, column or index is missing.'),
  'database-missing': systemic('not-applied', 503, 'The database does not exist.'),
  'storage-full': systemic('not-applied', 507, 'There is no space left.', { httpStatus: 503 }),
  'out-of-memory': systemic('unknown', 503, 'Memory is exhausted.', { retryable: true }),
  'resource-exhausted': systemic('not-applied', 503, 'A limit of the machine or service is reached.', { retryable: true }),
  'data-corrupted': systemic('unknown', 500, 'Stored data is damaged.'),
  'internal-database-error': systemic('unknown', 500, 'The database found a fault in itself.'),

  // Messaging
  'message-too-large': permanent('not-applied', 500, 'The message is larger than the broker accepts.', alert),
  'rebalance-in-progress': transient('not-applied', 503, 'The consumer group is changing its members.', local),
  fenced: systemic('not-applied', 500, 'A newer instance took over; this one must stop.', local),
  'offset-out-of-range': systemic('not-applied', 500, 'The position asked for is no longer kept.', local),
  'topic-missing': systemic('not-applied', 500, 'The topic, queue or exchange does not exist.'),
  'no-responders': transient('not-applied', 503, 'Nobody listens on the subject.'),
  'message-unroutable': systemic('not-applied', 500, 'No queue takes the message.'),

  // Payments
  declined: business(402, 'The payment was declined.'),
  'insufficient-funds': business(402, 'The account does not cover the amount.'),
  'card-invalid': business(402, 'A detail of the card is wrong.'),
  'card-expired': business(402, 'The card is past its date.'),
  'card-unsupported': business(402, 'The card does not support this payment.'),
  'fraud-suspected': business(402, 'The payment was declined as suspicious. Do not tell the user why.'),
  'authentication-required': business(402, 'The card holder has to confirm the payment.'),
  'limit-exceeded': business(402, 'The payment is above a limit of the card or account.'),
  'already-processed': business(409, 'The payment was made, captured or refunded before.'),
  'account-restricted': business(403, 'The account may not do this.'),
  'processor-unavailable': transient('not-applied', 503, 'The card issuer or processor cannot answer now.'),

  // The user's request
  'invalid-input': permanent('not-applied', 400, 'The request does not have the required form.'),
  'malformed-body': permanent('not-applied', 400, 'The body cannot be read.'),
  'unsupported-media-type': permanent('not-applied', 415, 'The type of the body is not accepted.'),
  'method-not-allowed': permanent('not-applied', 405, 'The method is not offered here.'),
  'upload-aborted': permanent('not-applied', 400, 'The client stopped sending.', { cancelled: true }),
  unauthenticated: business(401, 'The user is not signed in.'),
  'token-expired': business(401, 'The token is past its time.'),
  'token-not-yet-valid': business(401, 'The token is not valid yet.'),
  'token-invalid': permanent('not-applied', 401, 'The token is malformed, or its signature or claims are wrong.'),
  forbidden: business(403, 'The user may not do this.'),
  'refused-by-app': permanent('not-applied', 400, 'This service refused the request.'),
  'failed-in-app': permanent('unknown', 500, 'This service reported a failure of its own.', alert),
  'throttled-by-app': transient('not-applied', 429, 'This service asks its caller for fewer requests.', local),
  'unavailable-in-app': transient('not-applied', 503, 'This service says it cannot answer now.', local),

  // The process
  bug: permanent('unknown', 500, 'The code is wrong.', alert),
  misconfigured: systemic('not-applied', 500, 'A setting is wrong or missing.'),
  'module-missing': systemic('not-applied', 500, 'A module or file of the program is missing.'),
  'file-not-found': permanent('not-applied', 500, 'A file or directory does not exist.', alert),
  'file-exists': permanent('not-applied', 500, 'A file or directory is in the way.', alert),
  'file-access-denied': systemic('not-applied', 500, 'The operating system does not allow it.', local),
  'file-busy': transient('not-applied', 503, 'Another process holds the file or device.', local),
  'device-failed': systemic('unknown', 500, 'A device or file system reported a fault.', local),
  'address-in-use': systemic('not-applied', 500, 'Another process listens on the port.', local),
  'child-process-failed': permanent('unknown', 500, 'A child process ended with an error.', alert),

  // No evidence
  'retry-advised': transient('unknown', 503, 'The error itself says that it may be repeated.'),
  'retry-refused': permanent('unknown', 500, 'The error itself says that it must not be repeated.', alert),
  unknown: permanent('unknown', 500, 'Nothing about the failure is recognised: not repeated, and worth a look.', alert),
  'not-an-error': permanent('unknown', 500, 'Something that is not an error was thrown.', alert),
  unreadable: permanent('unknown', 500, 'What was thrown cannot be looked into.', alert),
};
