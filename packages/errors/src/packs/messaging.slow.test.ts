import { before, describe, it } from 'node:test';
import { ExpiredTokenException, GetCallerIdentityCommand, STSClient, STSServiceException } from '@aws-sdk/client-sts';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import * as nats from '@nats-io/transport-node';
import { connect as natsConnect } from '@nats-io/transport-node';
import amqp from 'amqplib';
import kafkajs from 'kafkajs';
import OpenAI from 'openai';
import Stripe from 'stripe';
import { assertVerdict, closedPort, verdictOf } from '../../testing/verdicts.ts';
import { classify } from '../classify.ts';

describe('brokers and clouds', () => {
  let port: number;

  before(async () => {
    port = await closedPort();
  });

  describe('Kafka with kafkajs', () => {
    it('a closed port, after its own retries, may still be tried again later', async () => {
      const kafka = new kafkajs.Kafka({
        brokers: [`127.0.0.1:${port}`],
        logLevel: kafkajs.logLevel.NOTHING,
        retry: { retries: 0 },
      });
      assertVerdict(await verdictOf(() => kafka.admin().connect()), { category: 'transient', retryable: true });
    });
    const protocol = (type: string, code: number, retriable: boolean): Error =>
      new kafkajs.KafkaJSProtocolError({ name: 'x', type, code, retriable, message: 'x' } as never);
    it('protocol errors by name; the library’s own "retriable" is a hint', () => {
      assertVerdict(classify(protocol('NOT_LEADER_FOR_PARTITION', 6, true)), {
        reason: 'not-primary',
        retryable: true,
        code: 'NOT_LEADER_FOR_PARTITION',
        domain: 'kafka',
      });
      assertVerdict(classify(protocol('MESSAGE_TOO_LARGE', 10, false)), {
        reason: 'message-too-large',
        category: 'permanent',
        retryable: false,
      });
      assertVerdict(classify(protocol('TOPIC_AUTHORIZATION_FAILED', 29, false)), {
        reason: 'permission-denied',
        category: 'systemic',
      });
      assertVerdict(classify(new kafkajs.KafkaJSRequestTimeoutError('x', {} as never)), {
        reason: 'timeout',
        outcome: 'unknown',
      });
    });
  });

  describe('RabbitMQ with amqplib', () => {
    it('a closed port', async () => {
      assertVerdict(await verdictOf(() => amqp.connect(`amqp://127.0.0.1:${port}`)), {
        reason: 'connection-refused',
        retryable: true,
      });
    });
    it('reply codes as the library puts them on its errors', () => {
      const closed = (code: number): Error =>
        Object.assign(new Error('Channel closed by server'), { code, classId: 60, methodId: 40 });
      assertVerdict(classify(closed(404)), { reason: 'topic-missing', category: 'systemic', domain: 'rabbitmq' });
      assertVerdict(classify(closed(406)), { reason: 'misconfigured' });
      assertVerdict(classify(closed(320)), { reason: 'shutting-down', retryable: true });
    });
    it('an operation on a closed channel', () => {
      assertVerdict(classify(new amqp.IllegalOperationError('Channel closed', 'stack')), {
        reason: 'connection-lost',
        outcome: 'not-applied',
      });
    });
  });

  describe('NATS', () => {
    it('a closed port', async () => {
      assertVerdict(
        await verdictOf(() => natsConnect({ servers: `127.0.0.1:${port}`, timeout: 200, reconnect: false })),
        { reason: 'connection-refused', retryable: true },
      );
    });
    it('its classes', () => {
      assertVerdict(classify(new nats.NoRespondersError('subject')), { reason: 'no-responders', retryable: true });
      assertVerdict(classify(new nats.TimeoutError()), { reason: 'timeout' });
      assertVerdict(classify(new nats.PermissionViolationError('x', 'publish', 's')), {
        reason: 'permission-denied',
        category: 'systemic',
      });
    });
  });

  describe('gRPC', () => {
    it('a closed port is UNAVAILABLE', async () => {
      const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
      const verdict = await verdictOf(
        () =>
          new Promise((_, reject) =>
            client.makeUnaryRequest(
              '/a.B/C',
              (x: Buffer) => x,
              (x: Buffer) => x,
              Buffer.alloc(0),
              reject,
            ),
          ),
      );
      client.close();
      assertVerdict(verdict, { reason: 'unavailable', code: 'UNAVAILABLE', domain: 'grpc', retryable: true });
    });
    it('a deadline in the past is DEADLINE_EXCEEDED', async () => {
      const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
      const verdict = await verdictOf(
        () =>
          new Promise((_, reject) =>
            client.makeUnaryRequest(
              '/a.B/C',
              (x: Buffer) => x,
              (x: Buffer) => x,
              Buffer.alloc(0),
              new Metadata(),
              { deadline: 0 },
              reject,
            ),
          ),
      );
      client.close();
      assertVerdict(verdict, { reason: 'timeout', code: 'DEADLINE_EXCEEDED', outcome: 'unknown' });
    });
    it('push-back from the server decides', () => {
      const failed = (pushback: string, code: number): Error => {
        const metadata = new Metadata();
        metadata.set('grpc-retry-pushback-ms', pushback);
        return Object.assign(new Error('x'), { code, details: 'x', metadata });
      };
      assertVerdict(classify(failed('250', status.UNAVAILABLE)), {
        retryable: true,
        retryAfterMs: 250,
        evidence: { strength: 'hint', rule: 'grpc/retry-pushback', at: '' },
      });
      assertVerdict(classify(failed('-1', status.UNAVAILABLE)), { retryable: false, category: 'transient' });
    });
  });

  describe('AWS SDK v3', () => {
    it('a closed port', async () => {
      const client = new STSClient({
        region: 'eu-west-1',
        endpoint: `http://127.0.0.1:${port}`,
        maxAttempts: 1,
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      });
      assertVerdict(await verdictOf(() => client.send(new GetCallerIdentityCommand({}))), {
        reason: 'connection-refused',
        retryable: true,
      });
      client.destroy();
    });
    const failed = (name: string, fault: 'client' | 'server', statusCode: number): Error =>
      new STSServiceException({ name, $fault: fault, $metadata: { httpStatusCode: statusCode }, message: 'x' });
    it('names are codes', () => {
      assertVerdict(classify(failed('ThrottlingException', 'client', 400)), {
        reason: 'rate-limited',
        retryable: true,
        code: 'ThrottlingException',
        domain: 'aws',
      });
      assertVerdict(classify(failed('AccessDenied', 'client', 403)), {
        reason: 'permission-denied',
        category: 'systemic',
      });
      assertVerdict(classify(new ExpiredTokenException({ message: 'x', $metadata: { httpStatusCode: 400 } })), {
        reason: 'credentials-rejected',
      });
      assertVerdict(classify(failed('ANewOne', 'server', 503)), { reason: 'unavailable', domain: 'http' });
    });
    it('$retryable is a hint', () => {
      const error = Object.assign(failed('ANewOne', 'client', 400), { $retryable: { throttling: true } });
      assertVerdict(classify(error), {
        retryable: true,
        category: 'transient',
        evidence: { strength: 'hint', rule: 'aws/$retryable', at: '' },
      });
    });
  });

  describe('Stripe', () => {
    it('a closed port', async () => {
      const stripe = new Stripe('sk_test_x', {
        host: '127.0.0.1',
        port,
        protocol: 'http',
        maxNetworkRetries: 0,
        telemetry: false,
      });
      assertVerdict(await verdictOf(() => stripe.customers.list()), { category: 'transient', retryable: true });
    });
    const declined = (decline_code: string): Error =>
      Stripe.errors.StripeError.generate({
        type: 'card_error',
        code: 'card_declined',
        decline_code,
        message: 'Your card was declined.',
        statusCode: 402,
        headers: {},
      } as never);
    it('declines by code', () => {
      assertVerdict(classify(declined('insufficient_funds')), {
        reason: 'insufficient-funds',
        category: 'business',
        code: 'insufficient_funds',
        exposeMessage: true,
        httpStatus: 402,
      });
      assertVerdict(classify(declined('fraudulent')), { reason: 'fraud-suspected', exposeMessage: false });
      assertVerdict(classify(declined('processing_error')), {
        reason: 'processor-unavailable',
        retryable: true,
        outcome: 'not-applied',
      });
      assertVerdict(classify(declined('a_new_code')), { reason: 'declined', category: 'business', retryable: false });
    });
    it('Stripe-Should-Retry decides', () => {
      const error = Stripe.errors.StripeError.generate({
        type: 'api_error',
        message: 'x',
        statusCode: 500,
        headers: { 'stripe-should-retry': 'false' },
      } as never);
      assertVerdict(classify(error), {
        retryable: false,
        evidence: { strength: 'hint', rule: 'stripe/stripe-should-retry', at: '' },
      });
    });
    it('a wrong webhook signature', async () => {
      const stripe = new Stripe('sk_test_x');
      assertVerdict(await verdictOf(() => stripe.webhooks.constructEvent('{}', 't=1,v1=aa', 'whsec_x')), {
        domain: 'stripe',
        retryable: false,
        httpStatus: 400,
      });
    });
  });

  describe('OpenAI', () => {
    it('a closed port', async () => {
      const client = new OpenAI({ apiKey: 'x', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
      assertVerdict(await verdictOf(() => client.models.list()), { reason: 'connection-refused', retryable: true });
    });
    const answered = (status: number, error: object, headers: Record<string, string> = {}): Error =>
      OpenAI.APIError.generate(status, { error }, 'x', new Headers({ 'x-request-id': 'r', ...headers }));
    it('code before status; x-should-retry before both', () => {
      assertVerdict(classify(answered(429, { code: 'insufficient_quota', type: 'insufficient_quota' })), {
        reason: 'quota-exceeded',
        retryable: false,
        category: 'systemic',
      });
      assertVerdict(classify(answered(429, { code: 'rate_limit_exceeded' }, { 'retry-after-ms': '120' })), {
        reason: 'rate-limited',
        retryable: true,
        retryAfterMs: 120,
      });
      assertVerdict(classify(answered(500, {}, { 'x-should-retry': 'false' })), { retryable: false });
      assertVerdict(classify(new OpenAI.APIConnectionTimeoutError()), { reason: 'timeout', domain: 'openai' });
      assertVerdict(classify(new OpenAI.APIUserAbortError()), { reason: 'cancelled', cancelled: true });
      assertVerdict(classify(new OpenAI.InvalidWebhookSignatureError('x')), {
        reason: 'token-invalid',
        httpStatus: 400,
      });
    });
  });
});
