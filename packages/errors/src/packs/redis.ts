import { type RulePack, words } from '../pack.ts';

/** Redis and Valkey. The protocol defines the first word of an error reply as its code. */
export const redis: RulePack = {
  domain: 'redis',
  title: 'Redis and Valkey replies (ioredis, redis)',
  sources: [
    'https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors',
    'https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/',
  ],
  markers: [{ name: words('ReplyError SimpleError ErrorReply BlobError') }],
  rules: [
    { when: { word: 'ERR' }, is: 'query-invalid', but: { confidence: 'medium' } },
    { when: { word: words('WRONGTYPE NOSCRIPT CROSSSLOT NOPROTO INVALIDOBJ NOTBUSY') }, is: 'query-invalid' },
    { when: { word: words('MOVED ASK TRYAGAIN') }, is: 'not-primary' },
    { when: { word: words('READONLY MASTERDOWN') }, is: 'not-primary' },
    { when: { word: words('CLUSTERDOWN NOREPLICAS NOGOODSLAVE') }, is: 'unavailable', but: { outcome: 'not-applied' } },
    { when: { word: 'LOADING' }, is: 'starting-up' },
    { when: { word: words('BUSY UNKILLABLE') }, is: 'overloaded' },
    { when: { word: 'OOM' }, is: 'out-of-memory', but: { outcome: 'not-applied' } },
    { when: { word: 'MISCONF' }, is: 'storage-full', but: { retryable: false } },
    { when: { word: words('NOAUTH WRONGPASS') }, is: 'credentials-rejected' },
    { when: { word: 'NOPERM' }, is: 'permission-denied' },
    { when: { word: 'EXECABORT' }, is: 'transaction-aborted', but: { outcome: 'not-applied' } },
    { when: { word: words('BUSYGROUP BUSYKEY') }, is: 'already-exists' },
    { when: { word: words('NOGROUP NONEXT') }, is: 'not-found', but: { httpStatus: 500 } },
    { when: { word: 'UNBLOCKED' }, is: 'cancelled' },
  ],
};

/** What the Redis clients say about their own connections. */
export const redisClients: RulePack = {
  domain: 'redis-client',
  title: 'Connections of ioredis and redis',
  sources: [
    'https://github.com/redis/ioredis',
    'https://github.com/redis/node-redis/blob/master/packages/client/lib/errors.ts',
  ],
  rules: [
    { when: { name: 'MaxRetriesPerRequestError' }, is: 'connection-failed', but: { outcome: 'unknown' } },
    { when: { name: words('ClusterAllFailedError RootNodesUnavailableError') }, is: 'connection-failed' },
    { when: { name: words('ConnectionTimeoutError') }, is: 'connect-timeout' },
    {
      when: {
        name: words('SocketTimeoutError CommandTimeoutDuringMaintenanceError SocketTimeoutDuringMaintenanceError'),
      },
      is: 'timeout',
    },
    {
      when: { name: words('SocketClosedUnexpectedlyError DisconnectsClientError ReconnectStrategyError') },
      is: 'connection-lost',
    },
    { when: { name: words('ClientClosedError') }, is: 'bug' },
    { when: { name: words('ClientOfflineError') }, is: 'connection-failed' },
    { when: { name: 'WatchError' }, is: 'serialization-failure', but: { outcome: 'not-applied' } },
    { when: { name: 'AbortError', 'command.name': '*' }, is: 'connection-lost', code: 'CONNECTION_CLOSED' },
    {
      when: {
        name: words('Error ParserError'),
        message: ['Connection is closed.', "Stream isn't writeable and enableOfflineQueue options is false"],
      },
      is: 'connection-lost',
    },
    { when: { name: 'Error', message: 'Command timed out' }, is: 'timeout' },
    { when: { name: 'ParserError' }, is: 'protocol-error' },
  ],
};
