import { type Rule, type RulePack, words } from '../pack.ts';

const paypalIssues: readonly (readonly [reason: string, issues: string])[] = [
  [
    'declined',
    'INSTRUMENT_DECLINED PAYER_CANNOT_PAY TRANSACTION_REFUSED PAYMENT_DENIED REDIRECT_PAYER_FOR_ALTERNATE_FUNDING',
  ],
  ['card-expired', 'CARD_EXPIRED'],
  ['card-invalid', 'CARD_TYPE_NOT_SUPPORTED INVALID_SECURITY_CODE_LENGTH'],
  ['fraud-suspected', 'COMPLIANCE_VIOLATION TRANSACTION_BLOCKED_BY_PAYEE PAYEE_BLOCKED_TRANSACTION'],
  ['authentication-required', 'PAYER_ACTION_REQUIRED ORDER_NOT_APPROVED'],
  [
    'limit-exceeded',
    'TRANSACTION_LIMIT_EXCEEDED MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED TRANSACTION_RECEIVING_LIMIT_EXCEEDED REFUND_AMOUNT_EXCEEDED',
  ],
  [
    'already-processed',
    'ORDER_ALREADY_CAPTURED ORDER_ALREADY_AUTHORIZED ORDER_ALREADY_COMPLETED AUTHORIZATION_ALREADY_CAPTURED CAPTURE_FULLY_REFUNDED DUPLICATE_INVOICE_ID AUTHORIZATION_VOIDED',
  ],
  [
    'account-restricted',
    'PAYEE_ACCOUNT_RESTRICTED PAYEE_ACCOUNT_LOCKED_OR_CLOSED PAYER_ACCOUNT_LOCKED_OR_CLOSED PAYER_ACCOUNT_RESTRICTED PAYER_COUNTRY_NOT_SUPPORTED',
  ],
  [
    'permission-denied',
    'PERMISSION_DENIED PERMISSION_NOT_GRANTED CONSENT_NEEDED PAYEE_NOT_ENABLED_FOR_CARD_PROCESSING',
  ],
  ['idempotency-conflict', 'DUPLICATE_REQUEST_ID PREVIOUS_REQUEST_IN_PROGRESS'],
];

const paypalNames: readonly (readonly [reason: string, names: string])[] = [
  ['server-error', 'INTERNAL_SERVER_ERROR INTERNAL_SERVICE_ERROR'],
  ['unavailable', 'SERVICE_UNAVAILABLE'],
  ['rate-limited', 'RATE_LIMIT_REACHED'],
  ['credentials-rejected', 'AUTHENTICATION_FAILURE invalid_client'],
  ['permission-denied', 'NOT_AUTHORIZED'],
  ['not-found', 'RESOURCE_NOT_FOUND INVALID_RESOURCE_ID'],
  ['conflict', 'RESOURCE_CONFLICT'],
  ['request-rejected', 'INVALID_REQUEST VALIDATION_ERROR MALFORMED_REQUEST'],
  ['unsupported', 'METHOD_NOT_SUPPORTED MEDIA_TYPE_NOT_ACCEPTABLE'],
];

const paypalClasses = 'ApiError CustomError DefaultError SearchError SubscriptionError';

/** PayPal's REST API, through its server SDK or axios: the issue of the first detail, then the name. */
export const paypal: RulePack = {
  domain: 'paypal',
  title: 'PayPal',
  sources: [
    'https://developer.paypal.com/api/rest/reference/orders/v2/errors/',
    'https://developer.paypal.com/api/rest/responses/',
  ],
  rules: [
    { when: { name: 'ArgumentsValidationError', errors: '*' }, is: 'bug', code: 'ARGUMENTS_INVALID' },
    { when: { name: 'ResponseValidationError' }, is: 'response-invalid' },
    ...paypalIssues.flatMap(([is, issues]): Rule[] => [
      { when: { name: words(paypalClasses), 'result.details.0.issue': words(issues) }, is },
      { when: { name: 'AxiosError', 'response.data.details.0.issue': words(issues) }, is },
    ]),
    ...paypalNames.flatMap(([is, names]): Rule[] => [
      { when: { name: words(paypalClasses), 'result.name': words(names) }, is },
      { when: { name: 'AxiosError', 'response.data.name': words(names), 'response.data.debug_id': '*' }, is },
    ]),
  ],
};

/** Adyen: `errorCode` of the API, and refusal reasons of a payment that applications put on their error. */
export const adyen: RulePack = {
  domain: 'adyen',
  title: 'Adyen',
  sources: [
    'https://docs.adyen.com/development-resources/error-codes/',
    'https://docs.adyen.com/development-resources/refusal-reasons/',
  ],
  markers: [{ name: words('HttpClientException ApiException') }],
  rules: [
    { when: { errorCode: words('010 901') }, is: 'permission-denied' },
    { when: { errorCode: '803' }, is: 'not-found' },
    { when: { errorCode: words('905 905_1') }, is: 'misconfigured' },
    { when: { errorCode: words('101 102 103 129 140 141') }, is: 'card-invalid' },
    { when: { errorCode: '704' }, is: 'idempotency-conflict', but: { outcome: 'unknown' } },
    // The library keeps only the message of a network error, and gives it this status.
    { when: { name: 'ApiException', statusCode: 500 }, is: 'connection-lost', code: 'CONNECTION_LOST' },
    { when: { errorCode: words('100 104 130 137 138 142 167 174 702') }, is: 'request-rejected' },
    ...(
      [
        ['declined', '2 3 5 15 16 19 21 25 26 27'],
        ['card-expired', '6'],
        ['card-invalid', '8 17 24 32'],
        ['processor-unavailable', '4 9'],
        ['card-unsupported', '10 23 34 35'],
        ['request-rejected', '7'],
        ['authentication-required', '11 33 36 37 38'],
        ['insufficient-funds', '12'],
        ['fraud-suspected', '14 20 22 31'],
        ['limit-exceeded', '18 28 29'],
      ] as const
    ).map(
      ([is, codes]): Rule => ({
        when: { name: words('HttpClientException ApiException'), refusalReasonCode: words(codes) },
        is,
      }),
    ),
  ],
};

/** Braintree: exceptions by `type`, declined transactions by processor response code. */
export const braintree: RulePack = {
  domain: 'braintree',
  title: 'Braintree',
  sources: [
    'https://developer.paypal.com/braintree/docs/reference/general/exceptions/node',
    'https://developer.paypal.com/braintree/docs/reference/general/processor-responses/authorization-responses',
  ],
  rules: [
    { when: { type: 'authenticationError' }, is: 'credentials-rejected' },
    { when: { type: 'authorizationError' }, is: 'permission-denied' },
    { when: { type: 'notFoundError' }, is: 'not-found' },
    { when: { type: words('tooManyRequestsError rateLimitError') }, is: 'rate-limited' },
    { when: { type: words('serverError unexpectedError') }, is: 'server-error' },
    { when: { type: words('serviceUnavailableError downForMaintenanceError') }, is: 'unavailable' },
    { when: { type: words('gatewayTimeoutError requestTimeoutError') }, is: 'timeout' },
    { when: { type: 'upgradeRequired' }, is: 'unsupported' },
    {
      when: { type: words('invalidSignatureError invalidChallengeError') },
      is: 'token-invalid',
      but: { httpStatus: 400 },
    },
    {
      when: {
        type: words('invalidTransparentRedirectHashError invalidKeysError testOperationPerformedInProductionError'),
      },
      is: 'misconfigured',
    },
    ...(
      [
        ['insufficient-funds', '2001'],
        ['limit-exceeded', '2002 2003'],
        ['card-expired', '2004'],
        ['card-invalid', '2005 2006 2008 2009 2010 2051 2059 2060'],
        ['fraud-suspected', '2012 2013 2014 2021 2106'],
        ['card-unsupported', '2015 2023 2047 2057'],
        ['already-processed', '2016'],
        ['authentication-required', '2099'],
        ['processor-unavailable', '3000 2024 2025 2026 2033 2034 2046'],
        ['declined', '2000 2007 2011 2017 2018 2019 2020 2022 2038 2044 2074'],
      ] as const
    ).map(
      ([is, codes]): Rule => ({
        when: { type: 'processorDeclined', 'transaction.processorResponseCode': words(codes) },
        is,
      }),
    ),
  ],
};
