import { type RulePack, words } from '../pack.ts';

/** RabbitMQ by AMQP 0-9-1 reply code, from amqplib. */
export const rabbitmq: RulePack = {
  domain: 'rabbitmq',
  title: 'RabbitMQ (amqplib)',
  sources: [
    'https://www.rabbitmq.com/amqp-0-9-1-reference#constants',
    'https://amqp-node.github.io/amqplib/channel_api.html',
  ],
  markers: [{ classId: '*' }, { methodId: '*' }],
  rules: [
    { when: { code: 311 }, is: 'message-too-large' },
    { when: { code: [312, 313] }, is: 'message-unroutable' },
    { when: { code: 320 }, is: 'shutting-down' },
    { when: { code: [402, 530] }, is: 'misconfigured' },
    { when: { code: 403 }, is: 'permission-denied' },
    { when: { code: 404 }, is: 'topic-missing' },
    { when: { code: 405 }, is: 'locked' },
    { when: { code: 406 }, is: 'misconfigured' },
    { when: { code: [501, 505] }, is: 'protocol-error' },
    { when: { code: [502, 503, 504] }, is: 'bug' },
    { when: { code: 506 }, is: 'resource-exhausted' },
    { when: { code: 540 }, is: 'unsupported' },
    { when: { code: 541 }, is: 'server-error' },
  ],
};

/** What amqplib says about its own connections and channels. */
export const amqplib: RulePack = {
  domain: 'rabbitmq-client',
  title: 'Connections of amqplib',
  sources: ['https://github.com/amqp-node/amqplib/blob/main/lib/connection.js'],
  rules: [
    {
      when: { name: 'IllegalOperationError' },
      is: 'connection-lost',
      but: { outcome: 'not-applied', confidence: 'medium' },
    },
    {
      when: {
        name: 'Error',
        message: [
          'Heartbeat timeout',
          'Unexpected close',
          'Channel ended, no reply will be forthcoming',
          'Channel closed',
        ],
      },
      is: 'connection-lost',
    },
    { when: { name: 'Error', message: 'Socket closed abruptly during opening handshake' }, is: 'connection-failed' },
    { when: { name: 'Error', message: 'connect ETIMEDOUT' }, is: 'connect-timeout' },
    { when: { name: 'Error', message: 'message nacked' }, is: 'overloaded', but: { countsForBreaker: true } },
  ],
};

/** NATS: class names of version 3, codes of version 2. */
export const nats: RulePack = {
  domain: 'nats',
  title: 'NATS and JetStream',
  sources: [
    'https://github.com/nats-io/nats.js/blob/main/core/src/errors.ts',
    'https://docs.nats.io/reference/reference-protocols/nats_api_reference',
  ],
  rules: [
    { when: { name: 'NoRespondersError' }, is: 'no-responders' },
    { when: { name: words('ConnectionError'), message: 'connection refused' }, is: 'connection-refused' },
    {
      when: { name: words('ClosedConnectionError DrainingConnectionError') },
      is: 'shutting-down',
      but: { outcome: 'not-applied', countsForBreaker: false },
    },
    { when: { name: words('UserAuthenticationExpiredError AuthorizationError') }, is: 'credentials-rejected' },
    { when: { name: 'PermissionViolationError' }, is: 'permission-denied' },
    { when: { name: 'ProtocolError', operation: '*' }, is: 'protocol-error' },
    { when: { name: words('InvalidSubjectError InvalidOperationError') }, is: 'bug' },
    { when: { name: words('StreamNotFoundError ConsumerNotFoundError') }, is: 'topic-missing' },
    { when: { name: 'NatsError', code: ['503', 'NO_RESPONDERS'] }, is: 'no-responders' },
    { when: { name: 'NatsError', code: ['TIMEOUT', '408'] }, is: 'timeout' },
    {
      when: { name: 'NatsError', code: ['CONNECTION_REFUSED', 'CONNECTION_TIMEOUT', 'DISCONNECT'] },
      is: 'connection-failed',
    },
    {
      when: { name: 'NatsError', code: ['CONNECTION_CLOSED', 'CONNECTION_DRAINING', 'STALE_CONNECTION'] },
      is: 'connection-lost',
    },
    {
      when: {
        name: 'NatsError',
        code: [
          'AUTHORIZATION_VIOLATION',
          'AUTHENTICATION_EXPIRED',
          'AUTHENTICATION_TIMEOUT',
          'BAD_AUTHENTICATION',
          'BAD_CREDS',
        ],
      },
      is: 'credentials-rejected',
    },
    { when: { name: 'NatsError', code: 'PERMISSIONS_VIOLATION' }, is: 'permission-denied' },
    { when: { name: 'NatsError', code: 'MAX_PAYLOAD_EXCEEDED' }, is: 'message-too-large' },
    {
      when: { name: 'NatsError', code: ['BAD_JSON', 'BAD_SUBJECT', 'API_ERROR', 'INVALID_OPTION', 'INVALID_PAYLOAD'] },
      is: 'bug',
    },
    { when: { name: 'NatsError', code: 'JETSTREAM_NOT_ENABLED' }, is: 'misconfigured' },
    { when: { name: 'NatsError', code: '404' }, is: 'not-found' },
    { when: { name: 'NatsError', code: '409' }, is: 'conflict' },
  ],
};
