// What cannot be made to fail for real here, and why. Everything else is in the slow tests, against the real packages.
// - Native modules (compiled or downloaded at installation): librdkafka with confluent's client, better-sqlite3.
// - Large packages whose small core is tested for real: Azure Service Bus (25 MB) and Cosmos DB (46 MB) beside
//   @azure/core-rest-pipeline, Cloud Storage and Firestore beside gaxios and @grpc/grpc-js, the Anthropic SDK (28 MB),
//   made by the generator of the openai package, the Vercel AI SDK.
// - Answers only the payment service gives: refusals of Adyen, processor declines of Braintree, PayPal's own answers to
//   a plain HTTP client, Stripe's decline codes.
// - Other runtimes and predecessors: browsers, node-fetch, nats 2.
// The shapes are written down from the libraries' documentation and sources; each pack names its `sources`.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classify } from '../classify.ts';
import type { Verdict } from '../taxonomy.ts';

const make = (properties: object): Error => Object.assign(new Error('as documented'), properties);

const shapes: readonly (readonly [library: string, error: unknown, expected: Partial<Verdict>])[] = [
  [
    'Azure Service Bus',
    make({ name: 'ServiceBusError', code: 'ServiceBusy', retryable: true }),
    { reason: 'overloaded', domain: 'azure' },
  ],
  [
    'Azure Event Hubs',
    make({ name: 'MessagingError', code: 'ReceiverDisconnectedError', retryable: false }),
    { reason: 'fenced', domain: 'azure' },
  ],
  ['Azure Cosmos DB', make({ name: 'ErrorResponse', code: 429 }), { reason: 'rate-limited', retryable: true }],
  ['Azure Cosmos DB', make({ name: 'ErrorResponse', code: 403 }), { reason: 'permission-denied' }],
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
    'Adyen refusal',
    make({ name: 'ApiException', refusalReasonCode: '33' }),
    { reason: 'authentication-required', domain: 'adyen' },
  ],
  ['Adyen refusal', make({ name: 'ApiException', refusalReasonCode: '15' }), { reason: 'declined', retryable: false }],
  ['Adyen refusal', make({ name: 'ApiException', refusalReasonCode: '9' }), { reason: 'processor-unavailable' }],
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
