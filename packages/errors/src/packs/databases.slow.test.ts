import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { before, describe, it } from 'node:test';
import { errors as transportErrors } from '@elastic/transport';
import {
  ClientClosedError,
  createClient,
  ErrorReply,
  SimpleError,
  SocketTimeoutError,
  WatchError,
} from '@redis/client';
import { DrizzleQueryError, sql, TransactionRollbackError } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { Redis, ReplyError } from 'ioredis';
import knexModule from 'knex';
import {
  MongoClient,
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoParseError,
  MongoServerError,
  MongoServerSelectionError,
  ObjectId,
} from 'mongodb';
import mysql from 'mysql2/promise';
import pg from 'pg';
import postgres from 'postgres';
import {
  ConnectionAcquireTimeoutError,
  OptimisticLockError,
  Sequelize,
  DatabaseError as SequelizeDatabaseError,
  UniqueConstraintError,
  ValidationError,
} from 'sequelize';
import { DataSource, EntityNotFoundError, QueryFailedError } from 'typeorm';
import { assertVerdict, closedPort, refused, verdictOf } from '../../testing/verdicts.ts';
import { classify } from '../classify.ts';
import type { Verdict } from '../taxonomy.ts';

/** An error as pg makes it from a server's answer. */
function pgError(code: string): Error {
  const error = new pg.DatabaseError('from the server', 100, 'error');
  error.code = code;
  error.severity = 'ERROR';
  return error;
}

/** An error as mysql2 makes it from a server's answer. */
function mysqlError(code: string, errno: number, sqlState: string): Error {
  return Object.assign(new Error('from the server'), { code, errno, sqlState, sqlMessage: 'from the server' });
}

describe('databases', () => {
  let port: number;

  before(async () => {
    port = await closedPort();
  });

  describe('PostgreSQL', () => {
    it('pg, postgres, knex, drizzle, TypeORM and Sequelize report a closed port', async () => {
      assertVerdict(await verdictOf(() => new pg.Client({ host: '127.0.0.1', port }).connect()), refused);
      const client = postgres({ host: '127.0.0.1', port, connect_timeout: 1, max: 1 });
      assertVerdict(await verdictOf(() => client`select 1`), refused);
      assertVerdict(await verdictOf(() => drizzle(client).execute(sql`select 1`)), {
        ...refused,
        evidence: { strength: 'system-code', rule: 'node-network/connection-refused', at: 'cause' },
      });
      await client.end();
      const db = knexModule.default({
        client: 'pg',
        connection: { host: '127.0.0.1', port },
        log: { error: () => undefined, warn: () => undefined },
      });
      assertVerdict(await verdictOf(() => db.raw('select 1')), refused);
      await db.destroy();
      const sequelize = new Sequelize({ dialect: 'postgres', host: '127.0.0.1', port, logging: false });
      assertVerdict(await verdictOf(() => sequelize.authenticate()), refused);
      const source = new DataSource({ type: 'postgres', host: '127.0.0.1', port, entities: [], logging: false });
      assertVerdict(await verdictOf(() => source.initialize()), refused);
    });

    const table: readonly (readonly [code: string, expected: Partial<Verdict>])[] = [
      [
        '40001',
        {
          reason: 'serialization-failure',
          category: 'transient',
          retryable: true,
          outcome: 'rolled-back',
          unit: 'transaction',
        },
      ],
      [
        '40P01',
        {
          reason: 'deadlock',
          retryable: true,
          outcome: 'rolled-back',
          unit: 'transaction',
          code: '40P01',
          confidence: 'high',
        },
      ],
      ['23505', { reason: 'unique-violation', category: 'business', retryable: false, httpStatus: 409, alert: false }],
      ['23503', { reason: 'foreign-key-violation', category: 'business' }],
      ['08007', { reason: 'commit-unknown', outcome: 'unknown', unit: 'commit', retryable: true }],
      ['57014', { reason: 'query-timeout', retryable: true }],
      ['57P01', { reason: 'shutting-down', retryable: true, outcome: 'unknown' }],
      ['57P03', { reason: 'starting-up', retryable: true, outcome: 'not-applied' }],
      ['53300', { reason: 'too-many-connections', retryable: true }],
      ['53100', { reason: 'storage-full', category: 'systemic', alert: true }],
      ['28P01', { reason: 'credentials-rejected', category: 'systemic', retryable: false, alert: true }],
      ['42P01', { reason: 'schema-mismatch', category: 'systemic' }],
      ['42601', { reason: 'query-invalid', category: 'permanent', alert: true }],
      ['22P02', { reason: 'invalid-data', category: 'permanent', httpStatus: 400 }],
      ['25006', { reason: 'not-primary', retryable: true, outcome: 'not-applied' }],
      ['25P02', { reason: 'transaction-aborted', retryable: false, outcome: 'rolled-back' }],
      ['55P03', { reason: 'lock-timeout', retryable: true, unit: 'transaction' }],
      ['XX001', { reason: 'data-corrupted', category: 'systemic' }],
    ];
    for (const [code, expected] of table) {
      it(`SQLSTATE ${code} is ${expected.reason}, from pg and from postgres`, () => {
        assertVerdict(classify(pgError(code)), { ...expected, domain: 'postgres' });
        const other = new postgres.PostgresError({ code, severity: 'ERROR', message: 'x' } as never);
        assertVerdict(classify(other), { ...expected, domain: 'postgres' });
      });
    }

    it('a SQLSTATE without a mark of PostgreSQL is not evidence', () => {
      assertVerdict(classify(Object.assign(new Error('x'), { code: '40001' })), {
        reason: 'unknown',
        retryable: false,
      });
    });

    it('what the ORMs wrap is found in cause, parent and driverError', () => {
      const deadlock = pgError('40P01');
      assertVerdict(classify(new DrizzleQueryError('select', [], deadlock)), {
        reason: 'deadlock',
        domain: 'postgres',
      });
      assertVerdict(classify(new SequelizeDatabaseError(Object.assign(deadlock, { sql: 'select' }) as never)), {
        reason: 'deadlock',
      });
      assertVerdict(classify(new QueryFailedError('select', [], deadlock)), { reason: 'deadlock' });
    });

    it('a pool that gets no connection in time', async () => {
      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const quiet = {
        error: () => undefined,
        warn: () => undefined,
        debug: () => undefined,
        deprecate: () => undefined,
      };
      const connection = { host: '127.0.0.1', port: (silent.address() as AddressInfo).port };
      const db = knexModule.default({ client: 'pg', connection, acquireConnectionTimeout: 50, log: quiet });
      assertVerdict(await verdictOf(() => db.raw('select 1')), {
        reason: 'pool-exhausted',
        countsForBreaker: false,
        retryable: true,
      });
      const closed = once(silent, 'close');
      silent.close();
      for (const socket of sockets) socket.destroy();
      await db.destroy();
      await closed;
    });

    it('a postgres client that was ended', async () => {
      const client = postgres({ host: '127.0.0.1', port, max: 1 });
      await client.end();
      assertVerdict(await verdictOf(() => client`select 1`), {
        reason: 'shutting-down',
        code: 'CONNECTION_ENDED',
        outcome: 'not-applied',
      });
    });
  });

  describe('MySQL', () => {
    it('mysql2 reports a closed port', async () => {
      assertVerdict(await verdictOf(() => mysql.createConnection({ host: '127.0.0.1', port })), refused);
    });

    it('the pool says when its queue is full', async () => {
      const pool = mysql.createPool({ host: '127.0.0.1', port, connectionLimit: 1, waitForConnections: false });
      const first = verdictOf(() => pool.query('select 1'));
      assertVerdict(await verdictOf(() => pool.query('select 1')), { reason: 'pool-exhausted', confidence: 'low' });
      assertVerdict(await first, refused);
      await pool.end();
    });

    const table: readonly (readonly [Error, Partial<Verdict>])[] = [
      [
        mysqlError('ER_LOCK_DEADLOCK', 1213, '40001'),
        { reason: 'deadlock', unit: 'transaction', outcome: 'rolled-back' },
      ],
      [mysqlError('ER_LOCK_WAIT_TIMEOUT', 1205, 'HY000'), { reason: 'lock-timeout', retryable: true }],
      [mysqlError('ER_DUP_ENTRY', 1062, '23000'), { reason: 'unique-violation', category: 'business' }],
      [mysqlError('ER_ACCESS_DENIED_ERROR', 1045, '28000'), { reason: 'credentials-rejected', category: 'systemic' }],
      [mysqlError('ER_CON_COUNT_ERROR', 1040, '08004'), { reason: 'too-many-connections', retryable: true }],
      [mysqlError('ER_PARSE_ERROR', 1064, '42000'), { reason: 'query-invalid' }],
      [mysqlError('ER_SOMETHING_NEW', 9999, '40001'), { reason: 'serialization-failure', confidence: 'medium' }],
    ];
    for (const [error, expected] of table) {
      it(`${(error as { code?: string }).code} is ${expected.reason}`, () =>
        assertVerdict(classify(error), { ...expected, domain: 'mysql' }));
    }
  });

  describe('SQLite, really', () => {
    const db = new DatabaseSync(':memory:');
    db.exec(
      'create table parent (id integer primary key, name text not null unique check (length(name) < 5)); create table child (p references parent)',
    );
    db.exec("pragma foreign_keys = on; insert into parent values (1, 'a')");
    const cases: readonly (readonly [sql: string, reason: string, code: string])[] = [
      ["insert into parent values (2, 'a')", 'unique-violation', 'SQLITE_2067'],
      ["insert into parent values (1, 'b')", 'unique-violation', 'SQLITE_1555'],
      ['insert into parent values (3, null)', 'constraint-violation', 'SQLITE_1299'],
      ["insert into parent values (3, 'toolong')", 'constraint-violation', 'SQLITE_275'],
      ['insert into child values (9)', 'foreign-key-violation', 'SQLITE_787'],
      ['selekt', 'query-invalid', 'SQLITE_1'],
    ];
    for (const [statement, reason, code] of cases) {
      it(`${statement} is ${reason}`, async () =>
        assertVerdict(await verdictOf(() => db.exec(statement)), { reason, code, domain: 'sqlite' }));
    }
    it('a file that cannot be opened, and a closed database', async () => {
      assertVerdict(await verdictOf(() => new DatabaseSync('/nonexistent/x.db')), {
        reason: 'database-missing',
        category: 'systemic',
      });
      const closed = new DatabaseSync(':memory:');
      closed.close();
      assertVerdict(await verdictOf(() => closed.exec('select 1')), { reason: 'bug' });
    });
    it('a writer that meets another writer is busy', async () => {
      const shared = 'file:busy?mode=memory&cache=shared';
      const one = new DatabaseSync(shared);
      const two = new DatabaseSync(shared);
      one.exec('create table t (x); begin immediate; insert into t values (1)');
      assertVerdict(await verdictOf(() => two.exec('begin immediate')), {
        reason: 'busy',
        retryable: true,
        outcome: 'not-applied',
      });
      one.close();
      two.close();
    });
  });

  describe('MongoDB', () => {
    const server = (code: number, labels: string[] = []): Error => {
      const error = new MongoServerError({ message: 'from the server', code });
      for (const label of labels) error.addErrorLabel(label);
      return error;
    };
    it('a closed port ends the search for a server', async () => {
      const client = new MongoClient(`mongodb://127.0.0.1:${port}`, { serverSelectionTimeoutMS: 50 });
      const verdict = await verdictOf(() => client.connect());
      await client.close();
      assertVerdict(verdict, { category: 'transient', retryable: true, outcome: 'not-applied' });
    });
    it('codes and labels', () => {
      assertVerdict(classify(server(11000)), {
        reason: 'unique-violation',
        code: 'MONGODB_11000',
        category: 'business',
      });
      assertVerdict(classify(server(112, ['TransientTransactionError'])), {
        retryable: true,
        unit: 'transaction',
        outcome: 'rolled-back',
        evidence: { strength: 'hint', rule: 'mongodb/TransientTransactionError', at: '' },
      });
      assertVerdict(classify(server(64, ['UnknownTransactionCommitResult'])), {
        retryable: true,
        unit: 'commit',
        outcome: 'unknown',
      });
      assertVerdict(classify(server(10107)), { reason: 'not-primary', retryable: true });
      assertVerdict(classify(server(18)), { reason: 'credentials-rejected', category: 'systemic' });
      assertVerdict(classify(new MongoNetworkError('reset')), { reason: 'connection-lost', outcome: 'unknown' });
      assertVerdict(classify(new MongoParseError('x')), { reason: 'misconfigured', category: 'systemic' });
      assertVerdict(classify(new MongoInvalidArgumentError('x')), { category: 'permanent', reason: 'bug' });
      assertVerdict(classify(new MongoServerSelectionError('x', {} as never)), { reason: 'connection-failed' });
    });
    it('an invalid ObjectId is invalid data', async () => {
      assertVerdict(await verdictOf(() => new ObjectId('no')), {
        reason: 'invalid-data',
        domain: 'mongoose',
        httpStatus: 400,
      });
    });
  });

  describe('Redis', () => {
    it('ioredis and node-redis report a closed port', async () => {
      const io = new Redis({
        port,
        host: '127.0.0.1',
        lazyConnect: true,
        retryStrategy: () => null,
        maxRetriesPerRequest: 0,
      });
      const seen = once(io, 'error');
      const verdict = await verdictOf(() => io.connect());
      assertVerdict(classify((await seen)[0]), refused);
      assertVerdict(verdict, { category: 'transient', retryable: true });
      io.disconnect();
      const node = createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: false } });
      const told = once(node, 'error');
      assertVerdict(await verdictOf(() => node.connect()), refused);
      assertVerdict(classify((await told)[0]), refused);
    });
    const words: readonly (readonly [string, Partial<Verdict>])[] = [
      ['WRONGTYPE Operation against a key', { reason: 'query-invalid', category: 'permanent', code: 'WRONGTYPE' }],
      ['LOADING Redis is loading the dataset in memory', { reason: 'starting-up', retryable: true }],
      [
        'READONLY You can not write against a read only replica.',
        { reason: 'not-primary', retryable: true, outcome: 'not-applied' },
      ],
      ['OOM command not allowed', { reason: 'out-of-memory', category: 'systemic' }],
      ['NOAUTH Authentication required.', { reason: 'credentials-rejected', category: 'systemic' }],
      ['CLUSTERDOWN The cluster is down', { reason: 'unavailable', retryable: true }],
      ['BUSYGROUP Consumer Group name already exists', { reason: 'already-exists', category: 'business' }],
    ];
    for (const [message, expected] of words) {
      it(`${message.split(' ')[0]} is ${expected.reason}, from ioredis and node-redis`, () => {
        assertVerdict(classify(new ReplyError(message)), { ...expected, domain: 'redis' });
        assertVerdict(classify(new SimpleError(message)), { ...expected, domain: 'redis' });
        assertVerdict(classify(new ErrorReply(message)), { ...expected, domain: 'redis' });
      });
    }
    it('the same words in a plain error are text and prove nothing', () => {
      assertVerdict(classify(new Error('LOADING the dataset')), { reason: 'unknown', retryable: false });
    });
    it('the classes of node-redis', () => {
      assertVerdict(classify(new SocketTimeoutError(1)), { reason: 'timeout', outcome: 'unknown' });
      assertVerdict(classify(new ClientClosedError()), { reason: 'bug' });
      assertVerdict(classify(new WatchError()), {
        reason: 'serialization-failure',
        retryable: true,
        unit: 'transaction',
      });
    });
  });

  describe('Elasticsearch', () => {
    const answer = (statusCode: number, type: string): Error =>
      new transportErrors.ResponseError({
        statusCode,
        body: { error: { type, reason: 'x' } },
        headers: {},
        warnings: null,
        meta: {
          name: 'x',
          context: null,
          request: { params: {} as never, options: {}, id: 1 },
          connection: null,
          attempts: 0,
          aborted: false,
        },
      } as never);
    it('types of the answer come before the status', () => {
      assertVerdict(classify(answer(409, 'version_conflict_engine_exception')), {
        reason: 'conflict',
        domain: 'elasticsearch',
        code: 'version_conflict_engine_exception',
      });
      assertVerdict(classify(answer(429, 'es_rejected_execution_exception')), {
        reason: 'overloaded',
        retryable: true,
      });
      assertVerdict(classify(answer(404, 'index_not_found_exception')), {
        reason: 'schema-mismatch',
        category: 'systemic',
      });
      assertVerdict(classify(answer(503, 'a_new_exception')), { reason: 'unavailable', domain: 'http' });
    });
    it('the transport’s classes', () => {
      assertVerdict(classify(new transportErrors.ConnectionError('x')), {
        reason: 'connection-lost',
        domain: 'elasticsearch',
      });
      assertVerdict(classify(new transportErrors.TimeoutError('x')), { reason: 'timeout' });
      assertVerdict(classify(new transportErrors.ConfigurationError('x')), { reason: 'misconfigured' });
    });
  });

  describe('ORM classes', () => {
    it('Sequelize', () => {
      assertVerdict(classify(new UniqueConstraintError({ message: 'x', errors: [] })), {
        reason: 'unique-violation',
        category: 'business',
      });
      assertVerdict(classify(new ValidationError('x', [])), { reason: 'invalid-input', httpStatus: 400 });
      assertVerdict(classify(new OptimisticLockError({ message: 'x' })), { reason: 'conflict' });
      assertVerdict(classify(new ConnectionAcquireTimeoutError(new Error('x'))), { reason: 'pool-exhausted' });
    });
    it('TypeORM and Drizzle', () => {
      assertVerdict(classify(new EntityNotFoundError('User', {})), { reason: 'not-found', httpStatus: 404 });
      assertVerdict(classify(new TransactionRollbackError()), { reason: 'transaction-aborted', alert: false });
    });
  });
});
