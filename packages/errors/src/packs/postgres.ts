import { type RulePack, words } from '../pack.ts';

/** PostgreSQL by SQLSTATE, from pg, postgres and every library that keeps the server's fields. */
export const postgres: RulePack = {
  domain: 'postgres',
  title: 'PostgreSQL (pg, postgres, SQLSTATE)',
  sources: [
    'https://www.postgresql.org/docs/current/errcodes-appendix.html',
    'https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html',
  ],
  markers: [
    { severity: '*' },
    { severity_local: '*' },
    { name: ['PostgresError', 'DatabaseError', 'PostgresException'] },
    { routine: '*' },
  ],
  rules: [
    { when: { code: '08*' }, is: 'connection-lost' },
    { when: { code: ['08001', '08004'] }, is: 'connection-failed' },
    { when: { code: ['08007', '40003'] }, is: 'commit-unknown' },
    { when: { code: '08P01' }, is: 'protocol-error' },
    { when: { code: '0A*' }, is: 'unsupported', but: { httpStatus: 500 } },
    { when: { code: ['21*', '22*'] }, is: 'invalid-data' },
    { when: { code: ['23*', '23001', '23514', '23P01', '44*'] }, is: 'constraint-violation' },
    { when: { code: '23502' }, is: 'constraint-violation' },
    { when: { code: '23503' }, is: 'foreign-key-violation' },
    { when: { code: '23505' }, is: 'unique-violation' },
    { when: { code: '25*' }, is: 'transaction-aborted' },
    { when: { code: '25006' }, is: 'not-primary' },
    { when: { code: ['25P03', '25P04'] }, is: 'transaction-interrupted' },
    { when: { code: '26*' }, is: 'query-invalid' },
    { when: { code: ['28*', '0P*'] }, is: 'credentials-rejected' },
    { when: { code: '2D*' }, is: 'transaction-aborted' },
    { when: { code: ['3D*', '57P04'] }, is: 'database-missing' },
    { when: { code: '3F*' }, is: 'schema-mismatch' },
    { when: { code: '40*' }, is: 'serialization-failure' },
    { when: { code: '40002' }, is: 'constraint-violation', but: { outcome: 'rolled-back', unit: 'transaction' } },
    { when: { code: '40P01' }, is: 'deadlock' },
    { when: { code: '42*' }, is: 'query-invalid' },
    { when: { code: '42501' }, is: 'permission-denied' },
    { when: { code: words('42P01 42703 42704 42883 42P02') }, is: 'schema-mismatch' },
    { when: { code: ['53*', '53000'] }, is: 'resource-exhausted' },
    { when: { code: '53100' }, is: 'storage-full' },
    { when: { code: '53200' }, is: 'out-of-memory' },
    { when: { code: '53300' }, is: 'too-many-connections' },
    { when: { code: '53400' }, is: 'quota-exceeded' },
    { when: { code: '54*' }, is: 'query-invalid' },
    { when: { code: '55*' }, is: 'conflict' },
    { when: { code: '55006' }, is: 'lock-timeout' },
    { when: { code: '55P03' }, is: 'lock-timeout', but: { outcome: 'rolled-back' } },
    { when: { code: '57014' }, is: 'query-timeout', but: { unit: 'transaction' } },
    { when: { code: words('57P01 57P02 57P05') }, is: 'shutting-down' },
    { when: { code: '57P03' }, is: 'starting-up' },
    { when: { code: ['58*', '58030'] }, is: 'device-failed', but: { countsForBreaker: true } },
    { when: { code: '72000' }, is: 'serialization-failure' },
    { when: { code: 'F0*' }, is: 'misconfigured' },
    { when: { code: 'HV*' }, is: 'bad-gateway', but: { confidence: 'medium' } },
    { when: { code: 'P0*' }, is: 'conflict', but: { httpStatus: 422, confidence: 'medium' } },
    { when: { code: 'P0002' }, is: 'not-found' },
    { when: { code: 'P0004' }, is: 'bug' },
    { when: { code: 'XX*' }, is: 'internal-database-error' },
    { when: { code: ['XX001', 'XX002'] }, is: 'data-corrupted' },
  ],
};

/** What pg and postgres say about their own connections, before or without a server's answer. */
export const postgresClients: RulePack = {
  domain: 'postgres-client',
  title: 'Connections of pg and postgres',
  sources: ['https://node-postgres.com/apis/client', 'https://github.com/porsager/postgres#error-handling'],
  rules: [
    { when: { code: ['CONNECTION_CLOSED', 'CONNECTION_DESTROYED'] }, is: 'connection-lost' },
    { when: { code: 'CONNECT_TIMEOUT' }, is: 'connect-timeout' },
    {
      when: { code: 'CONNECTION_ENDED' },
      is: 'shutting-down',
      but: { outcome: 'not-applied', countsForBreaker: false },
    },
    {
      when: { code: words('NOT_TAGGED_CALL UNDEFINED_VALUE MAX_PARAMETERS_EXCEEDED UNSAFE_TRANSACTION NOT_CONNECTED') },
      is: 'bug',
    },
    { when: { code: words('SASL_SIGNATURE_MISMATCH AUTH_TYPE_NOT_IMPLEMENTED') }, is: 'credentials-rejected' },
    {
      when: {
        name: 'Error',
        message: [
          'Connection terminated unexpectedly',
          'Connection terminated',
          'Client has encountered a connection error and is not queryable',
        ],
      },
      is: 'connection-lost',
    },
    {
      when: {
        name: 'Error',
        message: [
          'timeout exceeded when trying to connect',
          'Connection terminated due to connection timeout',
          'timeout expired',
        ],
      },
      is: 'connect-timeout',
    },
    { when: { name: 'Error', message: 'Query read timeout' }, is: 'timeout' },
    {
      when: {
        name: 'Error',
        message: ['Cannot use a pool after calling end on the pool', 'Client was closed and is not queryable'],
      },
      is: 'bug',
    },
  ],
};
