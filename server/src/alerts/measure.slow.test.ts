import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AlertCondition, AlertRule } from '../api/types.ts';
import type { Store } from '../store/store.ts';
import { type Measurement, measure } from './measure.ts';
import { errorEventAt, logAt, resourceOf, spanEndingAt, startStoreForTests } from './store-for-tests.ts';

const NOW = Date.now();
const GROUP = '00ab00cd00ef0012';
const OTHER_GROUP = 'ffffffffffffffff';
let store: Store;
let stop: () => Promise<void>;

before(async () => {
  ({ store, stop } = await startStoreForTests());
  const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
  await Promise.all([
    store.insertErrorEvents([
      ...many(12, (i) => errorEventAt(NOW - 1 - i * 1_000)),
      ...many(3, () => errorEventAt(NOW - 100, { service: 'orders' })),
      ...many(20, () => errorEventAt(NOW - 60_001, { groupId: OTHER_GROUP })),
      ...many(5, () => errorEventAt(NOW - 60_000, { groupId: OTHER_GROUP, environment: '', message: 'b\nc' })),
      errorEventAt(NOW),
    ]),
    store.insertLogs([
      ...many(7, () => logAt(NOW - 10)),
      ...many(5, () => logAt(NOW - 10, { severityNumber: 9 })),
      ...many(2, () => logAt(NOW - 10, { resource: resourceOf('orders') })),
    ]),
    store.insertSpans([
      ...many(30, (i) => spanEndingAt(NOW - 1, i < 6 ? 5_000 : 100, i < 6 ? { status: 'error' } : {})),
      ...many(30, () => spanEndingAt(NOW - 1, 9_000, { kind: 'client', status: 'error' })),
      ...many(3, () => spanEndingAt(NOW - 1, 10, { resource: resourceOf('orders'), status: 'error' })),
      // Began before the window, ended inside it.
      ...many(25, () => spanEndingAt(NOW - 1, 120_000, { resource: resourceOf('gateway') })),
    ]),
  ]);
});
after(() => stop());

function measured(
  condition: AlertCondition,
  change: Partial<Parameters<typeof measure>[1]> = {},
): Promise<Measurement[]> {
  const rule: AlertRule = {
    id: 'r',
    name: 'rule',
    condition,
    windowSeconds: 60,
    forSeconds: 0,
    cooldownSeconds: 0,
    severity: 'high',
    enabled: true,
    runbookUrl: '',
    createdAt: 0,
    updatedAt: 0,
  };
  const { signal } = new AbortController();
  return measure(rule, { store, now: NOW, ignoredGroups: [], activeGroups: [], signal, timeoutMs: 5_000, ...change });
}

const brief = (found: Measurement[]) =>
  found.map(({ labels, value, met }) => [labels['service'], labels['errorGroup'], value, met]);

test('errors are counted per group, service and environment, in a window that ends before now', async () => {
  const found = await measured({ kind: 'error_count', threshold: 3 });
  assert.deepEqual(brief(found), [
    ['payments', GROUP, 12, true],
    ['payments', OTHER_GROUP, 5, true],
    ['orders', GROUP, 3, true],
  ]);
  assert.deepEqual(found[0]?.labels, {
    service: 'payments',
    environment: 'test',
    errorGroup: GROUP,
    error: 'TimeoutError: no answer after …ms',
  });
  assert.deepEqual(found[1]?.labels['error'], 'TimeoutError: b');
  assert.equal('environment' in (found[1]?.labels ?? {}), false);
});

test('groups below the threshold are left out unless an alert is active on them; ignored groups always', async () => {
  const condition = { kind: 'error_count', threshold: 10 } as const;
  assert.deepEqual(brief(await measured(condition)), [['payments', GROUP, 12, true]]);
  assert.deepEqual(brief(await measured(condition, { activeGroups: [OTHER_GROUP] })), [
    ['payments', OTHER_GROUP, 5, false],
    ['payments', GROUP, 12, true],
  ]);
  assert.deepEqual(brief(await measured(condition, { ignoredGroups: [GROUP], activeGroups: [GROUP] })), []);
});

test('a rule can be about one group and one service', async () => {
  const one = await measured({ kind: 'error_count', groupId: OTHER_GROUP, threshold: 1 });
  assert.deepEqual(brief(one), [['payments', OTHER_GROUP, 5, true]]);
  const service = await measured({ kind: 'error_count', service: 'orders', threshold: 1 });
  assert.deepEqual(brief(service), [['orders', GROUP, 3, true]]);
});

test('log records are counted by the query, per service', async () => {
  assert.deepEqual(brief(await measured({ kind: 'log_count', query: 'severity:>=error', threshold: 5 })), [
    ['payments', undefined, 7, true],
    ['orders', undefined, 2, false],
  ]);
  assert.deepEqual(brief(await measured({ kind: 'log_count', query: '', service: 'payments', threshold: 12 })), [
    ['payments', undefined, 12, true],
  ]);
});

test('the error rate is that of server and consumer spans, with enough of them', async () => {
  const found = await measured({ kind: 'span_error_rate', threshold: 0.2, minCount: 20 });
  assert.deepEqual(brief(found), [
    ['payments', undefined, 0.2, true],
    ['gateway', undefined, 0, false],
  ]);
  assert.equal(found[0]?.samples, 30);
});

test('latency is a quantile in milliseconds of spans by their end', async () => {
  const found = await measured({ kind: 'span_latency', quantile: 0.95, thresholdMs: 1_000, minCount: 20 });
  // The digest keeps 32-bit floats.
  const rounded = found.map((measurement) => ({ ...measurement, value: Math.round(measurement.value) }));
  assert.deepEqual(brief(rounded), [
    ['gateway', undefined, 120_000, true],
    ['payments', undefined, 5_000, true],
  ]);
});

test('no telemetry at all is no measurement', async () => {
  assert.deepEqual(
    await measured({ kind: 'span_error_rate', threshold: 0.1, minCount: 1 }, { now: NOW - 86_400_000 }),
    [],
  );
});
