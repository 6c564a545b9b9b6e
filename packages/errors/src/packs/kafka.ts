import { type Rule, type RulePack, words } from '../pack.ts';

// The protocol's own error names; each client keeps them in another field.
const protocol: readonly (readonly [reason: string, names: string])[] = [
  [
    'not-primary',
    'LEADER_NOT_AVAILABLE NOT_LEADER_FOR_PARTITION NOT_LEADER_OR_FOLLOWER NOT_CONTROLLER NOT_COORDINATOR NOT_COORDINATOR_FOR_GROUP FENCED_LEADER_EPOCH UNKNOWN_LEADER_EPOCH PREFERRED_LEADER_NOT_AVAILABLE',
  ],
  [
    'unavailable',
    'REPLICA_NOT_AVAILABLE BROKER_NOT_AVAILABLE COORDINATOR_NOT_AVAILABLE GROUP_COORDINATOR_NOT_AVAILABLE OFFSET_NOT_AVAILABLE LISTENER_NOT_FOUND',
  ],
  ['starting-up', 'COORDINATOR_LOAD_IN_PROGRESS GROUP_LOAD_IN_PROGRESS CONCURRENT_TRANSACTIONS'],
  ['connection-lost', 'NETWORK_EXCEPTION'],
  ['timeout', 'REQUEST_TIMED_OUT NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
  ['overloaded', 'NOT_ENOUGH_REPLICAS THROTTLING_QUOTA_EXCEEDED'],
  [
    'rebalance-in-progress',
    'REBALANCE_IN_PROGRESS ILLEGAL_GENERATION UNKNOWN_MEMBER_ID MEMBER_ID_REQUIRED UNRELEASED_INSTANCE_ID STALE_MEMBER_EPOCH FENCED_MEMBER_EPOCH',
  ],
  ['fenced', 'INVALID_PRODUCER_EPOCH PRODUCER_FENCED FENCED_INSTANCE_ID TRANSACTION_COORDINATOR_FENCED'],
  ['message-too-large', 'MESSAGE_TOO_LARGE MSG_SIZE_TOO_LARGE RECORD_LIST_TOO_LARGE'],
  ['offset-out-of-range', 'OFFSET_OUT_OF_RANGE'],
  ['topic-missing', 'UNKNOWN_TOPIC_OR_PARTITION UNKNOWN_TOPIC_ID TOPIC_DELETION_DISABLED'],
  ['already-exists', 'TOPIC_ALREADY_EXISTS'],
  ['credentials-rejected', 'SASL_AUTHENTICATION_FAILED UNSUPPORTED_SASL_MECHANISM ILLEGAL_SASL_STATE'],
  [
    'permission-denied',
    'TOPIC_AUTHORIZATION_FAILED GROUP_AUTHORIZATION_FAILED CLUSTER_AUTHORIZATION_FAILED TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  ],
  ['data-corrupted', 'CORRUPT_MESSAGE'],
  ['storage-full', 'KAFKA_STORAGE_ERROR LOG_DIR_NOT_FOUND'],
  ['unsupported', 'UNSUPPORTED_VERSION UNSUPPORTED_FOR_MESSAGE_FORMAT UNSUPPORTED_COMPRESSION_TYPE'],
  [
    'bug',
    'INVALID_REQUEST INVALID_TOPIC_EXCEPTION INVALID_REQUIRED_ACKS INVALID_PARTITIONS INVALID_CONFIG INVALID_TXN_STATE OUT_OF_ORDER_SEQUENCE_NUMBER INVALID_TIMESTAMP INVALID_RECORD INCONSISTENT_GROUP_PROTOCOL INVALID_GROUP_ID INVALID_SESSION_TIMEOUT',
  ],
];

const sources = ['https://kafka.apache.org/protocol.html#protocol_error_codes'];

/** kafkajs, and the compatible layer of confluent-kafka-javascript. */
export const kafkajs: RulePack = {
  domain: 'kafka',
  title: 'Kafka with kafkajs',
  sources: [...sources, 'https://kafka.js.org/docs/retry-detailed'],
  markers: [{ name: 'KafkaJS*' }],
  rules: [
    ...protocol.map(
      ([is, names]): Rule => ({ when: { type: [...words(names), ...words(names).map((name) => `ERR_${name}`)] }, is }),
    ),
    { when: { type: ['ERR__TRANSPORT', 'ERR__ALL_BROKERS_DOWN'] }, is: 'connection-lost' },
    { when: { type: ['ERR__TIMED_OUT', 'ERR__MSG_TIMED_OUT', 'ERR__TIMED_OUT_QUEUE'] }, is: 'timeout' },
    { when: { type: 'ERR__FENCED' }, is: 'fenced' },
    { when: { name: words('KafkaJSConnectionError KafkaJSBrokerNotFound') }, is: 'connection-failed' },
    { when: { name: 'KafkaJSConnectionClosedError' }, is: 'connection-lost' },
    { when: { name: words('KafkaJSRequestTimeoutError KafkaJSTimeout') }, is: 'timeout' },
    { when: { name: 'KafkaJSLockTimeout' }, is: 'pool-exhausted' },
    { when: { name: 'KafkaJSNumberOfRetriesExceeded' }, is: 'unavailable' },
    {
      when: {
        name: words(
          'KafkaJSGroupCoordinatorNotFound KafkaJSMetadataNotLoaded KafkaJSTopicMetadataNotLoaded KafkaJSStaleTopicMetadataAssignment',
        ),
      },
      is: 'not-primary',
    },
    { when: { name: 'KafkaJSFetcherRebalanceError' }, is: 'rebalance-in-progress' },
    { when: { name: 'KafkaJSMemberIdRequired' }, is: 'rebalance-in-progress' },
    { when: { name: 'KafkaJSOffsetOutOfRange' }, is: 'offset-out-of-range' },
    { when: { name: 'KafkaJSSASLAuthenticationError' }, is: 'credentials-rejected' },
    {
      when: {
        name: words('KafkaJSNotImplemented KafkaJSServerDoesNotSupportApiKey KafkaJSUnsupportedMagicByteInMessageSet'),
      },
      is: 'unsupported',
    },
    {
      when: { name: words('KafkaJSPartialMessageError KafkaJSInvalidVarIntError KafkaJSInvalidLongError') },
      is: 'protocol-error',
    },
    { when: { name: words('KafkaJSInvariantViolation KafkaJSNonRetriableError') }, is: 'bug' },
  ],
};

/** @platformatic/kafka. */
export const platformaticKafka: RulePack = {
  domain: 'kafka',
  title: 'Kafka with @platformatic/kafka',
  sources: [...sources, 'https://github.com/platformatic/kafka'],
  rules: [
    ...protocol.map(
      ([is, names]): Rule => ({ when: { code: 'PLT_KFK_PROTOCOL', apiId: words(names) }, is, codeAt: 'apiId' }),
    ),
    { when: { code: 'PLT_KFK_NETWORK' }, is: 'connection-lost' },
    { when: { code: 'PLT_KFK_TIMEOUT' }, is: 'timeout' },
    // Version 2 gives its TimeoutError the code of its NetworkError.
    { when: { code: 'PLT_KFK_NETWORK', name: 'TimeoutError' }, is: 'timeout', code: 'PLT_KFK_TIMEOUT' },
    { when: { code: 'PLT_KFK_AUTHENTICATION' }, is: 'credentials-rejected' },
    {
      when: { code: words('PLT_KFK_UNEXPECTED_CORRELATION_ID PLT_KFK_UNFINISHED_WRITE_BUFFER PLT_KFK_OUT_OF_BOUNDS') },
      is: 'protocol-error',
    },
    {
      when: {
        code: words(
          'PLT_KFK_UNSUPPORTED PLT_KFK_UNSUPPORTED_API PLT_KFK_UNSUPPORTED_COMPRESSION PLT_KFK_UNSUPPORTED_FORMAT',
        ),
      },
      is: 'unsupported',
    },
    { when: { code: 'PLT_KFK_USER' }, is: 'bug' },
    { when: { code: 'PLT_KFK_PROTOCOL' }, is: 'unknown' },
  ],
};

/** librdkafka by number: node-rdkafka and confluent-kafka-javascript. */
export const librdkafka: RulePack = {
  domain: 'kafka',
  title: 'Kafka with librdkafka (node-rdkafka, @confluentinc/kafka-javascript)',
  sources: [...sources, 'https://github.com/confluentinc/librdkafka/blob/master/src/rdkafka.h'],
  markers: [{ name: 'LibrdKafkaError' }, { origin: ['local', 'kafka'], errno: '*' }],
  rules: [
    { when: { code: [-195, -187, 13] }, is: 'connection-lost' },
    { when: { code: [-185, -192, -166, 7, 20] }, is: 'timeout' },
    { when: { code: -184 }, is: 'overloaded', but: { countsForBreaker: false } },
    { when: { code: -193 }, is: 'dns-not-found' },
    { when: { code: -181 }, is: 'tls-failed' },
    { when: { code: [-169, 58, 33, 34] }, is: 'credentials-rejected' },
    { when: { code: [-144, 47, 52, 82, 90] }, is: 'fenced' },
    { when: { code: [-188, -190, 3, 73, 100] }, is: 'topic-missing' },
    { when: { code: [-186, -172, 17, 21, 23, 24, 26, 32, 37, 40, 42, 45, 48, 87] }, is: 'bug' },
    { when: { code: [-198, -165, -170, 35, 43, 76] }, is: 'unsupported' },
    { when: { code: [-151, -152] }, is: 'cancelled' },
    { when: { code: -150 }, is: 'failed-in-app' },
    { when: { code: [5, 6, 16, 41, 74, 75, 80] }, is: 'not-primary' },
    { when: { code: [8, 9, 15, 72, 78] }, is: 'unavailable' },
    { when: { code: [14, 51] }, is: 'starting-up' },
    { when: { code: [-147, -142, 22, 25, 27, 79, 110, 111, 113] }, is: 'rebalance-in-progress' },
    { when: { code: [10, 18] }, is: 'message-too-large' },
    { when: { code: 1 }, is: 'offset-out-of-range' },
    { when: { code: [29, 30, 31, 53] }, is: 'permission-denied' },
    { when: { code: [19, 89] }, is: 'overloaded' },
    { when: { code: [56, 57] }, is: 'storage-full' },
    { when: { code: 2 }, is: 'data-corrupted' },
    { when: { code: 36 }, is: 'already-exists' },
  ],
};
