import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Client as AdyenClient } from '@adyen/api-library';
import HttpClientException from '@adyen/api-library/lib/src/httpClient/httpClientException.js';
import { CustomError, OrdersController, Client as PayPalClient } from '@paypal/paypal-server-sdk';
import { assertVerdict, closedPort, verdictOf } from '../../testing/verdicts.ts';
import { classify } from '../classify.ts';
import type { Verdict } from '../taxonomy.ts';

interface BraintreeGateway {
  readonly config: { baseMerchantPath(): string };
  readonly customer: { find(id: string): Promise<unknown> };
  readonly webhookNotification: { parse(signature: string, payload: string): Promise<unknown> };
}
// It brings no types.
const braintree = createRequire(import.meta.url)('braintree') as {
  readonly Environment: new (host: string, port: string, authUrl: string, ssl: boolean) => object;
  readonly BraintreeGateway: new (config: object) => BraintreeGateway;
};

describe('payments', () => {
  let port: number;
  let server: Server;

  before(async () => {
    port = await closedPort();
    server = createServer((request, response) => {
      request.resume();
      response.writeHead(Number(request.url?.split('/')[1])).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  describe('Adyen', () => {
    it('the client keeps only the text of a network error', async () => {
      const client = new AdyenClient({ apiKey: 'k', environment: 'TEST' as never });
      const send = () => client.httpClient.request(`https://127.0.0.1:${port}/`, '{}', client.config, true, {});
      assertVerdict(await verdictOf(send), { reason: 'connection-lost', domain: 'adyen', retryable: true });
      const noKey = new AdyenClient({ apiKey: '', environment: 'TEST' as never });
      const sendWithout = () => noKey.httpClient.request(`https://127.0.0.1:${port}/`, '{}', noKey.config, true, {});
      assertVerdict(await verdictOf(sendWithout), { reason: 'credentials-rejected', retryable: false });
    });
    // The documented errors; the first three are also in the tests of Adyen's own libraries.
    const table: readonly (readonly [errorCode: string, statusCode: number, expected: Partial<Verdict>])[] = [
      ['101', 422, { reason: 'card-invalid', category: 'business' }],
      ['167', 422, { reason: 'request-rejected', category: 'permanent' }],
      ['803', 500, { reason: 'not-found', retryable: false }],
      ['010', 403, { reason: 'permission-denied', category: 'systemic' }],
      ['704', 409, { reason: 'idempotency-conflict', outcome: 'unknown', retryable: false }],
    ];
    for (const [errorCode, statusCode, expected] of table) {
      it(`error code ${errorCode} is ${expected.reason}`, () => {
        const error = new HttpClientException.default({ message: 'x', errorCode, statusCode });
        assertVerdict(classify(error), { ...expected, domain: 'adyen' });
      });
    }
    it('error code 000 has many meanings, so the status decides', () => {
      const error = new HttpClientException.default({ message: 'x', errorCode: '000', statusCode: 401 });
      assertVerdict(classify(error), { reason: 'credentials-rejected', domain: 'http' });
    });
    it('the header transient-error says whether to repeat', () => {
      const error = new HttpClientException.default({
        message: 'x',
        errorCode: '704',
        statusCode: 422,
        responseHeaders: { 'transient-error': 'true' },
      });
      assertVerdict(classify(error), { reason: 'idempotency-conflict', retryable: true });
    });
  });

  describe('Braintree', () => {
    const gateway = (path: string, at: number): BraintreeGateway => {
      const environment = new braintree.Environment('127.0.0.1', String(at), 'http://127.0.0.1', false);
      const made = new braintree.BraintreeGateway({ environment, merchantId: 'm', publicKey: 'p', privateKey: 'k' });
      made.config.baseMerchantPath = () => path;
      return made;
    };
    const open = () => (server.address() as AddressInfo).port;
    it('a closed port, which it calls unexpected', async () => {
      assertVerdict(await verdictOf(() => gateway('', port).customer.find('1')), {
        domain: 'braintree',
        retryable: true,
        outcome: 'unknown',
      });
    });
    const table: readonly (readonly [status: number, code: string, expected: Partial<Verdict>])[] = [
      [401, 'authenticationError', { reason: 'credentials-rejected', category: 'systemic' }],
      [403, 'authorizationError', { reason: 'permission-denied' }],
      [404, 'notFoundError', { reason: 'not-found', httpStatus: 404 }],
      [408, 'requestTimeoutError', { reason: 'timeout', outcome: 'unknown' }],
      [426, 'upgradeRequired', { reason: 'unsupported' }],
      [429, 'tooManyRequestsError', { reason: 'rate-limited', retryable: true }],
      [500, 'serverError', { reason: 'server-error' }],
      [503, 'serviceUnavailableError', { reason: 'unavailable' }],
      [504, 'gatewayTimeoutError', { reason: 'timeout', outcome: 'unknown' }],
      [418, 'unexpectedError', { reason: 'server-error' }],
    ];
    for (const [status, code, expected] of table) {
      it(`an answer ${status} is ${expected.reason}`, async () => {
        const fail = () => gateway(`/${status}`, open()).customer.find('1');
        assertVerdict(await verdictOf(fail), { ...expected, code, domain: 'braintree' });
      });
    }
    it('a notification with a wrong signature', async () => {
      assertVerdict(await verdictOf(() => gateway('', port).webhookNotification.parse('x', 'y')), {
        reason: 'token-invalid',
        httpStatus: 400,
      });
    });
  });

  describe('PayPal', () => {
    const answer = (statusCode: number, result: object): Error => {
      const response = { statusCode, headers: {}, body: JSON.stringify(result) };
      const error = new CustomError({ request: { method: 'GET', url: 'https://x.example/' }, response }, 'x');
      return Object.assign(error, { result });
    };
    const table: readonly (readonly [status: number, result: object, expected: Partial<Verdict>])[] = [
      [422, { details: [{ issue: 'INSTRUMENT_DECLINED' }] }, { reason: 'declined', code: 'INSTRUMENT_DECLINED' }],
      [422, { details: [{ issue: 'ORDER_ALREADY_CAPTURED' }] }, { reason: 'already-processed' }],
      [404, { name: 'RESOURCE_NOT_FOUND' }, { reason: 'not-found' }],
      [429, { name: 'RATE_LIMIT_REACHED' }, { reason: 'rate-limited', retryable: true }],
      [401, { name: 'AUTHENTICATION_FAILURE' }, { reason: 'credentials-rejected', category: 'systemic' }],
    ];
    for (const [status, result, expected] of table) {
      it(`${JSON.stringify(result)} is ${expected.reason}`, () =>
        assertVerdict(classify(answer(status, result)), { ...expected, domain: 'paypal' }));
    }
    it('what it has no rule for is judged by the status', () => {
      assertVerdict(classify(answer(503, {})), { reason: 'unavailable', domain: 'http' });
    });
    it('a wrong argument is a bug', async () => {
      const clientCredentialsAuthCredentials = { oAuthClientId: 'a', oAuthClientSecret: 'b' };
      const orders = new OrdersController(new PayPalClient({ clientCredentialsAuthCredentials }));
      assertVerdict(await verdictOf(() => orders.getOrder({ id: 5 } as never)), { reason: 'bug', domain: 'paypal' });
    });
  });
});
