// Errors of libraries that are not installed here, because they bring binaries, are large, or fail only against their
// own service. The shapes are written down from the libraries' documentation and type definitions (see the `sources` of
// each pack): Prisma, mssql and tedious, Azure, Google, NestJS, librdkafka, @platformatic/kafka, PayPal, Adyen,
// Braintree, Anthropic, the Vercel AI SDK, DynamoDB, Mongoose, hapi, cockatiel and opossum, browsers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classify } from '../classify.ts';
import type { Verdict } from '../taxonomy.ts';

const make = (properties: object): Error => Object.assign(new Error('as documented'), properties);

const shapes: readonly (readonly [library: string, error: unknown, expected: Partial<Verdict>])[] = [
  [
    'Prisma',
    make({ name: 'PrismaClientKnownRequestError', code: 'P2002', clientVersion: '7.0.0', meta: { target: ['email'] } }),
    { reason: 'unique-violation', domain: 'prisma', category: 'business', code: 'P2002' },
  ],
  [
    'Prisma',
    make({ name: 'PrismaClientKnownRequestError', code: 'P2034', clientVersion: '7.0.0' }),
    { reason: 'serialization-failure', retryable: true, unit: 'transaction' },
  ],
  [
    'Prisma',
    make({ name: 'PrismaClientKnownRequestError', code: 'P2024', clientVersion: '7.0.0' }),
    { reason: 'pool-exhausted', countsForBreaker: false },
  ],
  [
    'Prisma',
    make({ name: 'PrismaClientInitializationError', errorCode: 'P1001', clientVersion: '7.0.0' }),
    { reason: 'connection-failed', retryable: true, code: 'P1001' },
  ],
  ['Prisma', make({ name: 'PrismaClientValidationError', clientVersion: '7.0.0' }), { reason: 'bug' }],
  [
    'tedious',
    make({ name: 'RequestError', code: 'EREQUEST', number: 1205, state: 51, class: 13 }),
    { reason: 'deadlock', domain: 'sqlserver', unit: 'transaction', outcome: 'rolled-back' },
  ],
  [
    'tedious',
    make({ name: 'RequestError', code: 'ETIMEOUT', number: undefined }),
    { reason: 'timeout', outcome: 'unknown' },
  ],
  [
    'mssql',
    make({ name: 'ConnectionError', code: 'ELOGIN', originalError: make({ code: 'ELOGIN' }) }),
    { reason: 'credentials-rejected', category: 'systemic' },
  ],
  [
    'mssql',
    make({ name: 'RequestError', code: 'EREQUEST', number: 40613 }),
    { reason: 'unavailable', retryable: true },
  ],
  [
    'mssql',
    make({ name: 'RequestError', code: 'EREQUEST', number: 2627 }),
    { reason: 'unique-violation', httpStatus: 409 },
  ],
  [
    'Azure Storage',
    make({ name: 'RestError', code: 'ServerBusy', statusCode: 503 }),
    { reason: 'overloaded', domain: 'azure', retryable: true },
  ],
  ['Azure Storage', make({ name: 'RestError', code: 'BlobNotFound', statusCode: 404 }), { reason: 'not-found' }],
  [
    'Azure Storage',
    make({ name: 'RestError', code: 'AuthorizationFailure', statusCode: 403 }),
    { reason: 'permission-denied', category: 'systemic' },
  ],
  [
    'Azure Service Bus',
    make({ name: 'ServiceBusError', code: 'MessageLockLost', retryable: false }),
    { reason: 'fenced', retryable: false },
  ],
  ['Azure Cosmos DB', make({ name: 'ErrorResponse', code: 449 }), { reason: 'serialization-failure', retryable: true }],
  [
    'Azure OpenAI',
    make({ name: 'RestError', statusCode: 429, response: { headers: { 'x-ms-retry-after-ms': '800' } } }),
    { reason: 'rate-limited', retryAfterMs: 800 },
  ],
  [
    'Google gaxios',
    make({
      name: 'GaxiosError',
      status: 403,
      code: '403',
      errors: [{ reason: 'rateLimitExceeded', domain: 'usageLimits' }],
    }),
    { reason: 'rate-limited', domain: 'google', retryable: true },
  ],
  [
    'Google Cloud Storage',
    make({ name: 'ApiError', code: 412, errors: [{ reason: 'conditionNotMet' }] }),
    { reason: 'precondition-failed', category: 'business' },
  ],
  [
    'Google Firestore',
    make({ code: 10, details: 'contention', metadata: { get: () => [] } }),
    { reason: 'serialization-failure', code: 'ABORTED', domain: 'grpc' },
  ],
  [
    'NestJS',
    make({ name: 'NotFoundException', status: 404, response: { statusCode: 404 } }),
    { reason: 'not-found', domain: 'nestjs', httpStatus: 404 },
  ],
  [
    'NestJS',
    make({ name: 'UnauthorizedException', status: 401, response: {} }),
    { reason: 'unauthenticated', category: 'business', httpStatus: 401 },
  ],
  [
    'NestJS',
    make({ name: 'BadRequestException', status: 400, response: {} }),
    { reason: 'refused-by-app', httpStatus: 400 },
  ],
  [
    'hapi',
    make({ isBoom: true, output: { statusCode: 403, payload: {} } }),
    { reason: 'forbidden', domain: 'boom', httpStatus: 403 },
  ],
  [
    'librdkafka',
    make({ name: 'LibrdKafkaError', code: -195, errno: -195, origin: 'local' }),
    { reason: 'connection-lost', domain: 'kafka', retryable: true },
  ],
  [
    'librdkafka',
    make({ name: 'LibrdKafkaError', code: -144, errno: -144, origin: 'local', isFatal: true }),
    { reason: 'fenced', category: 'systemic' },
  ],
  [
    'confluent',
    make({ name: 'KafkaJSError', type: 'ERR__TRANSPORT', retriable: true }),
    { reason: 'connection-lost', retryable: true },
  ],
  ['@platformatic/kafka', make({ code: 'PLT_KFK_NETWORK' }), { reason: 'connection-lost', domain: 'kafka' }],
  [
    '@platformatic/kafka',
    make({ code: 'PLT_KFK_PROTOCOL', apiId: 'NOT_LEADER_OR_FOLLOWER', canRetry: true }),
    { reason: 'not-primary', retryable: true, code: 'NOT_LEADER_OR_FOLLOWER' },
  ],
  [
    'PayPal SDK',
    make({
      name: 'ApiError',
      statusCode: 422,
      result: { name: 'UNPROCESSABLE_ENTITY', details: [{ issue: 'INSTRUMENT_DECLINED' }] },
    }),
    { reason: 'declined', domain: 'paypal', category: 'business', code: 'INSTRUMENT_DECLINED' },
  ],
  [
    'PayPal by axios',
    make({
      name: 'AxiosError',
      isAxiosError: true,
      code: 'ERR_BAD_REQUEST',
      status: 422,
      response: { status: 422, data: { details: [{ issue: 'ORDER_ALREADY_CAPTURED' }] } },
    }),
    { reason: 'already-processed', domain: 'paypal' },
  ],
  [
    'Adyen',
    make({ name: 'HttpClientException', statusCode: 401, errorCode: '010' }),
    { reason: 'permission-denied', domain: 'adyen' },
  ],
  [
    'Adyen',
    make({ name: 'HttpClientException', statusCode: 422, errorCode: '101' }),
    { reason: 'card-invalid', category: 'business' },
  ],
  [
    'Braintree',
    make({ type: 'authenticationError', name: 'authenticationError' }),
    { reason: 'credentials-rejected', domain: 'braintree' },
  ],
  [
    'Braintree',
    make({ type: 'processorDeclined', transaction: { processorResponseCode: '2001' } }),
    { reason: 'insufficient-funds', code: '2001' },
  ],
  [
    'Anthropic',
    make({
      name: 'InternalServerError',
      status: 529,
      error: { type: 'error', error: { type: 'overloaded_error' } },
      headers: {},
      requestID: 'r',
    }),
    { reason: 'overloaded', retryable: true, outcome: 'not-applied' },
  ],
  [
    'Vercel AI SDK',
    make({ name: 'AI_APICallError', statusCode: 500, isRetryable: true }),
    { retryable: true, reason: 'server-error' },
  ],
  [
    'DynamoDB',
    make({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }],
    }),
    { reason: 'serialization-failure', unit: 'transaction' },
  ],
  [
    'DynamoDB',
    make({ name: 'TransactionCanceledException', CancellationReasons: [{ Code: 'ConditionalCheckFailed' }] }),
    { reason: 'precondition-failed', category: 'business' },
  ],
  [
    'DynamoDB',
    make({ name: 'ProvisionedThroughputExceededException', $fault: 'client', $metadata: {} }),
    { reason: 'rate-limited', retryable: true },
  ],
  [
    'S3',
    make({ name: 'NoSuchBucket', $fault: 'client', $metadata: { httpStatusCode: 404 } }),
    { reason: 'misconfigured', category: 'systemic' },
  ],
  [
    'Mongoose',
    make({ name: 'CastError', kind: 'ObjectId', path: '_id' }),
    { reason: 'invalid-data', domain: 'mongoose' },
  ],
  [
    'node-fetch',
    make({ name: 'FetchError', type: 'system', code: 'ECONNRESET', errno: 'ECONNRESET' }),
    { reason: 'connection-lost' },
  ],
  ['better-sqlite3', make({ name: 'SqliteError', code: 'SQLITE_BUSY' }), { reason: 'busy', domain: 'sqlite' }],
  [
    'better-sqlite3',
    make({ name: 'SqliteError', code: 'SQLITE_IOERR_FSYNC' }),
    { reason: 'device-failed', category: 'systemic' },
  ],
  ['opossum', make({ code: 'EOPENBREAKER' }), { reason: 'circuit-open', countsForBreaker: false, retryable: true }],
  ['nats 2', make({ name: 'NatsError', code: '503' }), { reason: 'no-responders', domain: 'nats' }],
  ['Chrome', new TypeError('Failed to fetch'), { reason: 'connection-lost', domain: 'fetch', confidence: 'low' }],
  ['Firefox', new TypeError('NetworkError when attempting to fetch resource.'), { reason: 'connection-lost' }],
  ['Safari', new TypeError('Load failed'), { reason: 'connection-lost' }],
];

describe('documented shapes', () => {
  for (const [library, error, expected] of shapes) {
    it(`${library}: ${expected.reason}`, () => {
      const verdict = classify(error);
      assert.deepEqual(
        Object.fromEntries(Object.keys(expected).map((key) => [key, verdict[key as keyof Verdict]])),
        expected,
        JSON.stringify(verdict.evidence),
      );
    });
    it(`${library}: ${expected.reason}, also after JSON`, () => {
      const plain = JSON.parse(
        JSON.stringify({ ...(error as object), name: (error as Error).name, message: (error as Error).message }),
      );
      if (typeof plain.metadata === 'object') return;
      assert.equal(classify(plain).reason, expected.reason);
    });
  }
});

// The table at https://docs.stripe.com/declines/codes, in its order.
const STRIPE_DECLINES = `authentication_required approve_with_id call_issuer card_not_supported card_velocity_exceeded
  currency_not_supported do_not_honor do_not_try_again duplicate_transaction expired_card fraudulent generic_decline
  incorrect_address incorrect_number incorrect_cvc incorrect_pin incorrect_zip insufficient_funds invalid_account
  invalid_amount invalid_cvc invalid_expiry_month invalid_expiry_year invalid_number invalid_pin issuer_not_available
  lost_card merchant_blacklist mobile_device_authentication_required new_account_information_available no_action_taken
  not_permitted offline_pin_required online_or_offline_pin_required pickup_card pin_try_exceeded processing_error
  reenter_transaction restricted_card revocation_of_all_authorizations revocation_of_authorization security_violation
  service_not_allowed stolen_card stop_payment_order testmode_decline transaction_not_allowed try_again_later
  withdrawal_count_limit_exceeded`.split(/\s+/);

describe('Stripe', () => {
  it('every decline code has a rule, and only those that ask for another try are retryable', () => {
    const again = [
      'approve_with_id',
      'issuer_not_available',
      'processing_error',
      'reenter_transaction',
      'try_again_later',
    ];
    for (const decline_code of STRIPE_DECLINES) {
      const verdict = classify(make({ type: 'StripeCardError', code: 'card_declined', decline_code }));
      assert.equal(verdict.code, decline_code);
      assert.equal(verdict.retryable, again.includes(decline_code), decline_code);
      assert.equal(
        verdict.httpStatus,
        again.includes(decline_code) ? 503 : verdict.reason === 'already-processed' ? 409 : 402,
      );
    }
  });
});
