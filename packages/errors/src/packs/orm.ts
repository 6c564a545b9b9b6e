import { type RulePack, words } from '../pack.ts';

/** Prisma by error code. */
export const prisma: RulePack = {
  domain: 'prisma',
  title: 'Prisma',
  sources: ['https://www.prisma.io/docs/orm/reference/error-reference'],
  markers: [{ name: 'PrismaClient*' }],
  rules: [
    { when: { code: words('P1000') }, is: 'credentials-rejected' },
    { when: { code: words('P1001 P1002') }, is: 'connection-failed' },
    { when: { code: 'P1003' }, is: 'database-missing' },
    { when: { code: 'P1008' }, is: 'timeout' },
    { when: { code: 'P1009' }, is: 'already-exists' },
    { when: { code: 'P1010' }, is: 'permission-denied' },
    { when: { code: 'P1011' }, is: 'tls-failed' },
    { when: { code: words('P1012 P1013 P1014 P1015 P1016') }, is: 'misconfigured' },
    { when: { code: 'P1017' }, is: 'connection-lost' },
    { when: { code: words('P2000 P2005 P2006 P2007 P2019 P2020 P2023') }, is: 'invalid-data' },
    { when: { code: words('P2001 P2015 P2018 P2025') }, is: 'not-found' },
    { when: { code: 'P2002' }, is: 'unique-violation' },
    { when: { code: words('P2003 P2014') }, is: 'foreign-key-violation' },
    { when: { code: words('P2004 P2011 P2012 P2013') }, is: 'constraint-violation' },
    { when: { code: words('P2008 P2009 P2010 P2016 P2017 P2026 P2029 P2033') }, is: 'query-invalid' },
    { when: { code: words('P2021 P2022') }, is: 'schema-mismatch' },
    { when: { code: 'P2024' }, is: 'pool-exhausted' },
    { when: { code: 'P2028' }, is: 'transaction-interrupted' },
    { when: { code: 'P2031' }, is: 'misconfigured' },
    { when: { code: 'P2034' }, is: 'serialization-failure' },
    { when: { code: 'P2035' }, is: 'bug' },
    { when: { code: 'P2037' }, is: 'too-many-connections' },
    { when: { code: words('P5000 P5001 P5002 P5003 P5013 P5015') }, is: 'request-rejected' },
    { when: { code: words('P5004 P5005 P5014') }, is: 'unsupported' },
    { when: { code: words('P5006 P5007 P5008') }, is: 'server-error' },
    { when: { code: 'P5009' }, is: 'timeout' },
    { when: { code: 'P5010' }, is: 'connection-failed' },
    { when: { code: 'P5011' }, is: 'rate-limited' },
    { when: { code: 'P6003' }, is: 'quota-exceeded' },
    { when: { errorCode: 'P1000' }, is: 'credentials-rejected' },
    { when: { errorCode: words('P1001 P1002') }, is: 'connection-failed' },
    { when: { errorCode: 'P1003' }, is: 'database-missing' },
    { when: { errorCode: 'P1010' }, is: 'permission-denied' },
    { when: { errorCode: 'P1011' }, is: 'tls-failed' },
    { when: { errorCode: 'P1012' }, is: 'misconfigured' },
    { when: { name: 'PrismaClientValidationError' }, is: 'bug' },
    { when: { name: 'PrismaClientRustPanicError' }, is: 'internal-database-error' },
    { when: { name: 'PrismaClientInitializationError' }, is: 'connection-failed', but: { confidence: 'low' } },
  ],
};

/** Sequelize. What a driver said is in `parent` and `original`, and is better evidence. */
export const sequelize: RulePack = {
  domain: 'sequelize',
  title: 'Sequelize',
  sources: ['https://sequelize.org/api/v6/identifiers.html#errors'],
  rules: [
    { when: { name: 'SequelizeUniqueConstraintError' }, is: 'unique-violation' },
    { when: { name: 'SequelizeForeignKeyConstraintError' }, is: 'foreign-key-violation' },
    {
      when: { name: words('SequelizeExclusionConstraintError SequelizeUnknownConstraintError') },
      is: 'constraint-violation',
    },
    { when: { name: 'SequelizeValidationError' }, is: 'invalid-input' },
    { when: { name: 'SequelizeOptimisticLockError' }, is: 'conflict' },
    { when: { name: 'SequelizeEmptyResultError' }, is: 'not-found' },
    { when: { name: 'SequelizeConnectionRefusedError' }, is: 'connection-refused' },
    { when: { name: words('SequelizeHostNotFoundError') }, is: 'dns-not-found' },
    {
      when: { name: words('SequelizeHostNotReachableError SequelizeConnectionError SequelizeInvalidConnectionError') },
      is: 'connection-failed',
    },
    { when: { name: 'SequelizeAccessDeniedError' }, is: 'credentials-rejected' },
    { when: { name: 'SequelizeConnectionTimedOutError' }, is: 'connect-timeout' },
    { when: { name: 'SequelizeConnectionAcquireTimeoutError' }, is: 'pool-exhausted' },
    { when: { name: 'SequelizeTimeoutError' }, is: 'query-timeout' },
    { when: { name: 'SequelizeDatabaseError' }, is: 'query-invalid', but: { confidence: 'low' } },
    {
      when: {
        name: words(
          'SequelizeAssociationError SequelizeEagerLoadingError SequelizeScopeError SequelizeQueryError SequelizeInstanceError',
        ),
      },
      is: 'bug',
    },
  ],
};

/** TypeORM. What a driver said is in `driverError`. */
export const typeorm: RulePack = {
  domain: 'typeorm',
  title: 'TypeORM',
  sources: ['https://github.com/typeorm/typeorm/tree/master/src/error'],
  rules: [
    { when: { name: 'EntityNotFoundError' }, is: 'not-found' },
    { when: { name: words('OptimisticLockVersionMismatchError OptimisticLockCanNotBeUsedError') }, is: 'conflict' },
    {
      when: {
        name: words(
          'PessimisticLockTransactionRequiredError TransactionNotStartedError TransactionAlreadyStartedError QueryRunnerAlreadyReleasedError QueryRunnerProviderAlreadyReleasedError MustBeEntityError EntityPropertyNotFoundError FindRelationsNotFoundError UpdateValuesMissingError NoConnectionForRepositoryError EntityMetadataNotFoundError CannotExecuteNotConnectedError CannotConnectAlreadyConnectedError ConnectionNotFoundError',
        ),
      },
      is: 'bug',
    },
    {
      when: {
        name: words(
          'MissingDriverError DriverPackageNotInstalledError ConnectionIsNotSetError DataTypeNotSupportedError MissingPrimaryColumnError',
        ),
      },
      is: 'misconfigured',
    },
    { when: { name: 'QueryFailedError' }, is: 'query-invalid', but: { confidence: 'low' } },
  ],
};

/** Knex and Drizzle, which otherwise let the driver's error through. */
export const queryBuilders: RulePack = {
  domain: 'query-builder',
  title: 'Knex and Drizzle',
  sources: [
    'https://knexjs.org/guide/',
    'https://github.com/drizzle-team/drizzle-orm/blob/main/drizzle-orm/src/errors.ts',
  ],
  rules: [
    { when: { name: 'KnexTimeoutError' }, is: 'pool-exhausted' },
    { when: { name: 'KnexTimeoutError', timeout: '*' }, is: 'timeout', code: 'KNEX_TIMEOUT' },
    { when: { name: 'TransactionRollbackError' }, is: 'transaction-aborted', but: { alert: false } },
    { when: { name: 'DrizzleQueryError' }, is: 'query-invalid', but: { confidence: 'low' } },
    { when: { name: 'DrizzleError' }, is: 'bug' },
  ],
};
