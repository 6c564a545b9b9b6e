import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BURST_RULE, RATE_RULE, START, WEBHOOK, withDetector } from './detector-for-tests.ts';

/** Runs the test with a detector and cleans up after it. */

test(
  'a burst opens one incident, tells each receiver once, and quiet resolves it',
  withDetector(async ({ detector, telemetry, pass, told, incident, kinds }) => {
    detector.rules.create(BURST_RULE);
    detector.rules.create(RATE_RULE);
    detector.receivers.create(WEBHOOK);
    telemetry.errors(START + 1_000, 50);
    telemetry.errorRates.set('payments', 0.5);
    await pass(30);
    telemetry.errorRates.set('payments', 0);
    await pass(120);

    assert.equal(detector.incidents.list().incidents.length, 1);
    const found = await incident();
    assert.equal(found.status, 'resolved');
    assert.equal(found.title, 'payments: TimeoutError: no answer');
    assert.equal(found.severity, 'critical');
    assert.equal(found.alertCount, 2);
    assert.equal(found.firingCount, 0);
    assert.equal(found.openedAt, START + 5_000);
    // 65 s: the first evaluation whose window begins after the burst; then the time a firing alert must be clear.
    assert.equal(found.resolvedAt, START + 70_000);
    assert.deepEqual(await kinds(), [
      'opened',
      'alert_fired',
      'alert_fired',
      'severity_changed',
      'notified',
      'alert_resolved',
      'alert_resolved',
      'resolved',
      'notified',
    ]);
    assert.deepEqual(
      found.timeline.map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.deepEqual(
      told.map(({ body }) => body.type),
      ['incident.triggered', 'incident.resolved'],
    );
    assert.equal(told[0]?.body.data.alerts.length, 2);
    assert.match(
      told[0]?.body.data.alerts[0]?.summary ?? '',
      /^payments: TimeoutError: no answer occurred 50 times in 1 min/,
    );
  }),
);

test(
  'services connected by error traces share an incident, others and other environments do not',
  withDetector(async ({ detector, telemetry, pass, incident }) => {
    detector.rules.create(BURST_RULE);
    telemetry.connections.set('orders', ['orders', 'payments']);
    telemetry.errors(START + 1_000, 20, { service: 'payments' });
    telemetry.errors(START + 1_000, 20, { service: 'orders' });
    telemetry.errors(START + 1_000, 20, { service: 'search' });
    telemetry.errors(START + 1_000, 20, { service: 'orders', environment: 'live' });
    await pass(5);
    assert.deepEqual((await incident(0)).services, ['orders'], 'live, alone');
    assert.deepEqual((await incident(1)).services, ['payments', 'orders']);
    assert.equal((await incident(1)).title, 'payments: TimeoutError: no answer (also orders)');
    assert.equal(detector.incidents.list().incidents.length, 2, 'search waits for a connection');
    await pass(10);
    assert.deepEqual((await incident(2)).services, ['search']);
  }),
);

test(
  'the title names the service in which the errors began',
  withDetector(async ({ detector, telemetry, pass, incident }) => {
    detector.rules.create(BURST_RULE);
    // Payments and gateway are connected through orders only.
    telemetry.connections.set('orders', ['payments', 'gateway']).set('gateway', ['orders']).set('payments', ['orders']);
    telemetry.origins = ['orders', 'gateway'];
    for (const service of ['gateway', 'payments', 'orders']) telemetry.errors(START + 1_000, 20, { service });
    await pass(5);
    const { title, timeline } = await incident();
    assert.equal(title, 'orders: TimeoutError: no answer (also gateway, payments)');
    assert.deepEqual(timeline[0], {
      kind: 'opened',
      title: 'orders: TimeoutError: no answer',
      at: START + 5_000,
      seq: 1,
    });
  }),
);

test(
  'an alert whose connection shows a little later joins, instead of opening an incident of its own',
  withDetector(async ({ detector, telemetry, pass, incident }) => {
    detector.rules.create(BURST_RULE);
    telemetry.errors(START + 1_000, 20, { service: 'payments' });
    telemetry.errors(START + 1_000, 20, { service: 'gateway' });
    await pass(5);
    telemetry.connections.set('gateway', ['payments', 'gateway']);
    await pass(5);
    assert.equal(detector.incidents.list().incidents.length, 1);
    assert.deepEqual((await incident()).services, ['payments', 'gateway']);
  }),
);

test(
  'an alert that cannot be connected because the store fails opens an incident after the wait: nothing is lost',
  withDetector(async ({ detector, telemetry, pass, log }) => {
    detector.rules.create(BURST_RULE);
    telemetry.errors(START + 1_000, 20, { service: 'payments' });
    telemetry.errors(START + 1_000, 20, { service: 'gateway' });
    telemetry.faults.set('arrayJoin(services)', new Error('down'));
    await pass(15);
    assert.equal(detector.incidents.list().incidents.length, 2);
    assert.ok(log.some((line) => /cannot tell which services are connected to gateway: down/.test(line)));
  }),
);

test(
  'a restart in the middle changes nothing',
  withDetector(async (given) => {
    const { telemetry, pass, told, kinds } = given;
    given.detector.rules.create({ ...BURST_RULE, forSeconds: 10 });
    given.detector.receivers.create(WEBHOOK);
    telemetry.errors(START + 1_000, 20);
    for (let step = 0; step < 20; step += 1) {
      given.restart();
      await pass(5);
    }
    assert.deepEqual(await kinds(), ['opened', 'alert_fired', 'notified', 'alert_resolved', 'resolved', 'notified']);
    assert.equal(told.length, 2);
    assert.equal((await given.incident()).openedAt, START + 15_000);
  }),
);

test(
  'people acknowledge, note and resolve; each is on the timeline with their name, and told',
  withDetector(async ({ detector, telemetry, pass, told, incident, kinds }) => {
    detector.rules.create(BURST_RULE);
    detector.receivers.create(WEBHOOK);
    telemetry.errors(START + 1_000, 20);
    await pass(5);
    const { id } = await incident();
    assert.equal((await detector.incidents.acknowledge(id, 'ann')).status, 'acknowledged');
    await assert.rejects(detector.incidents.acknowledge(id, 'bob'), {
      code: 'CONFLICT',
      message: 'INC-1 is already acknowledged',
    });
    await assert.rejects(
      detector.incidents.addNote(id, 'ann', '  '),
      /text must be text of 1 to 10000 characters, got " {2}"/,
    );
    await assert.rejects(detector.incidents.addNote('x', 'ann', 'a'), { code: 'NOT_FOUND' });
    await detector.incidents.addNote(id, 'ann', 'looking at the provider');
    const resolved = await detector.incidents.resolve(id, 'ann');
    assert.equal(resolved.status, 'resolved');
    assert.equal(resolved.firingCount, 1, 'the alert is what it is');
    await assert.rejects(detector.incidents.resolve(id, 'ann'), { code: 'CONFLICT' });
    await pass(100);
    assert.deepEqual(await kinds(), [
      'opened',
      'alert_fired',
      'notified',
      'acknowledged',
      'note',
      'resolved',
      'notified',
      'notified',
      'alert_resolved',
    ]);
    assert.deepEqual(
      told.map(({ body }) => [body.type, body.data.by]),
      [
        ['incident.triggered', undefined],
        ['incident.acknowledged', 'ann'],
        ['incident.resolved', 'ann'],
      ],
    );
    assert.deepEqual(
      resolved.timeline.find(({ kind }) => kind === 'resolved'),
      {
        kind: 'resolved',
        by: 'ann',
        reason: 'by_hand',
        at: START + 5_000,
        seq: 6,
      },
    );
  }),
);

test(
  'evidence names the error logs to look at; a store that fails is told and hides nothing else',
  withDetector(async ({ detector, telemetry, pass, incident }) => {
    detector.rules.create(BURST_RULE);
    telemetry.errors(START + 1_000, 20);
    await pass(5);
    assert.equal((await incident()).evidence.logQuery, 'service:payments environment:test severity:>=error');
    telemetry.faults.set('FROM traces', new Error('store is restarting'));
    const { evidence, timeline } = await incident();
    assert.equal(evidence.error, 'store is restarting');
    assert.equal(timeline.length, 2);
  }),
);

test(
  'the list can be asked for one status, and refuses what it does not know',
  withDetector(async ({ detector, telemetry, pass }) => {
    detector.rules.create(BURST_RULE);
    telemetry.errors(START + 1_000, 20);
    await pass(5);
    assert.equal(detector.incidents.list({ status: 'open' }).incidents.length, 1);
    assert.equal(detector.incidents.list({ status: 'resolved' }).incidents.length, 0);
    assert.throws(() => detector.incidents.list({ status: 'closed' }), /status must be one of .*"closed"/);
    assert.throws(() => detector.incidents.list({ limit: 5_000 }), /limit must be/);
  }),
);
