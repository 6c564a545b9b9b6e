import { type Rule, type RulePack, words } from '../pack.ts';

/** AWS SDK for JavaScript v3 (and v2). The class name is the service's error code; `$retryable` is a hint and comes first. */
export const aws: RulePack = {
  domain: 'aws',
  title: 'AWS SDK v3',
  sources: [
    'https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html',
    'https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html',
    'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html',
    'https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html',
  ],
  markers: [{ $metadata: '*' }, { $fault: ['client', 'server'] }],
  nameIsCode: true,
  rules: (
    [
      [
        'rate-limited',
        `Throttling ThrottlingException ThrottledException RequestThrottledException RequestThrottled RequestLimitExceeded
       BandwidthLimitExceeded LimitExceededException TooManyRequestsException PriorRequestNotComplete
       ProvisionedThroughputExceededException TransactionInProgressException EC2ThrottledException SlowDown EnhanceYourCalm`,
      ],
      [
        'quota-exceeded',
        'ServiceQuotaExceededException QuotaExceededException ItemCollectionSizeLimitExceededException',
      ],
      ['unavailable', 'ServiceUnavailable ServiceUnavailableException InternalServerUnavailable KMSInternalException'],
      [
        'server-error',
        'InternalFailure InternalServerError InternalServerException InternalError InternalErrorException InternalServiceError',
      ],
      ['timeout', 'RequestTimeout RequestTimeoutException TimeoutError'],
      [
        'credentials-rejected',
        `ExpiredToken ExpiredTokenException InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId
       SignatureDoesNotMatch InvalidSignatureException IncompleteSignature IncompleteSignatureException MissingAuthenticationToken
       MissingAuthenticationTokenException AuthFailure RequestExpired InvalidToken CredentialsProviderError TokenProviderError`,
      ],
      [
        'permission-denied',
        `AccessDenied AccessDeniedException UnauthorizedOperation NotAuthorizedException OptInRequired
       KMSAccessDeniedException KMSInvalidStateException`,
      ],
      [
        'misconfigured',
        'NoSuchBucket InvalidBucketName PermanentRedirect AuthorizationHeaderMalformed QueueDoesNotExist AWS.SimpleQueueService.NonExistentQueue KMSNotFoundException KMSDisabledException',
      ],
      [
        'not-found',
        'NoSuchKey NotFound NotFoundException ResourceNotFoundException NoSuchEntity NoSuchVersion NoSuchUpload NoSuchEntityException ParameterNotFound',
      ],
      [
        'already-exists',
        'AlreadyExistsException EntityAlreadyExists EntityAlreadyExistsException ResourceExistsException BucketAlreadyExists BucketAlreadyOwnedByYou ResourceInUseException ResourceConflictException',
      ],
      ['conflict', 'ConflictException OperationAborted ConcurrentModificationException OptimisticLockException'],
      ['precondition-failed', 'ConditionalCheckFailedException PreconditionFailed PreconditionFailedException'],
      ['serialization-failure', 'TransactionConflictException ReplicatedWriteConflictException'],
      ['payload-too-large', 'EntityTooLarge RequestEntityTooLargeException RequestTooLargeException'],
      ['message-too-large', 'BatchRequestTooLong InvalidMessageContents'],
      ['unsupported', 'UnknownOperationException UnsupportedOperation InvalidAction NotImplemented'],
      [
        'request-rejected',
        `ValidationException ValidationError InvalidParameterValue InvalidParameterValueException InvalidParameterException
       InvalidParameterCombination MissingParameter MalformedQueryString InvalidRequestException InvalidArgument BadRequestException
       SerializationException MalformedInput MalformedXML InvalidRange`,
      ],
      ['idempotency-conflict', 'IdempotentParameterMismatchException IdempotencyParameterMismatchException'],
      ['overloaded', 'ModelNotReadyException ServiceOverloadedException'],
      ['tls-failed', 'RequestTimeTooSkewed'],
    ] as const
  ).map(([is, names]): Rule => ({ when: { name: words(names) }, is })),
};

/** A cancelled DynamoDB transaction carries the reason of every item. */
export const dynamodb: RulePack = {
  domain: 'aws',
  title: 'DynamoDB transactions',
  sources: ['https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html'],
  rules: [
    {
      when: { name: 'TransactionCanceledException', CancellationReasons: '*' },
      is: 'conflict',
      code: 'TransactionCanceledException',
      but: { outcome: 'not-applied', unit: 'transaction' },
    },
    ...[0, 1, 2].map(
      (item): Rule => ({
        when: {
          name: 'TransactionCanceledException',
          CancellationReasons: '*',
          [`CancellationReasons.${item}.Code`]: 'ConditionalCheckFailed',
        },
        is: 'precondition-failed',
        code: 'TransactionCanceledException',
        but: { outcome: 'not-applied', unit: 'transaction' },
      }),
    ),
    ...[0, 1, 2].map(
      (item): Rule => ({
        when: {
          name: 'TransactionCanceledException',
          CancellationReasons: '*',
          [`CancellationReasons.${item}.Code`]: [
            'TransactionConflict',
            'ThrottlingError',
            'ProvisionedThroughputExceeded',
          ],
        },
        is: 'serialization-failure',
        code: 'TransactionCanceledException',
        but: { outcome: 'not-applied', unit: 'transaction' },
      }),
    ),
  ],
};
