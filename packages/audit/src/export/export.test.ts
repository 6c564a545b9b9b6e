import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
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

/** The cells of one line by RFC 4180. */
function cellsOf(row: string): string[] {
  const cells = [...row.matchAll(/(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/g)].slice(0, toCsvHeader().split(',').length);
  return cells.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!);
}

/** What `toCsvRow` says of getting a text back. */
function textOf(cell: string): string {
  return cell
    .replace(/^'/, '')
    .replaceAll(/\\u([0-9a-f]{4})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

const REASON = toCsvHeader().split(',').indexOf('reason');

test('R73: CSV has one cell a column and one line an entry, and disarms what a spreadsheet would run', () => {
  const columns = toCsvHeader().split(',').length;
  assert.equal(cellsOf(toCsvRow(0, { ...entry, details: { a: 1, b: '"' } })).length, columns);
  for (const [text, expected] of [
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@x', "'@x"],
    [' =1', "' =1"],
    ['\uff1d1', "'\uff1d1"],
    ["'=1", "''=1"],
    ['\t=1', '\\u0009=1'],
    ['\u0000=1', '\\u0000=1'],
    ['\u001b[31mred', '\\u001b[31mred'],
    ['a;=1', 'a\\u003b=1'],
    ['X11; Linux', 'X11; Linux'],
    ['C:\\users', 'C:\\users'],
    ['C:\\u0041', 'C:\\u005cu0041'],
    ['two\r\nlines, "quoted"', 'two\\u000d\\u000alines, "quoted"'],
  ] as const)
    assert.equal(cellsOf(toCsvRow(0, { ...entry, reason: text }))[REASON], expected);
});

test('R73: every text can be got back from CSV, and no line has a control character or runs anywhere', () => {
  const nasty = fc.constantFrom(...'=+-@\'",;\\u003b005c\t\r\n \0\u001b\u0085\u202e\u2028\uff1d');
  const text = fc.string({ unit: fc.oneof(nasty, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })) });
  fc.assert(
    fc.property(text, (value) => {
      const row = toCsvRow(7, { ...entry, reason: value, details: { key: value } });
      const cells = cellsOf(row);
      assert.equal(textOf(cells[REASON]!), value);
      assert.deepEqual(JSON.parse(cells.at(-1)!), { key: value });
      assert.doesNotMatch(row, /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
      for (const cell of cells) assert.doesNotMatch(cell, /^\s*[=+\-@\uff1d]/);
      for (const cell of row.split(';')) assert.doesNotMatch(cell, /^[\s"]*[=+\-@\uff1d]/);
    }),
    { numRuns: 500 },
  );
});

test('R73: a filter takes what matches all of it', () => {
  const from = new Date('2026-11-25T09:30:00.000Z');
  const to = new Date('2026-11-25T09:30:00.001Z');
  assert.ok(matchesFilter(entry, { actor: 'user_1', resource: 'user_account:user_1', action: 'login', from, to }));
  assert.ok(matchesFilter(entry, {}));
  for (const filter of [{ actor: 'x' }, { resource: 'user_account:x' }, { action: 'x' }, { to: from }, { from: to }])
    assert.ok(!matchesFilter(entry, filter), JSON.stringify(filter));
});
