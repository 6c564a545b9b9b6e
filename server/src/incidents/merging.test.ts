import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BURST_RULE, type DetectorForTests, RATE_RULE, START, WEBHOOK, withDetector } from './detector-for-tests.ts';

/** Incidents of payments and, 15 s later, of search, which nothing connects; both go on failing. */
async function twoIncidents({ detector, telemetry, pass }: DetectorForTests): Promise<void> {
  detector.rules.create(RATE_RULE);
  detector.receivers.create(WEBHOOK);
  telemetry.errorRates.set('payments', 0.5);
  await pass(5);
  telemetry.errorRates.set('search', 0.5);
  await pass(15);
  assert.equal(detector.incidents.list().incidents.length, 2);
}

const reference = ({ id, number, title }: { id: string; number: number; title: string }) => ({ id, number, title });

test(
  'two open incidents that turn out to be connected become one: the older; one notification ends the other',
  withDetector(async (given) => {
    const { detector, telemetry, pass, told, incident, log } = given;
    await twoIncidents(given);
    const [before, newer] = [await incident(0), await incident(1)];
    telemetry.connections.set('search', ['payments']);
    await pass(15);

    const [older, merged] = [await incident(0), await incident(1)];
    assert.deepEqual(
      detector.incidents.list({ status: 'open' }).incidents.map(({ id }) => id),
      [older.id],
    );
    assert.deepEqual([older.alertCount, older.firingCount, older.services], [2, 2, ['payments', 'search']]);
    assert.equal(older.title, 'payments: requests fail (also search)');
    assert.equal(merged.status, 'resolved');
    assert.deepEqual(merged.mergedInto, reference(older));
    assert.equal(merged.alertCount, 0);
    const [into] = merged.timeline.filter(({ kind }) => kind === 'merged_into');
    const [from] = older.timeline.filter(({ kind }) => kind === 'merged_from');
    const how = { by: 'breakwater', reason: 'connected_by_traces', at: into?.at };
    assert.deepEqual(into, { kind: 'merged_into', ...how, incident: reference(before), seq: into?.seq });
    assert.deepEqual(from, { kind: 'merged_from', ...how, incident: reference(newer), alerts: 1, seq: from?.seq });
    assert.equal(merged.timeline.at(-1)?.kind, 'notified');
    assert.deepEqual(
      told.map(({ body }) => [body.type, body.data.incident.id]),
      [
        ['incident.triggered', older.id],
        ['incident.triggered', merged.id],
        ['incident.resolved', merged.id],
      ],
    );
    assert.deepEqual(told.at(-1)?.body.data.incident.mergedInto, { id: older.id, number: 1, url: '' });
    assert.equal(told.at(-1)?.body.data.alerts.length, 1, 'the alerts it had');
    assert.ok(log.some((line) => line.startsWith('incident merged: INC-2 into INC-1: ')));

    telemetry.errorRates.clear();
    await pass(30);
    assert.deepEqual([(await incident(0)).status, told.length], ['resolved', 4]);
  }),
);

test(
  'incidents of other environments and unconnected ones stay apart, and one open incident asks the store nothing',
  withDetector(async (given) => {
    const { detector, telemetry, pass } = given;
    detector.rules.create(BURST_RULE);
    telemetry.errors(START + 1_000, 20, { service: 'payments' });
    telemetry.errors(START + 1_000, 20, { service: 'payments', environment: 'live' });
    telemetry.connections.set('payments', ['orders']);
    await pass(30);
    assert.equal(detector.incidents.list({ status: 'open' }).incidents.length, 2);
    assert.ok(!telemetry.queries.some((sql) => sql.includes('SELECT DISTINCT together')));
  }),
);

test(
  'a store that fails is told, and they are merged when it answers again',
  withDetector(async (given) => {
    const { detector, telemetry, pass, log } = given;
    await twoIncidents(given);
    telemetry.connections.set('search', ['payments']);
    telemetry.faults.set('SELECT DISTINCT together', new Error('down'));
    await pass(20);
    assert.equal(detector.incidents.list({ status: 'open' }).incidents.length, 2);
    assert.ok(log.includes('cannot tell which open incidents are connected: down'));
    telemetry.faults.clear();
    await pass(15);
    assert.equal(detector.incidents.list({ status: 'open' }).incidents.length, 1);
  }),
);

test(
  'incidents are merged by hand, and an earlier merge follows',
  withDetector(async (given) => {
    const { detector, telemetry, pass, told, incident } = given;
    await twoIncidents(given);
    telemetry.errorRates.set('mail', 0.5);
    await pass(15);
    const [first, second, third] = [await incident(0), await incident(1), await incident(2)];
    const { incidents } = detector;
    await assert.rejects(incidents.merge(first.id, second.id, 'ann'), {
      code: 'CONFLICT',
      message: 'INC-1 is older than INC-2: merge INC-2 into INC-1 instead',
    });
    await assert.rejects(incidents.merge(first.id, first.id, 'ann'), /INC-1 cannot be merged into itself/);
    await assert.rejects(incidents.merge(first.id, 'nothing', 'ann'), { code: 'NOT_FOUND' });
    await assert.rejects(incidents.merge('nothing', first.id, 'ann'), { code: 'NOT_FOUND' });
    await assert.rejects(incidents.merge(second.id, 7, 'ann'), { code: 'INVALID_INPUT', message: /into must be text/ });

    await incidents.acknowledge(third.id, 'bob');
    assert.equal((await incidents.merge(third.id, second.id, 'ann')).id, second.id);
    const kept = await incidents.merge(second.id, first.id, 'ann');
    assert.deepEqual([kept.id, kept.alertCount, kept.firingCount, kept.status], [first.id, 3, 3, 'open']);
    assert.equal((await incident(2)).mergedInto?.id, first.id, 'it does not lead to one that is over');
    await assert.rejects(incidents.merge(third.id, first.id, 'ann'), /INC-3 is already merged/);
    await pass(5);
    assert.deepEqual(
      told.slice(4).map(({ body }) => [body.type, body.data.incident.id, body.data.by]),
      [
        ['incident.resolved', third.id, 'ann'],
        ['incident.resolved', second.id, 'ann'],
      ],
    );
  }),
);

test(
  'an incident resolved by hand may be merged into an open one: its alerts that still fire go there, nobody is told',
  withDetector(async (given) => {
    const { detector, pass, told, incident } = given;
    await twoIncidents(given);
    const [first, second] = [await incident(0), await incident(1)];
    await detector.incidents.resolve(second.id, 'ann');
    await pass(5);
    const before = told.length;
    await detector.incidents.merge(second.id, first.id, 'ann');
    assert.equal((await incident(1)).reopensAt, null);
    await pass(400);
    assert.equal(told.length, before);
    assert.equal((await incident(0)).firingCount, 2);
    await detector.incidents.resolve(first.id, 'ann');
    await assert.rejects(detector.incidents.merge(first.id, first.id, 'ann'), { code: 'CONFLICT' });
  }),
);

test(
  'a merge that the store cannot help with is done all the same',
  withDetector(async (given) => {
    const { detector, telemetry, incident } = given;
    await twoIncidents(given);
    telemetry.faults.set('NOT IN (SELECT', new Error('down'));
    const kept = await detector.incidents.merge((await incident(1)).id, (await incident(0)).id, 'ann');
    assert.equal(kept.alertCount, 2);
  }),
);
