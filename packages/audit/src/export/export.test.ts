import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEntry } from '../event.ts';
import { matchesFilter } from '../query.ts';
import { toCsvHeader, toCsvRow } from './csv.ts';

const entry: AuditEntry = {
  v: 1,
  id: 'e1',
  time: '2026-11-25T09:30:00.000Z',
  clock: 'ntp',
  component: 'web-1',
  type: 'authentication',
  actor: { id: 'user_1', type: 'user', ip: '192.0.2.1', userAgent: 'curl', sessionId: 's1', onBehalfOf: 'user_2' },
  action: 'login',
  resource: { type: 'user_account', id: 'user_1' },
  outcome: 'denied',
  reason: 'locked',
  correlationId: 'c1',
  details: { method: 'password' },
};

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
