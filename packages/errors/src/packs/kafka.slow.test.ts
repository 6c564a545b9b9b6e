import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as kafka from '@platformatic/kafka';
import { assertVerdict, closedPort, verdictOf } from '../../testing/verdicts.ts';
import { classify } from '../classify.ts';

const { protocolErrors } = kafka;

describe('Kafka with @platformatic/kafka', () => {
  it('a closed port', async () => {
    const producer = new kafka.Producer({
      clientId: 'x',
      bootstrapBrokers: [`127.0.0.1:${await closedPort()}`],
      retries: 0,
      connectTimeout: 500,
    });
    assertVerdict(await verdictOf(() => producer.metadata({ topics: ['x'] })), {
      reason: 'connection-lost',
      domain: 'kafka',
      category: 'transient',
      retryable: true,
    });
    await producer.close();
  });
  it('a wrong option is a bug', async () => {
    const make = () =>
      new kafka.Producer({ clientId: 'x', bootstrapBrokers: ['127.0.0.1:9'], strict: true, retries: 'many' } as never);
    assertVerdict(await verdictOf(make), { reason: 'bug', code: 'PLT_KFK_USER' });
  });
  it('an answer with errors fails as its worst error does', () => {
    assertVerdict(classify(new kafka.ResponseError(0, 1, { '/topics/0': [29, null], '/topics/1': [6, null] }, {})), {
      reason: 'permission-denied',
      code: 'TOPIC_AUTHORIZATION_FAILED',
      category: 'systemic',
      retryable: false,
    });
  });
  it('its own classes', () => {
    assertVerdict(classify(new kafka.TimeoutError('x')), { reason: 'timeout', outcome: 'unknown', retryable: false });
    assertVerdict(classify(new kafka.NetworkError('x')), { reason: 'connection-lost', retryable: true });
    assertVerdict(classify(new kafka.AuthenticationError('x')), { reason: 'credentials-rejected' });
    assertVerdict(classify(new kafka.UnsupportedCompressionError('x')), { reason: 'unsupported' });
  });
});

describe('Kafka by number with librdkafka', () => {
  // librdkafka passes the protocol's numbers on, so the table of another client checks ours.
  const byNumber = (code: number) =>
    classify(
      Object.assign(new Error('x'), {
        name: 'LibrdKafkaError',
        code,
        errno: code,
        origin: code < 0 ? 'local' : 'kafka',
      }),
    );
  it('every number of the protocol means what its name means', () => {
    let known = 0;
    for (const { id, code } of Object.values(protocolErrors)) {
      if (code <= 0) continue;
      const named = classify(new kafka.ProtocolError(id));
      if (named.evidence.rule === 'kafka/unknown') continue;
      known++;
      assert.equal(byNumber(code).reason, named.reason, `${code} ${id}`);
    }
    assert.ok(known > 50, String(known));
  });
  it('no number has a rule whose name has none', () => {
    for (const { id, code } of Object.values(protocolErrors)) {
      if (code <= 0 || byNumber(code).reason === 'unknown') continue;
      assert.equal(classify(new kafka.ProtocolError(id)).reason, byNumber(code).reason, `${code} ${id}`);
    }
  });
  // RD_KAFKA_RESP_ERR__… in librdkafka's rdkafka.h.
  const local: readonly (readonly [code: number, reason: string])[] = [
    [-198, 'unsupported'],
    [-195, 'connection-lost'],
    [-193, 'dns-not-found'],
    [-192, 'timeout'],
    [-187, 'connection-lost'],
    [-186, 'bug'],
    [-184, 'overloaded'],
    [-169, 'credentials-rejected'],
    [-152, 'cancelled'],
    [-151, 'cancelled'],
    [-147, 'rebalance-in-progress'],
    [-144, 'fenced'],
  ];
  for (const [code, reason] of local) it(`${code} is ${reason}`, () => assert.equal(byNumber(code).reason, reason));
});
