import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDetector } from '../incidents/detector-for-tests.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const KEY = 'R0123456789abcdef0123456789abcde';
const WEBHOOK = { name: 'stub', type: 'webhook', enabled: true, url: 'http://hook.example/in', secret: SECRET };
const PAGERDUTY = { name: 'pager', type: 'pagerduty', enabled: true, url: '', secret: KEY };

test(
  'answers say whether a secret is set, never which',
  withDetector(async ({ detector: { receivers } }) => {
    const { id } = receivers.create(WEBHOOK);
    receivers.create(PAGERDUTY);
    const { secret: _secret, ...unsigned } = WEBHOOK;
    receivers.create(unsigned);
    const { receivers: all } = receivers.list();
    assert.deepEqual(all[0], {
      id,
      name: 'stub',
      type: 'webhook',
      enabled: true,
      url: 'http://hook.example/in',
      secretSet: true,
    });
    assert.equal(all[1]?.url, 'https://events.pagerduty.com/v2/enqueue');
    assert.equal(all[2]?.secretSet, false);
    assert.ok(!JSON.stringify(all).includes(SECRET) && !JSON.stringify(all).includes(KEY));
  }),
);

test(
  'an update without a secret keeps the stored one; the type cannot change',
  withDetector(async ({ detector: { receivers }, told }) => {
    const { id } = receivers.create(WEBHOOK);
    const { secret: _secret, ...withoutSecret } = WEBHOOK;
    assert.equal(receivers.update(id, { ...withoutSecret, name: 'new' }).secretSet, true);
    await receivers.test(id);
    assert.match(told[0]?.headers.get('webhook-signature') ?? '', /^v1,/);
    assert.throws(() => receivers.update(id, { ...PAGERDUTY }), /type must stay webhook, got "pagerduty"/);
    assert.throws(() => receivers.update('x', WEBHOOK), { code: 'NOT_FOUND' });
  }),
);

test(
  'wrong input is refused, naming the field, and the value unless it is a secret',
  withDetector(async ({ detector: { receivers } }) => {
    const { secret: _secret, ...keyless } = PAGERDUTY;
    const refusals: [input: object, message: RegExp][] = [
      [{ ...WEBHOOK, type: 'slack' }, /^type must be one of webhook, pagerduty, got "slack"$/],
      [{ ...WEBHOOK, url: 'ftp://a/b' }, /^url must be an http or https URL .* got "ftp:\/\/a\/b"$/],
      [{ ...WEBHOOK, url: 'hook' }, /^url must be/],
      [{ ...WEBHOOK, url: 'http://ann:hunter2@a/b' }, /^url must be an http or https URL without user and password$/],
      [{ ...WEBHOOK, url: 5 }, /^url must be .* got 5$/],
      [{ ...WEBHOOK, name: ' ' }, /^name must be/],
      [{ ...WEBHOOK, enabled: 'yes' }, /^enabled must be true or false, got "yes"$/],
      [
        { ...WEBHOOK, secret: 'hunter2' },
        /^secret must be "whsec_" and base64 of 16 to 256 bytes, or other text of that length$/,
      ],
      [{ ...WEBHOOK, secret: 'whsec_hunter2!hunter2!hunter2!' }, /^secret must be "whsec_" and base64/],
      [{ ...WEBHOOK, secret: null }, /^secret must be/],
      [{ ...WEBHOOK, token: 'hunter2' }, /^"token" is no known field/],
      [{ ...PAGERDUTY, secret: 'hunter2' }, /^secret must be the routing key of the PagerDuty integration/],
      [keyless, /^secret must be the routing key .* it is missing$/],
    ];
    for (const [input, message] of refusals) {
      assert.throws(
        () => receivers.create(input),
        (error: Error) => message.test(error.message) && !error.message.includes('hunter2'),
        JSON.stringify(input),
      );
    }
    assert.equal(receivers.list().receivers.length, 0);
  }),
);

test(
  'a test notification says that it is one, and its exact outcome is reported without the secret',
  withDetector(async ({ detector: { receivers }, told, answers, log }) => {
    const { id } = receivers.create({ ...WEBHOOK, enabled: false });
    const good = await receivers.test(id);
    assert.deepEqual([good.ok, good.status, good.detail], [true, 204, 'hook.example answered 204']);
    assert.equal(told[0]?.body.type, 'receiver.test');
    answers.next = () => new Response(`no such key: ${SECRET}\n\n`, { status: 401 });
    const bad = await receivers.test(id);
    assert.deepEqual([bad.ok, bad.status, bad.detail], [false, 401, 'hook.example answered 401: no such key: ***']);
    answers.next = () => new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND hook.example') });
    const none = await receivers.test(id);
    assert.deepEqual(
      [none.ok, none.status, none.detail],
      [false, null, 'hook.example: getaddrinfo ENOTFOUND hook.example'],
    );
    const tokens = ['tokenInThePath', 'tokenInTheQuery'];
    const url = `http://hook.example/in/${tokens[0]}/a?key=${tokens[1]}`;
    const withToken = receivers.create({ ...WEBHOOK, url, enabled: false });
    answers.next = () =>
      new Response(`no route /in/${tokens[0]}/a?key=${tokens[1]}, key ${tokens[1]}`, { status: 404 });
    const { detail } = await receivers.test(withToken.id);
    assert.equal(detail, 'hook.example answered 404: no route ***, key ***');
    assert.ok(!log.join('\n').includes(SECRET));
    await assert.rejects(receivers.test('x'), { code: 'NOT_FOUND' });
  }),
);

test(
  'a test of PagerDuty is resolved at once, so that it does not stay open there',
  withDetector(async ({ detector: { receivers }, told, answers }) => {
    const { id } = receivers.create(PAGERDUTY);
    answers.next = () => new Response('{"status":"success"}', { status: 202 });
    assert.equal((await receivers.test(id)).ok, true);
    const events = told.map(({ body }) => body as unknown as { event_action: string; dedup_key: string });
    assert.deepEqual(
      events.map(({ event_action }) => event_action),
      ['trigger', 'resolve'],
    );
    assert.equal(events[0]?.dedup_key, events[1]?.dedup_key);
  }),
);
