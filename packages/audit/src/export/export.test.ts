import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEntry } from '../event.ts';
import { matchesFilter } from '../query.ts';
import { toCsvHeader, toCsvRow } from './csv.ts';
import { toOcsf } from './ocsf.ts';

const entry: AuditEntry = {
  v: 1,
  id: 'e1',
  time: '2026-11-25T09:30:00.000Z',
  clock: 'ntp',
  type: 'authentication',
  actor: { id: 'user_1', type: 'user', ip: '192.0.2.1', userAgent: 'curl', sessionId: 's1', onBehalfOf: 'user_2' },
  action: 'login',
  resource: { type: 'user_account', id: 'user_1' },
  outcome: 'denied',
  reason: 'locked',
  correlationId: 'c1',
  details: { method: 'password' },
};

test('R73: an authentication is OCSF class 3002, with every field in its place or under unmapped', () => {
  assert.deepEqual(toOcsf(7, entry), {
    class_uid: 3002,
    class_name: 'Authentication',
    category_uid: 3,
    activity_id: 1,
    activity_name: 'login',
    type_uid: 300_201,
    severity_id: 2,
    status_id: 2,
    status: 'denied',
    status_detail: 'locked',
    time: Date.parse(entry.time),
    metadata: {
      version: '1.5.0',
      product: { name: 'Breakwater audit', vendor_name: 'Breakwater' },
      uid: 'e1',
      sequence: 7,
      correlation_uid: 'c1',
    },
    actor: { user: { uid: 'user_1', type: 'user' }, session: { uid: 's1' } },
    src_endpoint: { ip: '192.0.2.1' },
    http_request: { user_agent: 'curl' },
    user: { uid: 'user_1' },
    unmapped: {
      index: 7,
      clock: 'ntp',
      on_behalf_of: 'user_2',
      details: { method: 'password' },
      resource: { type: 'user_account', id: 'user_1' },
    },
  });
});

test('R73: an action that OCSF does not know is 99 with its own name, and partial is neither success nor failure', () => {
  const event = toOcsf(0, { ...entry, type: 'administration', action: 'disable_account', outcome: 'partial' });
  assert.deepEqual(
    [event['class_uid'], event['activity_id'], event['activity_name'], event['status_id'], event['severity_id']],
    [3004, 99, 'disable_account', 99, 1],
  );
  assert.equal(toOcsf(0, { ...entry, type: 'payment', action: 'constructor' })['activity_id'], 99);
  assert.equal(toOcsf(0, { ...entry, type: 'constructor' })['class_uid'], 6003);
});

test('R73: CSV has one cell a column, and disarms what a spreadsheet would run', () => {
  const columns = toCsvHeader().split(',').length;
  assert.equal(toCsvRow(0, { ...entry, details: { a: 1 } }).split(',').length, columns);
  for (const text of ['=1+1', '+1', '-1', '@x', '\tx'])
    assert.ok(toCsvRow(0, { ...entry, reason: text }).includes(`'${text}`), text);
  assert.ok(toCsvRow(0, { ...entry, reason: 'two\nlines, "quoted"' }).includes('"two\nlines, ""quoted"""'));
});

test('R73: a filter takes what matches all of it', () => {
  const from = new Date('2026-11-25T09:30:00.000Z');
  const to = new Date('2026-11-25T09:30:00.001Z');
  assert.ok(matchesFilter(entry, { actor: 'user_1', resource: 'user_account:user_1', action: 'login', from, to }));
  assert.ok(matchesFilter(entry, {}));
  for (const filter of [{ actor: 'x' }, { resource: 'user_account:x' }, { action: 'x' }, { to: from }, { from: to }])
    assert.ok(!matchesFilter(entry, filter), JSON.stringify(filter));
});
