import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PAGE, settingsTable, withTable } from '../scripts/settings-table.ts';

test('the page lists every setting with its variables, values and default: run scripts/settings-table.ts (R2)', () => {
  const page = readFileSync(PAGE, 'utf8');
  assert.equal(withTable(page, settingsTable()), page);
});
