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
  ['connection-lost', 'REQUEST_SEND_ERROR DetachForcedError ConnectionForcedError'],
  ['response-invalid', 'PARSE_ERROR'],
  ['overloaded', 'ServerBusy ServiceBusy ServerBusyError SenderBusyError SenderNotReadyError'],
  ['rate-limited', 'TooManyRequests Throttled OperationThrottled SnapshotOperationRateExceeded'],
  ['timeout', 'OperationTimedOut ServiceTimeout OperationTimeoutError MessageWaitTimeout'],
  ['server-error', 'InternalError InternalServerError'],
  ['unavailable', 'ServiceUnavailable ServiceUnavailableError ServiceCommunicationProblem ServiceCommunicationError'],
  [
    'credentials-rejected',
    'AuthenticationFailed NoAuthenticationInformation InvalidAuthenticationInfo UnauthorizedAccess UnauthorizedError ExpiredAuthenticationToken InvalidAuthenticationToken',
  ],
  [
    'permission-denied',
    'AuthorizationFailure AuthorizationFailed AuthorizationPermissionMismatch AuthorizationSourceIPMismatch AuthorizationServiceMismatch AuthorizationProtocolMismatch AuthorizationResourceTypeMismatch InsufficientAccountPermissions AccountIsDisabled PublisherRevokedError Forbidden',
  ],
  ['not-found', 'BlobNotFound ResourceNotFound EntityNotFound MessageNotFound MessageNotFoundError SecretNotFound'],
  [
    'misconfigured',
    'ContainerNotFound QueueNotFound TableNotFound MessagingEntityNotFound MessagingEntityDisabled MessagingEntityDisabledError ContainerDisabled InvalidUri',
  ],
  [
    'already-exists',
    'BlobAlreadyExists ContainerAlreadyExists ResourceAlreadyExists EntityAlreadyExists QueueAlreadyExists MessagingEntityAlreadyExists MessagingEntityAlreadyExistsError',
  ],
  [
    'precondition-failed',
    'ConditionNotMet UpdateConditionNotSatisfied TargetConditionNotMet SourceConditionNotMet AppendPositionConditionNotMet MaxBlobSizeConditionNotMet SequenceNumberConditionNotMet PreconditionFailedError',
  ],
  [
    'locked',
    'LeaseAlreadyPresent LeaseIdMissing LeaseIdMismatchWithBlobOperation LeaseIdMismatchWithContainerOperation LeaseIdMismatchWithLeaseOperation ResourceLocked ResourceLockedError',
  ],
  [
    'fenced',
    'LeaseLost MessageLockLost MessageLockLostError SessionLockLost SessionLockLostError SessionCannotBeLocked SessionCannotBeLockedError StoreLockLostError PartitionNotOwnedError ReceiverDisconnectedError',
  ],
  ['quota-exceeded', 'QuotaExceeded QuotaExceededError'],
  ['message-too-large', 'MessageSizeExceeded MessageTooLargeError RequestBodyTooLarge'],
  [
    'request-rejected',
    'InvalidInput InvalidHeaderValue InvalidQueryParameterValue MissingRequiredHeader MissingRequiredQueryParameter InvalidResourceName InvalidBlobOrBlock InvalidBlockList ArgumentError ArgumentOutOfRangeError InvalidOperationError',
  ],
];

// Cosmos DB keeps the HTTP status in `code`, without saying that it is one.
const cosmosCodes: readonly (readonly [reason: string, codes: readonly number[]])[] = [
  ['request-rejected', [400]],
  ['credentials-rejected', [401]],
  ['permission-denied', [403]],
  ['not-found', [404]],
  ['timeout', [408]],
  ['conflict', [409]],
  ['unavailable', [410, 503]],
  ['precondition-failed', [412]],
  ['payload-too-large', [413]],
  ['rate-limited', [429]],
  ['server-error', [500]],
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
    ...cosmosCodes.map(([is, codes]): Rule => ({ when: { code: codes, name: 'ErrorResponse' }, is })),
    { when: { name: 'AuthenticationError', 'errorResponse.error': '*' }, is: 'credentials-rejected' },
  ],
};
