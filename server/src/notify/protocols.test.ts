import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { Notification } from './notification.ts';
import { pagerduty } from './pagerduty.ts';
import { webhook } from './webhook.ts';

const NOW = 1_790_000_000_999;
const NOTIFICATION: Notification = {
  id: 'msg_1',
  event: 'triggered',
  test: false,
  at: NOW,
  incident: {
    id: 'abc',
    number: 12,
    title: 'payments: TimeoutError: no answer',
    status: 'open',
    severity: 'high',
    environment: 'live',
    services: ['payments', 'orders'],
    openedAt: NOW,
    resolvedAt: null,
    url: 'https://breakwater.example/incidents/abc',
    mergedInto: null,
  },
  alerts: [
    {
      id: 'a1',
      ruleName: 'Error burst',
      severity: 'high',
      state: 'firing',
      labels: { service: 'payments', environment: 'live' },
      value: 20,
      threshold: 10,
      unit: 'count',
      summary: 'payments: TimeoutError occurred 20 times in 1 min, the limit is 10.',
      startedAt: NOW,
      firedAt: NOW,
      resolvedAt: null,
      runbookUrl: 'https://wiki.example/payments',
    },
  ],
};
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const receiver = { id: 'r', name: 'stub', url: 'https://hook.example/in?token=a', secret: SECRET };

test('a webhook is signed as the Standard Webhooks specification says', () => {
  const { url, headers, body } = webhook.toRequest(NOTIFICATION, receiver, NOW);
  assert.equal(url, receiver.url);
  assert.equal(headers['webhook-id'], 'msg_1');
  assert.equal(headers['webhook-timestamp'], '1790000000');
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const expected = createHmac('sha256', key).update(`msg_1.1790000000.${body}`).digest('base64');
  assert.equal(headers['webhook-signature'], `v1,${expected}`);
});

test("the specification's own example gives its signature", () => {
  // https://github.com/standard-webhooks/standard-webhooks, the example of the symmetric signature.
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const signed = 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}';
  assert.equal(
    createHmac('sha256', key).update(signed).digest('base64'),
    'g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
});

test('a retry has the same id and body, and a signature of its own time', () => {
  const first = webhook.toRequest(NOTIFICATION, receiver, NOW);
  const second = webhook.toRequest(NOTIFICATION, receiver, NOW + 60_000);
  assert.equal(second.body, first.body);
  assert.equal(second.headers['webhook-id'], first.headers['webhook-id']);
  assert.notEqual(second.headers['webhook-signature'], first.headers['webhook-signature']);
});

test('the body of a webhook names the incident and its alerts', () => {
  assert.deepEqual(JSON.parse(webhook.toRequest(NOTIFICATION, receiver, NOW).body), {
    type: 'incident.triggered',
    timestamp: '2026-09-21T14:13:20.999Z',
    data: {
      incident: {
        id: 'abc',
        number: 12,
        title: 'payments: TimeoutError: no answer',
        status: 'open',
        severity: 'high',
        environment: 'live',
        services: ['payments', 'orders'],
        openedAt: '2026-09-21T14:13:20.999Z',
        resolvedAt: null,
        url: 'https://breakwater.example/incidents/abc',
        mergedInto: null,
      },
      alerts: [
        {
          id: 'a1',
          rule: 'Error burst',
          state: 'firing',
          severity: 'high',
          summary: 'payments: TimeoutError occurred 20 times in 1 min, the limit is 10.',
          labels: { service: 'payments', environment: 'live' },
          value: 20,
          threshold: 10,
          unit: 'count',
          firedAt: '2026-09-21T14:13:20.999Z',
          resolvedAt: null,
          runbookUrl: 'https://wiki.example/payments',
        },
      ],
    },
  });
});

test('without a secret there is no signature; a test says that it is one', () => {
  const { headers, body } = webhook.toRequest({ ...NOTIFICATION, test: true }, { ...receiver, secret: null }, NOW);
  assert.equal(headers['webhook-signature'], undefined);
  assert.equal(JSON.parse(body).type, 'receiver.test');
});

test('PagerDuty is told in its Events v2 shape, with one dedup key from trigger to resolve', () => {
  const address = { ...receiver, secret: 'R'.repeat(32) };
  const say = (event: Notification['event'], change: Partial<Notification> = {}) =>
    JSON.parse(pagerduty.toRequest({ ...NOTIFICATION, event, ...change }, address, NOW).body);
  assert.deepEqual(say('triggered'), {
    routing_key: 'R'.repeat(32),
    event_action: 'trigger',
    dedup_key: 'breakwater-incident-abc',
    payload: {
      summary: '[INC-12] payments: TimeoutError: no answer',
      source: 'payments',
      severity: 'error',
      timestamp: '2026-09-21T14:13:20.999Z',
      component: 'payments, orders',
      group: 'live',
      class: 'Error burst',
      custom_details: {
        incident: 'INC-12',
        test: false,
        services: ['payments', 'orders'],
        environment: 'live',
        alerts: [{ rule: 'Error burst', severity: 'high', summary: NOTIFICATION.alerts[0]?.summary }],
      },
    },
    links: [
      { href: 'https://breakwater.example/incidents/abc', text: 'INC-12 in Breakwater' },
      { href: 'https://wiki.example/payments', text: 'Runbook' },
    ],
    client: 'Breakwater',
    client_url: 'https://breakwater.example/incidents/abc',
  });
  assert.deepEqual(say('resolved'), {
    routing_key: 'R'.repeat(32),
    event_action: 'resolve',
    dedup_key: 'breakwater-incident-abc',
  });
  assert.equal(say('acknowledged').event_action, 'acknowledge');
  assert.equal(say('triggered', { test: true }).dedup_key, 'breakwater-test-abc');
  const severities = (['critical', 'high', 'medium', 'low'] as const).map(
    (severity) => say('triggered', { incident: { ...NOTIFICATION.incident, severity } }).payload.severity,
  );
  assert.deepEqual(severities, ['critical', 'error', 'warning', 'info']);
});

test('statuses mean delivered, try again or refused', () => {
  const verdicts = (statuses: number[], { verdictOf }: typeof webhook) => statuses.map((status) => verdictOf(status));
  assert.deepEqual(verdicts([200, 204, 301, 404, 410, 429, 500], webhook), [
    'delivered',
    'delivered',
    'retry',
    'retry',
    'refused',
    'retry',
    'retry',
  ]);
  assert.deepEqual(verdicts([202, 301, 400, 408, 429, 503], pagerduty), [
    'delivered',
    'retry',
    'refused',
    'retry',
    'retry',
    'retry',
  ]);
});
