import { type RulePack, words } from '../pack.ts';

/** MySQL and MariaDB by error symbol, from mysql2, mysql and mariadb. */
export const mysql: RulePack = {
  domain: 'mysql',
  title: 'MySQL and MariaDB (mysql2)',
  sources: [
    'https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html',
    'https://mariadb.com/kb/en/mariadb-error-code-reference/',
  ],
  rules: [
    { when: { code: 'ER_LOCK_DEADLOCK' }, is: 'deadlock' },
    { when: { code: words('ER_LOCK_WAIT_TIMEOUT ER_LOCK_NOWAIT') }, is: 'lock-timeout' },
    {
      when: {
        code: words(
          'ER_XA_RBTIMEOUT ER_XA_RBDEADLOCK ER_XA_RBROLLBACK ER_CHECKREAD ER_TRANSACTION_ROLLBACK_DURING_COMMIT',
        ),
      },
      is: 'serialization-failure',
    },
    {
      when: {
        code: words(
          'ER_DUP_ENTRY ER_DUP_KEY ER_DUP_UNIQUE ER_DUP_ENTRY_WITH_KEY_NAME ER_FOREIGN_DUPLICATE_KEY_WITH_CHILD_INFO',
        ),
      },
      is: 'unique-violation',
    },
    {
      when: { code: words('ER_NO_REFERENCED_ROW ER_NO_REFERENCED_ROW_2 ER_ROW_IS_REFERENCED ER_ROW_IS_REFERENCED_2') },
      is: 'foreign-key-violation',
    },
    {
      when: {
        code: words(
          'ER_CHECK_CONSTRAINT_VIOLATED ER_CONSTRAINT_FAILED ER_BAD_NULL_ERROR ER_NO_DEFAULT_FOR_FIELD ER_SIGNAL_EXCEPTION',
        ),
      },
      is: 'constraint-violation',
    },
    {
      when: {
        code: words(
          'ER_DATA_TOO_LONG ER_TRUNCATED_WRONG_VALUE ER_TRUNCATED_WRONG_VALUE_FOR_FIELD ER_WARN_DATA_OUT_OF_RANGE WARN_DATA_TRUNCATED ER_DATA_OUT_OF_RANGE ER_INVALID_JSON_TEXT ER_DIVISION_BY_ZERO',
        ),
      },
      is: 'invalid-data',
    },
    {
      when: {
        code: words(
          'ER_PARSE_ERROR ER_SYNTAX_ERROR ER_EMPTY_QUERY ER_WRONG_VALUE_COUNT_ON_ROW ER_NON_UNIQ_ERROR ER_WRONG_FIELD_WITH_GROUP ER_SUBQUERY_NO_1_ROW',
        ),
      },
      is: 'query-invalid',
    },
    {
      when: {
        code: words(
          'ER_NO_SUCH_TABLE ER_BAD_FIELD_ERROR ER_BAD_TABLE_ERROR ER_SP_DOES_NOT_EXIST ER_UNKNOWN_TABLE ER_KEY_DOES_NOT_EXITS',
        ),
      },
      is: 'schema-mismatch',
    },
    { when: { code: words('ER_BAD_DB_ERROR ER_NO_DB_ERROR') }, is: 'database-missing' },
    {
      when: {
        code: words(
          'ER_ACCESS_DENIED_ERROR ER_ACCESS_DENIED_NO_PASSWORD_ERROR ER_NOT_SUPPORTED_AUTH_MODE ER_MUST_CHANGE_PASSWORD ER_ACCOUNT_HAS_BEEN_LOCKED ER_HOST_NOT_PRIVILEGED ER_HOST_IS_BLOCKED',
        ),
      },
      is: 'credentials-rejected',
    },
    {
      when: {
        code: words(
          'ER_DBACCESS_DENIED_ERROR ER_TABLEACCESS_DENIED_ERROR ER_COLUMNACCESS_DENIED_ERROR ER_PROCACCESS_DENIED_ERROR ER_SPECIFIC_ACCESS_DENIED_ERROR',
        ),
      },
      is: 'permission-denied',
    },
    { when: { code: words('ER_CON_COUNT_ERROR ER_TOO_MANY_USER_CONNECTIONS') }, is: 'too-many-connections' },
    { when: { code: 'ER_USER_LIMIT_REACHED' }, is: 'quota-exceeded' },
    {
      when: { code: words('ER_QUERY_TIMEOUT ER_QUERY_INTERRUPTED ER_STATEMENT_TIMEOUT ER_FILSORT_ABORT') },
      is: 'query-timeout',
    },
    {
      when: { code: words('ER_SERVER_SHUTDOWN ER_NORMAL_SHUTDOWN ER_SHUTDOWN_COMPLETE ER_CONNECTION_KILLED') },
      is: 'shutting-down',
    },
    {
      when: {
        code: words(
          'ER_OPTION_PREVENTS_STATEMENT ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION ER_READ_ONLY_MODE ER_INNODB_READ_ONLY',
        ),
      },
      is: 'not-primary',
    },
    {
      when: { code: words('ER_DISK_FULL ER_RECORD_FILE_FULL ER_DISK_FULL_NOWAIT ER_ERROR_ON_WRITE') },
      is: 'storage-full',
    },
    { when: { code: words('ER_OUTOFMEMORY ER_OUT_OF_RESOURCES ER_OUT_OF_SORTMEMORY') }, is: 'out-of-memory' },
    {
      when: {
        code: words('ER_NOT_KEYFILE ER_CRASHED_ON_USAGE ER_CRASHED_ON_REPAIR ER_TABLE_CORRUPT ER_INDEX_CORRUPT'),
      },
      is: 'data-corrupted',
    },
    { when: { code: 'ER_NET_PACKET_TOO_LARGE' }, is: 'payload-too-large', but: { httpStatus: 500 } },
    {
      when: {
        code: words(
          'PROTOCOL_CONNECTION_LOST ER_NET_READ_ERROR ER_NET_READ_INTERRUPTED ER_NET_ERROR_ON_WRITE ER_NEW_ABORTING_CONNECTION ER_ABORTING_CONNECTION',
        ),
      },
      is: 'connection-lost',
    },
    { when: { code: 'PROTOCOL_SEQUENCE_TIMEOUT' }, is: 'timeout' },
    {
      when: {
        code: words(
          'PROTOCOL_PACKETS_OUT_OF_ORDER PROTOCOL_INCORRECT_PACKET_SEQUENCE HANDSHAKE_NO_SSL_SUPPORT HANDSHAKE_SSL_ERROR HANDSHAKE_UNKNOWN_ERROR',
        ),
      },
      is: 'protocol-error',
    },
    {
      when: {
        code: words(
          'PROTOCOL_ENQUEUE_AFTER_QUIT PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR PROTOCOL_ENQUEUE_AFTER_DESTROY POOL_CLOSED',
        ),
      },
      is: 'bug',
    },
    { when: { code: words('POOL_CONNLIMIT POOL_ENQUEUELIMIT') }, is: 'pool-exhausted' },
    { when: { code: 'ER_*', sqlState: '40*' }, is: 'serialization-failure', but: { confidence: 'medium' } },
    { when: { code: 'ER_*', sqlState: '08*' }, is: 'connection-lost', but: { confidence: 'medium' } },
    { when: { code: 'ER_*', sqlState: '22*' }, is: 'invalid-data', but: { confidence: 'medium' } },
    { when: { code: 'ER_*', sqlState: '23*' }, is: 'constraint-violation', but: { confidence: 'medium' } },
    { when: { code: 'ER_*', sqlState: '42*' }, is: 'query-invalid', but: { confidence: 'medium' } },
    { when: { name: 'Error', message: ['Queue limit reached.', 'No connections available.'] }, is: 'pool-exhausted' },
    {
      when: { name: 'Error', message: ['Pool is closed.', "Can't add new command when connection is in closed state"] },
      is: 'bug',
    },
  ],
};
