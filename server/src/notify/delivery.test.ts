import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BURST_RULE, createDetectorForTests, type DetectorForTests, START } from '../incidents/detector-for-tests.ts';
import { GIVE_UP_AFTER_MS, retryDelayMs, toRetryAfterMs } from './backoff.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const WEBHOOK = { name: 'stub', type: 'webhook', enabled: true, url: 'http://hook.example/in', secret: SECRET };

function withDetector(
  work: (given: DetectorForTests) => Promise<void>,
  options: Parameters<typeof createDetectorForTests>[0] = {},
): () => Promise<void> {
  return async () => {
    const given = createDetectorForTests(options);
    given.detector.rules.create(BURST_RULE);
    try {
      await work(given);
    } finally {
      await given.close();
    }
  };
}

const status = (code: number, headers: Record<string, string> = {}, body: string | null = null) =>
  new Response(body, { status: code, headers });
const types = ({ told }: DetectorForTests) => told.map(({ body }) => body.type);
const failures = async ({ incident }: DetectorForTests) =>
  (await incident()).timeline.filter((entry) => entry.kind === 'notify_failed');

test(
  'a failing receiver is tried again with growing waits, the same id each time, until it answers',
  withDetector(async (given) => {
    const { detector, telemetry, pass, told, answers, incident } = given;
    detector.receivers.create(WEBHOOK);
    telemetry.errors(START + 1_000, 20);
    answers.next = () => (told.length < 4 ? status(503) : status(200));
    await pass(30);
    assert.deepEqual(
      told.map(({ at }) => (at - START) / 1_000),
      [5, 10, 15, 25],
    );
    assert.equal(new Set(told.map(({ headers }) => headers.get('webhook-id'))).size, 1);
    const [failure, ...more] = await failures(given);
    assert.equal(more.length, 0, 'the first failure stands for those until it is given up or delivered');
    assert.deepEqual(failure, {
      kind: 'notify_failed',
      receiver: 'stub',
      receiverType: 'webhook',
      event: 'triggered',
      attempts: 1,
      reason: 'hook.example answered 503',
      final: false,
      at: START + 5_000,
      seq: 3,
    });
    assert.deepEqual((await incident()).timeline.at(-1), {
      kind: 'notified',
      receiver: 'stub',
      receiverType: 'webhook',
      event: 'triggered',
      attempts: 4,
      at: START + 25_000,
      seq: 4,
    });
  }),
);

test(
  'a receiver gets its notifications in order: a failed one holds back the later ones, not those of others',
  withDetector(async (given) => {
    const { detector, telemetry, pass, told, answers, incident } = given;
    detector.receivers.create(WEBHOOK);
    detector.receivers.create({ ...WEBHOOK, name: 'other', url: 'http://other.example/in' });
    telemetry.errors(START + 1_000, 20);
    answers.next = ({ url }) => (url.includes('hook') ? new TypeError('fetch failed') : status(200));
    await pass(5);
    await detector.incidents.acknowledge((await incident()).id, 'ann');
    await pass(5);
    answers.next = () => status(200);
    await pass(300);
    const to = (host: string) => told.filter(({ url }) => url.includes(host)).map(({ body }) => body.type);
    assert.deepEqual(to('other'), ['incident.triggered', 'incident.acknowledged', 'incident.resolved']);
    assert.deepEqual(to('hook').slice(-3), ['incident.triggered', 'incident.acknowledged', 'incident.resolved']);
    assert.ok(
      to('hook')
        .slice(0, -3)
        .every((type) => type === 'incident.triggered'),
    );
  }),
);

test(
  'Retry-After is honoured',
  withDetector(async (given) => {
    const { detector, telemetry, pass, told, answers } = given;
    detector.receivers.create(WEBHOOK);
    telemetry.errors(START + 1_000, 20);
    answers.next = () => (told.length === 1 ? status(429, { 'retry-after': '40' }) : status(200));
    await pass(60);
    assert.deepEqual(
      told.map(({ at }) => (at - START) / 1_000),
      [5, 45],
    );
  }),
);

test(
  'what cannot be delivered in four hours is given up, and the next one is tried',
  withDetector(async (given) => {
    const { detector, telemetry, pass, skip, answers, told, state } = given;
    detector.receivers.create(WEBHOOK);
    telemetry.errors(START + 1_000, 20);
    answers.next = () => new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 1.2.3.4:80') });
    await pass(100);
    for (let round = 0; round < 60; round += 1) {
      skip(300);
      await detector.deliverNow();
    }
    const found = await failures(given);
    assert.deepEqual(
      found.filter(({ final }) => final).map(({ event }) => event),
      ['triggered', 'resolved'],
    );
    assert.match(found.at(-1)?.reason ?? '', /^hook\.example: connect ECONNREFUSED/);
    const last = told.findLast(({ body }) => body.type === 'incident.triggered');
    assert.ok((last?.at ?? 0) <= START + 5_000 + GIVE_UP_AFTER_MS);
    const waiting = state.db.prepare("SELECT count(*) AS n FROM outbox WHERE state = 'waiting'").get();
    assert.equal(waiting?.['n'], 0);
  }),
);

test(
  'a refusal for good is not repeated',
  withDetector(async (given) => {
    const { detector, telemetry, pass, answers } = given;
    detector.receivers.create(WEBHOOK);
    telemetry.errors(START + 1_000, 20);
    answers.next = () => status(410, {}, 'gone');
    await pass(30);
    assert.deepEqual(types(given), ['incident.triggered']);
    const [failure] = await failures(given);
    assert.equal(failure?.final, true);
    assert.equal(failure?.reason, 'hook.example answered 410: gone');
  }),
);

test(
  'a receiver that is disabled or removed gives up what it has not received, and the timeline says so',
  withDetector(async (given) => {
    const { detector, telemetry, pass, answers } = given;
    const first = detector.receivers.create(WEBHOOK);
    const second = detector.receivers.create({ ...WEBHOOK, name: 'second' });
    telemetry.errors(START + 1_000, 20);
    answers.next = () => status(500);
    await pass(5);
    detector.receivers.update(first.id, { ...WEBHOOK, enabled: false });
    detector.receivers.remove(second.id);
    answers.next = () => status(200);
    await pass(100);
    assert.equal(given.told.length, 2, 'one attempt each');
    const reasons = (await failures(given)).filter(({ final }) => final).map(({ reason }) => reason);
    assert.deepEqual(reasons, ['the receiver was disabled', 'the receiver was removed']);
  }),
);

test(
  'a redirect is not followed',
  withDetector(async (given) => {
    const { detector, answers } = given;
    const { id } = detector.receivers.create(WEBHOOK);
    answers.next = () => status(302, { location: 'http://elsewhere.example/' });
    const result = await detector.receivers.test(id);
    assert.deepEqual(
      [result.ok, result.status, result.detail],
      [false, 302, 'hook.example answered 302 (redirects are not followed)'],
    );
    assert.equal(given.told.length, 1);
  }),
);

test('the wait grows to five minutes, at most half of it is taken off, and Retry-After can only lengthen it', () => {
  const waits = Array.from({ length: 10 }, (_, index) => retryDelayMs(index + 1, null, () => 0) / 1_000);
  assert.deepEqual(waits, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.nat(),
      (n, r, after) => {
        const full = retryDelayMs(n, null, () => 0);
        const wait = retryDelayMs(n, null, () => r);
        assert.ok(wait >= full / 2 - 1 && wait <= full);
        assert.ok(retryDelayMs(n, after, () => r) >= wait);
        assert.ok(retryDelayMs(n, after, () => r) <= Math.max(wait, 3_600_000));
      },
    ),
    { numRuns: 200 },
  );
});

test('Retry-After is seconds or a date; other text says nothing', () => {
  const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
  assert.equal(toRetryAfterMs('120', now), 120_000);
  assert.equal(toRetryAfterMs('Wed, 21 Oct 2026 07:28:30 GMT', now), 30_000);
  assert.equal(toRetryAfterMs('Wed, 21 Oct 2020 07:28:30 GMT', now), 0);
  assert.equal(toRetryAfterMs('soon', now), null);
  assert.equal(toRetryAfterMs(null, now), null);
});
