import { once } from 'node:events';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import {
  PrismaClientInitializationError,
  PrismaClientKnownRequestError,
  PrismaClientRustPanicError,
  PrismaClientValidationError,
} from '@prisma/client-runtime-utils';
import mongoose from 'mongoose';
import * as tedious from 'tedious';
import { assertVerdict, closedPort, verdictOf } from '../../testing/verdicts.ts';
import { classify } from '../classify.ts';
import type { Verdict } from '../taxonomy.ts';

type MssqlError = new (cause: Error | string, code: string) => Error;
interface MssqlPool {
  request(): { query(text: string): Promise<unknown> };
}
// It brings no types.
const mssql = createRequire(import.meta.url)('mssql') as {
  connect(config: object): Promise<unknown>;
  readonly ConnectionPool: new (config: object) => MssqlPool;
  readonly Request: new () => { input(): void };
  readonly RequestError: MssqlError;
  readonly TransactionError: MssqlError;
};

describe('SQL Server', () => {
  it('a closed port, with tedious and with mssql', async () => {
    const port = await closedPort();
    const expected = { reason: 'connection-failed', code: 'ESOCKET', retryable: true, outcome: 'not-applied' } as const;
    const connection = new tedious.Connection({ server: '127.0.0.1', options: { port, encrypt: false } });
    const connected = once(connection, 'connect');
    connection.connect();
    assertVerdict(classify((await connected)[0]), expected);
    assertVerdict(
      await verdictOf(() => mssql.connect({ server: '127.0.0.1', port, options: { encrypt: false } })),
      expected,
    );
  });
  it('misuse: a pool that is not connected, a parameter without name', async () => {
    assertVerdict(
      await verdictOf(() => new mssql.ConnectionPool({ server: '127.0.0.1' }).request().query('select 1')),
      { reason: 'connection-lost', code: 'ECONNCLOSED', outcome: 'not-applied' },
    );
    assertVerdict(await verdictOf(() => new mssql.Request().input()), { reason: 'bug', domain: 'sqlserver' });
  });
  const table: readonly (readonly [number: number, expected: Partial<Verdict>])[] = [
    [1205, { reason: 'deadlock', unit: 'transaction', outcome: 'rolled-back', retryable: true }],
    [2627, { reason: 'unique-violation', category: 'business', httpStatus: 409 }],
    [547, { reason: 'foreign-key-violation' }],
    [40613, { reason: 'unavailable', retryable: true }],
    [18456, { reason: 'credentials-rejected', category: 'systemic' }],
    [208, { reason: 'schema-mismatch' }],
  ];
  for (const [number, expected] of table) {
    it(`error ${number} is ${expected.reason}, also when mssql wraps it`, () => {
      const error = Object.assign(new tedious.RequestError('from the server', 'EREQUEST'), { number });
      assertVerdict(classify(error), { ...expected, domain: 'sqlserver', code: `SQLSERVER_${number}` });
      assertVerdict(classify(new mssql.RequestError(error, 'EREQUEST')), { ...expected, domain: 'sqlserver' });
    });
  }
  it('codes of the client', () => {
    const request = (code: string) => classify(new tedious.RequestError('x', code));
    assertVerdict(request('ETIMEOUT'), { reason: 'timeout', outcome: 'unknown' });
    assertVerdict(request('ECLOSE'), { reason: 'connection-lost', outcome: 'unknown' });
    assertVerdict(request('ECANCEL'), { reason: 'cancelled' });
    const connection = (code: string) => classify(new tedious.ConnectionError('x', code));
    assertVerdict(connection('ETIMEOUT'), { reason: 'connect-timeout', outcome: 'not-applied' });
    assertVerdict(connection('ELOGIN'), { reason: 'credentials-rejected' });
    assertVerdict(connection('EFEDAUTH'), { reason: 'credentials-rejected' });
    assertVerdict(connection('EENCRYPT'), { reason: 'tls-failed' });
    assertVerdict(classify(new mssql.TransactionError('x', 'EABORT')), { reason: 'transaction-aborted' });
    assertVerdict(classify(new mssql.TransactionError('x', 'ENOTBEGUN')), { reason: 'bug' });
  });
});

describe('Prisma, by the classes of its runtime', () => {
  const clientVersion = '7.10.0';
  const known: readonly (readonly [code: string, expected: Partial<Verdict>])[] = [
    ['P2002', { reason: 'unique-violation', category: 'business' }],
    ['P2003', { reason: 'foreign-key-violation' }],
    ['P2025', { reason: 'not-found', httpStatus: 404 }],
    ['P2024', { reason: 'pool-exhausted', countsForBreaker: false }],
    ['P2034', { reason: 'serialization-failure', retryable: true, unit: 'transaction' }],
    ['P1017', { reason: 'connection-lost', outcome: 'unknown' }],
  ];
  for (const [code, expected] of known) {
    it(`${code} is ${expected.reason}`, () => {
      const error = new PrismaClientKnownRequestError('x', { code, clientVersion });
      assertVerdict(classify(error), { ...expected, domain: 'prisma', code });
    });
  }
  it('failures to start, wrong queries, a panic', () => {
    assertVerdict(classify(new PrismaClientInitializationError('x', clientVersion, 'P1001')), {
      reason: 'connection-failed',
      code: 'P1001',
      retryable: true,
    });
    assertVerdict(classify(new PrismaClientInitializationError('x', clientVersion, 'P1000')), {
      reason: 'credentials-rejected',
    });
    assertVerdict(classify(new PrismaClientValidationError('x', { clientVersion })), { reason: 'bug' });
    assertVerdict(classify(new PrismaClientRustPanicError('x', clientVersion)), { reason: 'internal-database-error' });
  });
});

describe('Mongoose', () => {
  const name = 'BreakwaterTest';
  const model = mongoose.model(
    name,
    new mongoose.Schema({ n: { type: Number, required: true }, owner: mongoose.Schema.Types.ObjectId }),
  );
  it('documents and queries that do not fit the schema', async () => {
    assertVerdict(await verdictOf(() => new model({}).validate()), {
      reason: 'invalid-input',
      domain: 'mongoose',
      httpStatus: 400,
    });
    assertVerdict(await verdictOf(() => model.find({ owner: 'no' as never }).cast(model)), {
      reason: 'invalid-data',
      code: 'CAST_ERROR',
    });
    const strict = new mongoose.Schema({}, { strict: 'throw' });
    assertVerdict(await verdictOf(() => new (mongoose.model(`${name}Strict`, strict))({ x: 1 })), { reason: 'bug' });
  });
  it('models that exist twice or not at all are bugs', async () => {
    assertVerdict(await verdictOf(() => mongoose.model(name, new mongoose.Schema({}))), { reason: 'bug' });
    assertVerdict(await verdictOf(() => mongoose.model(`${name}Missing`)), { reason: 'bug' });
  });
  it('a closed port', async () => {
    const connection = mongoose.createConnection(`mongodb://127.0.0.1:${await closedPort()}`, {
      serverSelectionTimeoutMS: 50,
    });
    assertVerdict(await verdictOf(() => connection.asPromise()), { reason: 'connection-failed', retryable: true });
    await connection.close();
  });
  it('a document that is gone, or was changed meanwhile', () => {
    assertVerdict(classify(new mongoose.Error.DocumentNotFoundError({} as never)), { reason: 'not-found' });
    const stale = Reflect.construct(mongoose.Error.VersionError, [new model({ n: 1 }), 1, ['n']]);
    assertVerdict(classify(stale), { reason: 'conflict', code: 'VERSION_ERROR' });
  });
});
