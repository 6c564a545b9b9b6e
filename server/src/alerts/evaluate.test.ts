import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TelemetryReader } from '../errors/telemetry-reader.ts';
import {
  BURST_RULE,
  createDetectorForTests,
  type DetectorForTests,
  RATE_RULE,
  START,
  withDetector,
} from '../incidents/detector-for-tests.ts';

const stateOf = ({ detector }: DetectorForTests) => detector.rules.list().rules.map(({ state }) => state);

test(
  'each target of a rule has an alert of its own',
  withDetector(async (given) => {
    const { detector, telemetry, pass } = given;
    detector.rules.create(BURST_RULE);
    telemetry.errors(START + 1_000, 10);
    telemetry.errors(START + 1_000, 9, { service: 'orders' });
    telemetry.errors(START + 1_000, 30, { group: 'ffffffffffffffff' });
    assert.deepEqual(stateOf(given), ['ok']);
    await pass(5);
    assert.deepEqual(stateOf(given), ['firing']);
    assert.deepEqual(
      detector.alerts
        .list({ state: 'firing' })
        .alerts.map(({ value }) => value)
        .sort(),
      [10, 30],
    );
  }),
);

test(
  'a condition that must hold a while is pending first',
  withDetector(async (given) => {
    const { detector, telemetry, pass } = given;
    detector.rules.create({ ...RATE_RULE, forSeconds: 10 });
    telemetry.errorRates.set('payments', 0.4);
    await pass(5);
    assert.deepEqual(stateOf(given), ['pending']);
    assert.equal(detector.incidents.list().incidents.length, 0);
    await pass(10);
    assert.deepEqual(stateOf(given), ['firing']);
    const [alert] = detector.alerts.list().alerts;
    assert.equal(alert?.summary, 'payments: 40% of 100 requests failed in 1 min, the limit is 10%.');
    assert.deepEqual([alert?.startedAt, alert?.firedAt], [START + 5_000, START + 15_000]);
    telemetry.errorRates.set('payments', 0.02);
    await pass(20);
    assert.deepEqual(stateOf(given), ['ok']);
  }),
);

test(
  'after an alert resolved, no new one on the target until the cooldown is over',
  withDetector(async ({ detector, telemetry, pass }) => {
    detector.rules.create({ ...RATE_RULE, cooldownSeconds: 60 });
    const firing = () => detector.alerts.list({ state: 'firing' }).alerts.length;
    telemetry.errorRates.set('payments', 0.4);
    await pass(5);
    telemetry.errorRates.set('payments', 0);
    await pass(10);
    assert.equal(firing(), 0);
    telemetry.errorRates.set('payments', 0.4);
    telemetry.errorRates.set('orders', 0.4);
    await pass(55);
    assert.deepEqual(
      detector.alerts.list({ state: 'firing' }).alerts.map(({ labels }) => labels['service']),
      ['orders'],
    );
    await pass(5);
    assert.equal(firing(), 2);
  }),
);

test(
  'a rule whose query fails says so, keeps its alerts and does not stop the others',
  withDetector(async (given) => {
    const { detector, telemetry, pass, log } = given;
    detector.rules.create(BURST_RULE);
    detector.rules.create(RATE_RULE);
    telemetry.errors(START + 1_000, 20);
    await pass(5);
    telemetry.faults.set('FROM error_events', new Error('memory limit exceeded'));
    telemetry.errorRates.set('payments', 0.4);
    await pass(200);
    assert.deepEqual(stateOf(given), ['error', 'firing']);
    assert.equal(detector.rules.list().rules[0]?.lastError, 'memory limit exceeded');
    assert.equal(detector.alerts.list({ state: 'firing' }).alerts.length, 2, 'not known to be well is not well');
    assert.equal(log.filter((line) => line.includes('memory limit exceeded')).length, 1, 'said once, not every 5 s');
    telemetry.faults.clear();
    await pass(15);
    assert.deepEqual(stateOf(given), ['ok', 'firing']);
    assert.equal(detector.rules.list().rules[0]?.lastError, null);
  }),
);

test(
  'a query that never ends is left after its time, and the next rule has its turn',
  withDetector(
    async (given) => {
      given.detector.rules.create(BURST_RULE);
      given.detector.rules.create(RATE_RULE);
      given.telemetry.faults.set('FROM error_events', 'hang');
      given.telemetry.errorRates.set('payments', 0.4);
      await given.pass(5);
      assert.deepEqual(stateOf(given), ['error', 'firing']);
      assert.match(given.detector.rules.list().rules[0]?.lastError ?? '', /took longer than 20 ms/);
    },
    { queryTimeoutMs: 20 },
  ),
);

test(
  'a round that runs out of time says which rules it did not reach, and begins with them the next time',
  withDetector(
    async (given) => {
      given.detector.rules.create(BURST_RULE);
      given.detector.rules.create({ ...BURST_RULE, name: 'Burst 2' });
      given.detector.rules.create(RATE_RULE);
      given.telemetry.faults.set('FROM error_events', 'hang');
      given.telemetry.errorRates.set('payments', 0.4);
      await given.pass(5);
      assert.deepEqual(stateOf(given), ['error', 'error', 'error']);
      assert.match(given.detector.rules.list().rules[2]?.lastError ?? '', /^not evaluated: the rules before it took/);
      given.telemetry.faults.clear();
      await given.pass(5);
      assert.deepEqual(stateOf(given), ['ok', 'ok', 'firing']);
    },
    { queryTimeoutMs: 120, roundTimeoutMs: 200 },
  ),
);

test('evaluations never overlap', async () => {
  let running = 0;
  let most = 0;
  let queries = 0;
  const store: TelemetryReader = {
    async query() {
      queries += 1;
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { rows: [], stats: { rowsRead: 0, bytesRead: 0, elapsedMs: 0 } };
    },
  };
  const { detector, close } = createDetectorForTests({ store });
  detector.rules.create(RATE_RULE);
  await Promise.all([detector.evaluateNow(), detector.evaluateNow(), detector.evaluateNow()]);
  assert.deepEqual([queries, most], [3, 1]);
  await close();
});

test(
  'disabling a rule resolves its alerts at once, removing one leaves them in the list',
  withDetector(async (given) => {
    const { detector, telemetry, pass, kinds } = given;
    const { id } = detector.rules.create(RATE_RULE);
    telemetry.errorRates.set('payments', 0.4);
    await pass(5);
    assert.equal(detector.rules.update(id, { ...RATE_RULE, enabled: false }).enabled, false);
    assert.deepEqual(stateOf(given), ['disabled']);
    assert.equal(detector.alerts.list({ state: 'firing' }).alerts.length, 0);
    await pass(5);
    assert.deepEqual(await kinds(), ['opened', 'alert_fired', 'alert_resolved', 'resolved']);
    detector.rules.remove(id);
    assert.throws(() => detector.rules.remove(id), { code: 'NOT_FOUND' });
    assert.equal(detector.alerts.list().alerts[0]?.ruleName, 'Rate');
  }),
);

test(
  'a rule that is changed while its query runs is not judged by the old condition',
  withDetector(async (given) => {
    const { detector, telemetry } = given;
    const { id } = detector.rules.create(RATE_RULE);
    telemetry.errorRates.set('payments', 0.4);
    const round = detector.evaluateNow();
    detector.rules.update(id, { ...RATE_RULE, condition: { kind: 'span_error_rate', threshold: 0.9, minCount: 20 } });
    await round;
    assert.deepEqual(stateOf(given), ['ok']);
  }),
);

test(
  'the list of alerts refuses what it does not know',
  withDetector(async ({ detector }) => {
    assert.throws(
      () => detector.alerts.list({ state: 'open' }),
      /state must be one of pending, firing, resolved, got "open"/,
    );
    assert.throws(() => detector.alerts.list({ limit: 1.5 }), /limit must be a whole number from 1 to 1000, got 1.5/);
  }),
);
