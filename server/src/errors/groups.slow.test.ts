import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorEventAt, logAt, startStoreForTests } from '../alerts/store-for-tests.ts';
import { openState, type State } from '../state/state.ts';
import type { Store } from '../store/store.ts';
import { errorEventsOfLogs } from './extract.ts';
import { fingerprint } from './fingerprint.ts';
import { createErrorGroups, type ErrorGroups } from './groups.ts';
import { NODE_STACK } from './stack-samples.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Math.floor(Date.now() / HOUR) * HOUR;
const RANGE = { from: START - DAY, to: START };
const DESCRIPTION = { type: 'PaymentTimeoutError', message: 'provider timed out after 3000ms', stacktrace: NODE_STACK };
const PAYMENT = fingerprint(DESCRIPTION).id;
const OLD = '00000000000000aa';
const RARE = 'ffffffffffffffff';
const GONE = '0123456789abcdef';

let store: Store;
let stop: () => Promise<void>;
let state: State;
let groups: ErrorGroups;
let time = START;

before(async () => {
  ({ store, stop } = await startStoreForTests());
  state = openState(':memory:');
  groups = createErrorGroups({ state, store, now: () => time, log: () => undefined });
  const payment = { ...DESCRIPTION, groupId: PAYMENT, culprit: 'charge (src/payments/provider.ts)' };
  await store.insertErrorEvents([
    ...Array.from({ length: 48 }, (_, i) => errorEventAt(START - DAY + i * (HOUR / 2), payment)),
    errorEventAt(START - 1, {
      ...payment,
      service: 'orders',
      message: 'provider timed out after 9ms',
      traceId: 'ab'.repeat(16),
    }),
    ...[3, 2].map((days) => errorEventAt(START - days * DAY, { groupId: OLD, type: 'OldError', service: 'orders' })),
    errorEventAt(START - HOUR, { groupId: OLD, type: 'OldError', service: 'orders', environment: 'live' }),
    errorEventAt(START - 2 * HOUR, { groupId: RARE, type: '', message: "it's \\ 100% ünusual" }),
    errorEventAt(START - 5 * DAY, { groupId: GONE }),
  ]);
});
after(async () => {
  state.close();
  await stop();
});

const ids = async (query: Partial<Parameters<ErrorGroups['list']>[0]> = {}) =>
  (await groups.list({ ...RANGE, ...query })).groups.map(({ id }) => id);

test('the list has the groups of the range with counts, sparkline, badge and newest texts', async () => {
  const { groups: found, stats } = await groups.list(RANGE);
  assert.deepEqual(
    found.map(({ id, badge, count }) => [id, badge, count]),
    [
      [PAYMENT, 'new', 49],
      [OLD, null, 1],
      [RARE, 'new', 1],
    ],
  );
  const { sparkline, ...payment } = found[0] ?? assert.fail('no group');
  assert.deepEqual(payment, {
    id: PAYMENT,
    status: 'open',
    badge: 'new',
    type: 'PaymentTimeoutError',
    message: 'provider timed out after 9ms',
    culprit: 'charge (src/payments/provider.ts)',
    services: ['orders', 'payments'],
    environment: 'test',
    firstSeenUnixNano: `${START - DAY}000000`,
    lastSeenUnixNano: `${START - 1}000000`,
    count: 49,
    sampleTraceId: 'ab'.repeat(16),
  });
  assert.deepEqual(sparkline, [...Array.from({ length: 23 }, () => 2), 3]);
  assert.deepEqual(found[1]?.services, ['orders']);
  assert.ok(stats.rowsRead > 0);
});

test('sort, service, search, limit and status choose among them', async () => {
  assert.deepEqual(await ids({ sort: 'first_seen' }), [RARE, PAYMENT, OLD]);
  assert.deepEqual(await ids({ sort: 'count', limit: 1 }), [PAYMENT]);
  assert.deepEqual(await ids({ search: 'TIMED OUT' }), [PAYMENT]);
  assert.deepEqual(await ids({ search: "it's \\ 100% Ünusual" }), [RARE]);
  assert.deepEqual(await ids({ search: 'PROVIDER.TS' }), [PAYMENT]);
  assert.deepEqual(await ids({ status: 'resolved' }), []);
  const inOrders = await groups.list({ ...RANGE, service: 'orders' });
  assert.deepEqual(
    inOrders.groups.map(({ id, count }) => [id, count]),
    [
      [PAYMENT, 1],
      [OLD, 1],
    ],
  );
  assert.equal(
    inOrders.groups[0]?.sparkline.reduce((sum, count) => sum + count, 0),
    1,
  );
});

test('wrong input is refused, naming field and value', async () => {
  const refusals: [() => Promise<unknown>, RegExp][] = [
    [() => groups.list({ from: 5, to: 5 }), /from must be before to/],
    [() => groups.list({ from: Number.NaN, to: 5 }), /from must be a whole number/],
    [() => ids({ sort: 'size' }), /sort must be one of .*"size"/],
    [() => ids({ limit: 0 }), /limit must be .* got 0/],
    [() => ids({ status: 'new' }), /status must be one of/],
    [() => groups.detail('xyz', RANGE), /16 lower-case hexadecimal digits, got "xyz"/],
    [() => groups.detail('0000000000000000', RANGE), /there is no error group/],
    [() => groups.setStatus(PAYMENT, 5), /status must be one of open, resolved, ignored, got 5/],
    [() => groups.setStatus('0000000000000000', 'open'), /there is no error group/],
  ];
  for (const [refusal, message] of refusals) await assert.rejects(refusal, message);
});

test('the detail has events with parsed frames, a histogram and the parts of the fingerprint', async () => {
  const detail = await groups.detail(PAYMENT, RANGE);
  assert.equal(detail.group.count, 49);
  assert.equal(detail.events.length, 49);
  const [newest] = detail.events;
  assert.equal(newest?.timeUnixNano, `${START - 1}000000`);
  assert.equal(newest?.traceId, 'ab'.repeat(16));
  assert.equal(detail.events[1]?.traceId, '');
  assert.equal(newest?.stacktrace, NODE_STACK);
  assert.equal(newest?.frames[0]?.function, 'charge');
  assert.equal(newest?.causes?.[0]?.type, 'TypeError');
  assert.equal(detail.histogram.times.length, 60);
  assert.equal(detail.histogram.total, 49);
  assert.equal(detail.histogram.series[0]?.counts.at(-1), 1);
  assert.deepEqual(detail.fingerprint, { version: 1, parts: fingerprint(DESCRIPTION).parts });
  assert.deepEqual(detail.incidents, []);
});

test('a group without an occurrence in the range still has its detail', async () => {
  const detail = await groups.detail(GONE, RANGE);
  assert.equal(detail.group.count, 0);
  assert.deepEqual(detail.events, []);
  assert.equal(detail.fingerprint.parts[0], 'type: TimeoutError');
});

test('a resolved group leaves the open ones and comes back as regressed on the next occurrence only', async () => {
  assert.equal((await groups.setStatus(RARE, 'resolved')).status, 'resolved');
  assert.deepEqual(await ids({ status: 'open' }), [PAYMENT, OLD]);
  assert.deepEqual(await ids({ status: 'resolved' }), [RARE]);
  // Happened before it was resolved and arrives only now.
  await store.insertErrorEvents([errorEventAt(START - 5, { groupId: RARE })]);
  time += 5_000;
  assert.deepEqual(await ids({ status: 'resolved' }), [RARE]);
  await store.insertErrorEvents([errorEventAt(START + 1, { groupId: RARE })]);
  const [group] = (await groups.list({ ...RANGE, search: 'no answer' })).groups;
  assert.deepEqual([group?.id, group?.status, group?.badge], [RARE, 'open', 'regressed']);
  assert.equal((await groups.setStatus(RARE, 'open')).badge, 'new');
});

test('an ignored group stays ignored whatever happens', async () => {
  await groups.setStatus(OLD, 'ignored');
  await store.insertErrorEvents([errorEventAt(START + 10, { groupId: OLD })]);
  assert.deepEqual(await ids({ status: 'ignored' }), [OLD]);
  assert.equal((await groups.detail(OLD, RANGE)).group.badge, null);
});

test('what the extraction makes of a log record is found in the store as it was', async () => {
  const attributes = new Map([['exception.stacktrace', NODE_STACK]]);
  const events = errorEventsOfLogs([logAt(START - 3 * DAY, { attributes, body: 'boom' })]);
  await store.insertErrorEvents(events);
  const range = { from: START - 3 * DAY - 1, to: START - 3 * DAY + 1 };
  const detail = await groups.detail(events[0]?.groupId ?? '', range);
  assert.equal(detail.events[0]?.message, 'boom');
  assert.equal(detail.events[0]?.type, 'PaymentTimeoutError');
  assert.deepEqual(
    detail.fingerprint.parts,
    fingerprint({ type: 'PaymentTimeoutError', message: 'boom', stacktrace: NODE_STACK }).parts,
  );
});
