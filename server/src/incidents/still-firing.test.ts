import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BURST_RULE,
  createDetectorForTests,
  type DetectorForTests,
  RATE_RULE,
  START,
  WEBHOOK,
  withDetector,
} from './detector-for-tests.ts';

const GRACE_MS = 300_000;

/** A service that goes on failing, an incident of it, and the incident resolved by hand 5 s after it opened. */
async function resolvedByHand({ detector, telemetry, pass, incident }: DetectorForTests): Promise<string> {
  detector.rules.create(RATE_RULE);
  detector.receivers.create(WEBHOOK);
  telemetry.errorRates.set('payments', 0.5);
  await pass(5);
  const { id } = await incident();
  await detector.incidents.resolve(id, 'ann');
  return id;
}

test(
  'an alert that fires on after its incident was resolved by hand opens it again after the grace period, and people are told',
  withDetector(async (given) => {
    const { detector, pass, told, incident, kinds } = given;
    const id = await resolvedByHand(given);
    assert.equal((await incident()).reopensAt, START + 5_000 + GRACE_MS, 'the page can say when');
    await pass(295);
    assert.equal((await incident()).status, 'resolved');
    await pass(5);
    const found = await incident();
    assert.equal(found.id, id);
    assert.deepEqual([found.status, found.resolvedAt, found.reopensAt], ['open', null, null]);
    assert.equal(detector.incidents.list().incidents.length, 1);
    const { kind, ...reopened } =
      found.timeline.find((entry) => entry.kind === 'reopened') ?? assert.fail('not reopened');
    assert.deepEqual(reopened, {
      ...{ by: 'breakwater', reason: 'still_firing', at: START + 305_000, seq: 6 },
      summaries: [found.alerts[0]?.summary],
    });
    assert.deepEqual(
      told.map(({ body }) => body.type),
      ['incident.triggered', 'incident.resolved', 'incident.triggered'],
    );
    await pass(600);
    assert.equal(told.length, 3, 'told once');
    assert.deepEqual((await kinds()).slice(-2), ['reopened', 'notified']);
  }),
);

test(
  'resolved by hand again, it has its grace period again',
  withDetector(async (given) => {
    const { detector, pass, told, incident } = given;
    const id = await resolvedByHand(given);
    await pass(300);
    await detector.incidents.resolve(id, 'ann');
    await pass(295);
    assert.equal((await incident()).status, 'resolved');
    await pass(5);
    assert.equal((await incident()).status, 'open');
    assert.equal(told.length, 5);
  }),
);

test(
  'alerts that end within the grace period leave it resolved',
  withDetector(async (given) => {
    const { telemetry, pass, told, incident } = given;
    await resolvedByHand(given);
    await pass(200);
    telemetry.errorRates.set('payments', 0);
    await pass(15);
    assert.equal((await incident()).reopensAt, null);
    await pass(400);
    assert.equal((await incident()).status, 'resolved');
    assert.equal(told.length, 2);
  }),
);

test(
  'an alert that is just clearing at the end of the grace period does not open it',
  withDetector(async (given) => {
    const { telemetry, pass, incident } = given;
    await resolvedByHand(given);
    await pass(295);
    telemetry.errorRates.set('payments', 0);
    await pass(5);
    assert.equal((await incident()).firingCount, 1, 'clearing takes 5 s');
    assert.equal((await incident()).status, 'resolved');
    await pass(20);
    assert.equal((await incident()).status, 'resolved');
  }),
);

test(
  'a rule with a long window has that long: its alert cannot end before',
  withDetector(async ({ detector, telemetry, pass, incident }) => {
    detector.rules.create({ ...RATE_RULE, windowSeconds: 600 });
    telemetry.errorRates.set('payments', 0.5);
    await pass(5);
    await detector.incidents.resolve((await incident()).id, 'ann');
    assert.equal((await incident()).reopensAt, START + 5_000 + 630_000);
    await pass(625);
    assert.equal((await incident()).status, 'resolved');
    await pass(5);
    assert.equal((await incident()).status, 'open');
  }),
);

test(
  'where another incident of the service opened meanwhile, its alerts move there and nobody is told twice',
  withDetector(async (given) => {
    const { detector, telemetry, pass, told, incident, kinds } = given;
    await resolvedByHand(given);
    detector.rules.create(BURST_RULE);
    await pass(10);
    for (let at = given.now(); at < given.now() + 400_000; at += 20_000) telemetry.errors(at, 20);
    await pass(400);
    assert.equal(detector.incidents.list().incidents.length, 2);
    const [first, second] = [await incident(0), await incident(1)];
    assert.deepEqual([first.status, second.status], ['resolved', 'open']);
    assert.equal(first.mergedInto?.id, second.id);
    assert.equal(second.firingCount, 2);
    assert.deepEqual((await kinds(0)).slice(-1), ['merged_into']);
    assert.deepEqual(
      told.map(({ body }) => [body.type, body.data.incident.id]),
      [
        ['incident.triggered', first.id],
        ['incident.resolved', first.id],
        ['incident.triggered', second.id],
      ],
    );
  }),
);

test(
  'a restart within the grace period changes nothing',
  withDetector(async (given) => {
    await resolvedByHand(given);
    given.restart();
    await given.pass(300);
    assert.equal((await given.incident()).status, 'open');
  }),
);

test('a grace period below zero is refused', () => {
  assert.throws(() => createDetectorForTests({ reopenAfterMs: -1 }), /reopenAfterMs must be 0 or more, got -1/);
});
