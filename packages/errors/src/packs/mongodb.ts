import { type RulePack, words } from '../pack.ts';

/** MongoDB server codes and driver classes. Error labels are hints and come first. */
export const mongodb: RulePack = {
  domain: 'mongodb',
  title: 'MongoDB',
  sources: [
    'https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml',
    'https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md',
  ],
  markers: [{ name: 'Mongo*' }],
  rules: [
    { when: { code: [11000, 11001, 12582] }, is: 'unique-violation' },
    { when: { code: [112, 251] }, is: 'serialization-failure' },
    { when: { code: [50, 202, 262, 290] }, is: 'query-timeout', but: { outcome: 'unknown' } },
    { when: { code: [13, 8000] }, is: 'permission-denied' },
    { when: { code: [18, 31, 334, 391] }, is: 'credentials-rejected' },
    { when: { code: [26, 27, 73] }, is: 'schema-mismatch' },
    { when: { code: [121, 66, 67, 85, 86] }, is: 'constraint-violation' },
    { when: { code: [2, 9, 14, 28, 40, 52, 53, 54, 56, 57, 17287] }, is: 'query-invalid' },
    { when: { code: [59, 115, 72] }, is: 'unsupported', but: { httpStatus: 500 } },
    { when: { code: [10107, 13435, 13436, 10058, 189, 11602] }, is: 'not-primary' },
    { when: { code: [11600, 91] }, is: 'shutting-down' },
    { when: { code: [6, 89, 9001, 134] }, is: 'connection-lost' },
    { when: { code: 7 }, is: 'dns-not-found' },
    { when: { code: [24, 46, 107] }, is: 'lock-timeout' },
    { when: { code: [64, 100, 79] }, is: 'timeout', but: { countsForBreaker: true } },
    { when: { code: [14031, 16781] }, is: 'storage-full' },
    { when: { code: [146, 292] }, is: 'out-of-memory', but: { retryable: false, category: 'permanent' } },
    { when: { code: [10334, 17280, 17419, 17420] }, is: 'payload-too-large', but: { httpStatus: 500 } },
    { when: { code: [43, 237] }, is: 'connection-lost', but: { outcome: 'not-applied' } },
    { when: { code: 11601 }, is: 'query-timeout', but: { outcome: 'unknown' } },
    { when: { code: [462, 16500] }, is: 'overloaded' },
    { when: { code: 48 }, is: 'already-exists' },
    { when: { code: [20, 263] }, is: 'query-invalid' },
    { when: { name: 'MongoNetworkTimeoutError' }, is: 'timeout' },
    { when: { name: 'MongoNetworkError' }, is: 'connection-lost' },
    {
      when: { name: words('MongoServerSelectionError MongoPoolClearedError MongoPoolClearedOnNetworkError') },
      is: 'connection-failed',
    },
    { when: { name: 'MongoOperationTimeoutError' }, is: 'timeout' },
    { when: { name: 'MongoWaitQueueTimeoutError' }, is: 'pool-exhausted' },
    { when: { name: 'MongoWriteConcernError' }, is: 'timeout' },
    {
      when: {
        name: words(
          'MongoNotConnectedError MongoTopologyClosedError MongoClientClosedError MongoPoolClosedError MongoServerClosedError',
        ),
      },
      is: 'shutting-down',
      but: { outcome: 'not-applied', countsForBreaker: false },
    },
    { when: { name: 'MongoExpiredSessionError' }, is: 'transaction-interrupted' },
    {
      when: {
        name: words(
          'MongoParseError MongoMissingCredentialsError MongoMissingDependencyError MongoCompatibilityError MongoClientBulkWriteCursorError',
        ),
      },
      is: 'misconfigured',
    },
    {
      when: {
        name: words(
          'MongoInvalidArgumentError MongoAPIError MongoTransactionError MongoCursorInUseError MongoCursorExhaustedError MongoTailableCursorError MongoBatchReExecutionError MongoDecompressionError MongoUnexpectedServerResponseError MongoRuntimeError',
        ),
      },
      is: 'bug',
    },
    {
      when: { name: words('MongoOIDCError MongoAzureError MongoGCPError MongoAWSError MongoKerberosError') },
      is: 'credentials-rejected',
    },
    { when: { name: 'MongoGridFSChunkError' }, is: 'data-corrupted' },
  ],
};

/** BSON, the format below it, and Mongoose above it. */
export const mongoose: RulePack = {
  domain: 'mongoose',
  title: 'BSON and Mongoose',
  sources: ['https://github.com/mongodb/js-bson', 'https://mongoosejs.com/docs/api/error.html'],
  rules: [
    { when: { name: words('BSONError BSONVersionError BSONRuntimeError BSONOffsetError') }, is: 'invalid-data' },
    { when: { name: 'CastError', kind: '*', path: '*' }, is: 'invalid-data', code: 'CAST_ERROR' },
    { when: { name: 'ValidationError', _message: '*' }, is: 'invalid-input', code: 'VALIDATION_ERROR' },
    { when: { name: 'DocumentNotFoundError' }, is: 'not-found' },
    { when: { name: 'VersionError', version: '*' }, is: 'conflict', code: 'VERSION_ERROR' },
    {
      when: {
        name: words('OverwriteModelError MissingSchemaError DivergentArrayError StrictModeError ParallelSaveError'),
      },
      is: 'bug',
    },
    { when: { name: 'MongooseServerSelectionError' }, is: 'connection-failed' },
    { when: { name: 'DisconnectedError' }, is: 'connection-lost' },
  ],
};
