import { type Rule, type RulePack, words } from '../pack.ts';

const googleReasons: readonly (readonly [reason: string, reasons: string])[] = [
  ['rate-limited', 'rateLimitExceeded userRateLimitExceeded concurrentLimitExceeded RATE_LIMIT_EXCEEDED'],
  [
    'quota-exceeded',
    'quotaExceeded dailyLimitExceeded variableTermLimitExceeded billingNotEnabled RESOURCE_QUOTA_EXCEEDED BILLING_DISABLED',
  ],
  ['server-error', 'internalError jobInternalError'],
  ['unavailable', 'backendError'],
  ['credentials-rejected', 'authError required expired ACCESS_TOKEN_EXPIRED API_KEY_INVALID'],
  [
    'permission-denied',
    'forbidden accessDenied insufficientPermissions accessNotConfigured SERVICE_DISABLED IAM_PERMISSION_DENIED',
  ],
  ['request-rejected', 'invalid invalidParameter badRequest parseError invalidQuery'],
  ['not-found', 'notFound deleted'],
  ['already-exists', 'duplicate alreadyExists'],
  ['precondition-failed', 'conditionNotMet'],
  ['conflict', 'conflict'],
];

/** Google's REST clients (gaxios, googleapis, Cloud Storage, BigQuery) by `reason`; their gRPC clients are in the gRPC pack. */
export const google: RulePack = {
  domain: 'google',
  title: 'Google Cloud and Google APIs over REST',
  sources: [
    'https://cloud.google.com/apis/design/errors',
    'https://cloud.google.com/storage/docs/retry-strategy',
    'https://cloud.google.com/bigquery/docs/error-messages',
  ],
  rules: googleReasons.flatMap(([is, names]): Rule[] => [
    { when: { name: words('GaxiosError ApiError PartialFailureError'), 'errors.0.reason': words(names) }, is },
    { when: { name: 'GaxiosError', 'response.data.error.errors.0.reason': words(names) }, is },
  ]),
};

const azureCodes: readonly (readonly [reason: string, codes: string])[] = [
  ['connection-lost', 'REQUEST_SEND_ERROR'],
  ['response-invalid', 'PARSE_ERROR'],
  ['overloaded', 'ServerBusy ServiceBusyError'],
  ['rate-limited', 'TooManyRequests Throttled OperationThrottled'],
  ['timeout', 'OperationTimedOut ServiceTimeout OperationTimeoutError'],
  ['server-error', 'InternalError InternalServerError'],
  ['unavailable', 'ServiceUnavailable ServiceCommunicationProblem ServiceCommunicationError AccountIsDisabled'],
  [
    'credentials-rejected',
    'AuthenticationFailed InvalidAuthenticationInfo UnauthorizedAccess ExpiredAuthenticationToken InvalidAuthenticationToken',
  ],
  [
    'permission-denied',
    'AuthorizationFailure AuthorizationFailed AuthorizationPermissionMismatch InsufficientAccountPermissions Forbidden',
  ],
  ['not-found', 'BlobNotFound ResourceNotFound EntityNotFound MessageNotFound SecretNotFound'],
  [
    'misconfigured',
    'ContainerNotFound QueueNotFound TableNotFound MessagingEntityNotFound MessagingEntityDisabled InvalidUri',
  ],
  [
    'already-exists',
    'BlobAlreadyExists ContainerAlreadyExists ResourceAlreadyExists EntityAlreadyExists QueueAlreadyExists',
  ],
  ['precondition-failed', 'ConditionNotMet UpdateConditionNotSatisfied TargetConditionNotMet'],
  ['locked', 'LeaseAlreadyPresent LeaseIdMissing LeaseIdMismatchWithBlobOperation ResourceLocked'],
  ['fenced', 'MessageLockLost MessageLockLostError SessionLockLost SessionLockLostError SessionCannotBeLocked'],
  ['quota-exceeded', 'QuotaExceeded QuotaExceededError'],
  ['message-too-large', 'MessageSizeExceeded MessageTooLargeError RequestBodyTooLarge'],
  [
    'request-rejected',
    'InvalidInput InvalidHeaderValue InvalidQueryParameterValue MissingRequiredHeader InvalidResourceName',
  ],
];

/** Azure SDKs: `RestError` of the REST clients, `MessagingError` of Event Hubs and Service Bus, Cosmos DB's `ErrorResponse`. */
export const azure: RulePack = {
  domain: 'azure',
  title: 'Azure SDK',
  sources: [
    'https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2',
    'https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-exceptions-latest',
    'https://learn.microsoft.com/rest/api/cosmos-db/http-status-codes-for-cosmosdb',
  ],
  markers: [{ name: words('RestError MessagingError ServiceBusError ErrorResponse StorageError AuthenticationError') }],
  rules: [
    ...azureCodes.map(([is, codes]): Rule => ({ when: { code: words(codes) }, is })),
    { when: { code: 449, name: 'ErrorResponse' }, is: 'serialization-failure', but: { outcome: 'not-applied' } },
    { when: { code: 410, name: 'ErrorResponse' }, is: 'unavailable' },
    { when: { name: 'AuthenticationError', 'errorResponse.error': '*' }, is: 'credentials-rejected' },
  ],
};
