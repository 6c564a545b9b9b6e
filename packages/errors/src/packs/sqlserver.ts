import { type RulePack, words } from '../pack.ts';

/** Microsoft SQL Server and Azure SQL by error number, from tedious and mssql. */
export const sqlserver: RulePack = {
  domain: 'sqlserver',
  title: 'SQL Server and Azure SQL (tedious, mssql)',
  sources: [
    'https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors',
    'https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues',
    'https://tediousjs.github.io/node-mssql/#error-types',
  ],
  markers: [{ name: ['RequestError', 'ConnectionError', 'TransactionError', 'PreparedStatementError', 'MSSQLError'] }],
  rules: [
    { when: { number: 1205 }, is: 'deadlock' },
    { when: { number: 1222 }, is: 'lock-timeout' },
    { when: { number: [3960, 41302, 41305, 41325, 41301] }, is: 'serialization-failure' },
    { when: { number: [2627, 2601] }, is: 'unique-violation' },
    { when: { number: 547 }, is: 'foreign-key-violation' },
    { when: { number: 515 }, is: 'constraint-violation' },
    { when: { number: [8152, 2628, 245, 8114, 220, 241, 242, 8115] }, is: 'invalid-data' },
    { when: { number: [207, 208, 2812] }, is: 'schema-mismatch' },
    { when: { number: [102, 105, 156, 170, 137] }, is: 'query-invalid' },
    { when: { number: [18456, 18452, 18470, 18487, 18488] }, is: 'credentials-rejected' },
    { when: { number: [229, 230, 262, 297, 300, 916] }, is: 'permission-denied' },
    { when: { number: [4060, 911] }, is: 'database-missing' },
    { when: { number: [40613, 40197, 4221, 49918, 40540, 615] }, is: 'unavailable' },
    { when: { number: [40501, 49919, 49920, 10928, 10929] }, is: 'overloaded' },
    { when: { number: 40544 }, is: 'storage-full' },
    { when: { number: [17809, 17830] }, is: 'too-many-connections' },
    { when: { number: [1105, 9002, 1101] }, is: 'storage-full' },
    { when: { number: [701, 802, 8645, 8651] }, is: 'out-of-memory' },
    { when: { number: [823, 824, 825] }, is: 'data-corrupted' },
    { when: { number: [3906, 3908, 976, 978, 983] }, is: 'not-primary' },
    { when: { number: [6005, 596] }, is: 'shutting-down' },
    { when: { number: 3930 }, is: 'transaction-aborted' },
    { when: { code: 'ETIMEOUT', name: 'RequestError' }, is: 'timeout' },
    { when: { code: 'ETIMEOUT', name: 'ConnectionError' }, is: 'connect-timeout' },
    { when: { code: 'ESOCKET', name: 'ConnectionError' }, is: 'connection-failed' },
    { when: { code: 'ELOGIN' }, is: 'credentials-rejected' },
    { when: { code: words('ECONNCLOSED ESOCKET') }, is: 'connection-lost' },
    { when: { code: words('ECANCEL EABORT') }, is: 'cancelled' },
    { when: { code: 'EINSTLOOKUP' }, is: 'dns-not-found' },
    {
      when: {
        code: words(
          'ENOCONN ENOTOPEN EALREADYCONNECTED EALREADYCONNECTING EALREADYBEGUN ENOTBEGUN EREQINPROG EINJECT ENOTPREPARED EALREADYPREPARED EARGS EINVALIDSTATE',
        ),
      },
      is: 'bug',
    },
    { when: { code: 'EDRIVER' }, is: 'misconfigured' },
  ],
};
