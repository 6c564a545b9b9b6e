import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createDefaultHttpClient, createPipelineRequest, RestError } from '@azure/core-rest-pipeline';
import { Gaxios } from 'gaxios';
import { assertVerdict, closedPort, refused, verdictOf } from '../../testing/verdicts.ts';
import { classify } from '../classify.ts';
import type { Verdict } from '../taxonomy.ts';

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const region = 'eu-west-1';

describe('clouds', () => {
  let closed: string;
  let base: string;
  let server: Server;
  /** What the server answers next. */
  let answer: { readonly status: number; readonly type: string; readonly body: string };

  before(async () => {
    closed = `http://127.0.0.1:${await closedPort()}`;
    server = createServer((request, response) => {
      request.resume();
      response.writeHead(answer.status, { 'content-type': answer.type, 'retry-after': '7' }).end(answer.body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  describe('Azure', () => {
    const send = (signal?: AbortSignal) =>
      createDefaultHttpClient().sendRequest(
        createPipelineRequest({
          url: closed,
          allowInsecureConnection: true,
          ...(signal === undefined ? {} : { abortSignal: signal }),
        }),
      );
    it('a closed port and an aborted request', async () => {
      assertVerdict(await verdictOf(() => send()), refused);
      assertVerdict(await verdictOf(() => send(AbortSignal.abort())), { reason: 'cancelled', cancelled: true });
    });
    // Names of KnownStorageErrorCode in @azure/storage-blob, and of ConditionErrorNameMapper in @azure/core-amqp.
    const table: readonly (readonly [code: string, statusCode: number | undefined, expected: Partial<Verdict>])[] = [
      ['ServerBusy', 503, { reason: 'overloaded', retryable: true }],
      ['OperationTimedOut', 500, { reason: 'timeout', outcome: 'unknown' }],
      ['BlobNotFound', 404, { reason: 'not-found' }],
      ['ContainerNotFound', 404, { reason: 'misconfigured', category: 'systemic' }],
      ['BlobAlreadyExists', 409, { reason: 'already-exists', category: 'business' }],
      ['TargetConditionNotMet', 412, { reason: 'precondition-failed' }],
      ['LeaseIdMissing', 412, { reason: 'locked' }],
      ['LeaseLost', 412, { reason: 'fenced' }],
      ['AccountIsDisabled', 403, { reason: 'permission-denied', retryable: false }],
      ['AuthorizationFailure', 403, { reason: 'permission-denied', category: 'systemic' }],
      ['NoAuthenticationInformation', 401, { reason: 'credentials-rejected' }],
      ['PARSE_ERROR', 200, { reason: 'response-invalid' }],
      ['REQUEST_SEND_ERROR', undefined, { reason: 'connection-lost' }],
    ];
    for (const [code, statusCode, expected] of table) {
      it(`${code} is ${expected.reason}`, () => {
        const error = new RestError('x', { code, ...(statusCode === undefined ? {} : { statusCode }) });
        assertVerdict(classify(error), { ...expected, code, domain: 'azure' });
      });
    }
    it('an unknown code leaves it to the status', () => {
      assertVerdict(classify(new RestError('x', { code: 'BrandNew', statusCode: 503 })), {
        reason: 'unavailable',
        domain: 'http',
      });
    });
  });

  describe('Google with gaxios', () => {
    const request = (url: string) => new Gaxios().request({ url, retry: false });
    it('a closed port', async () => assertVerdict(await verdictOf(() => request(closed)), refused));
    it('a status, with its delay', async () => {
      answer = { status: 503, type: 'text/plain', body: '' };
      assertVerdict(await verdictOf(() => request(base)), { reason: 'unavailable', retryAfterMs: 7000 });
    });
    const table: readonly (readonly [status: number, reason: string, expected: Partial<Verdict>])[] = [
      [403, 'rateLimitExceeded', { reason: 'rate-limited', retryable: true }],
      [403, 'dailyLimitExceeded', { reason: 'quota-exceeded', retryable: false }],
      [412, 'conditionNotMet', { reason: 'precondition-failed', category: 'business' }],
      [503, 'backendError', { reason: 'unavailable', retryable: true }],
    ];
    for (const [status, reason, expected] of table) {
      it(`the answer's reason ${reason} comes before its status`, async () => {
        const error = { code: status, message: 'm', errors: [{ reason, domain: 'global', message: 'm' }] };
        answer = { status, type: 'application/json', body: JSON.stringify({ error }) };
        assertVerdict(await verdictOf(() => request(base)), { ...expected, domain: 'google', code: reason });
      });
    }
  });

  describe('DynamoDB', () => {
    const props = { $metadata: {}, message: 'x' };
    it('a closed port', async () => {
      const client = new dynamodb.DynamoDBClient({ region, endpoint: closed, maxAttempts: 1, credentials });
      assertVerdict(await verdictOf(() => client.send(new dynamodb.ListTablesCommand({}))), refused);
    });
    const table: readonly (readonly [error: Error, expected: Partial<Verdict>])[] = [
      [new dynamodb.ConditionalCheckFailedException(props), { reason: 'precondition-failed', category: 'business' }],
      [new dynamodb.ProvisionedThroughputExceededException(props), { reason: 'rate-limited', retryable: true }],
      [new dynamodb.RequestLimitExceeded(props), { reason: 'rate-limited', retryable: true }],
      [new dynamodb.InternalServerError(props), { reason: 'server-error', outcome: 'unknown' }],
      [new dynamodb.ResourceNotFoundException(props), { reason: 'not-found' }],
      [new dynamodb.TransactionConflictException(props), { reason: 'serialization-failure', unit: 'transaction' }],
      [new dynamodb.ReplicatedWriteConflictException(props), { reason: 'serialization-failure', retryable: true }],
      [new dynamodb.IdempotentParameterMismatchException(props), { reason: 'idempotency-conflict' }],
    ];
    for (const [error, expected] of table) {
      it(`${error.name} is ${expected.reason}`, () =>
        assertVerdict(classify(error), { ...expected, domain: 'aws', code: error.name }));
    }
    it('a cancelled transaction says why in its items', () => {
      const cancelled = (...codes: string[]) =>
        new dynamodb.TransactionCanceledException({ ...props, CancellationReasons: codes.map((Code) => ({ Code })) });
      assertVerdict(classify(cancelled('None', 'TransactionConflict')), {
        reason: 'serialization-failure',
        unit: 'transaction',
        retryable: true,
      });
      assertVerdict(classify(cancelled('ConditionalCheckFailed')), { reason: 'precondition-failed', retryable: false });
      assertVerdict(classify(cancelled('ItemCollectionSizeLimitExceeded')), { reason: 'conflict' });
    });
  });

  describe('S3', () => {
    const get = () =>
      new S3Client({ region, endpoint: base, forcePathStyle: true, maxAttempts: 1, credentials }).send(
        new GetObjectCommand({ Bucket: 'b', Key: 'k' }),
      );
    const table: readonly (readonly [status: number, code: string, expected: Partial<Verdict>])[] = [
      [404, 'NoSuchBucket', { reason: 'misconfigured', category: 'systemic' }],
      [404, 'NoSuchKey', { reason: 'not-found' }],
      [503, 'SlowDown', { reason: 'rate-limited', retryable: true }],
      [403, 'AccessDenied', { reason: 'permission-denied', category: 'systemic' }],
      [403, 'SignatureDoesNotMatch', { reason: 'credentials-rejected' }],
      [412, 'PreconditionFailed', { reason: 'precondition-failed' }],
      [409, 'OperationAborted', { reason: 'conflict' }],
      [500, 'InternalError', { reason: 'server-error', retryable: true, outcome: 'unknown' }],
      [400, 'EntityTooLarge', { reason: 'payload-too-large' }],
    ];
    for (const [status, code, expected] of table) {
      it(`an answer ${code} is ${expected.reason}`, async () => {
        answer = { status, type: 'application/xml', body: `<Error><Code>${code}</Code><Message>m</Message></Error>` };
        assertVerdict(await verdictOf(get), { ...expected, domain: 'aws', code });
      });
    }
  });
});
