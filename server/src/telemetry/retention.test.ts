import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { oldestKeptMs, RETENTION_DAYS } from './retention.ts';

test('the retention is the TTL of the migration', () => {
  const sql = readFileSync(new URL('../store/migrations/0001_telemetry.sql', import.meta.url), 'utf8');
  const days = [...sql.matchAll(/^TTL toDate32\((?:ts|start)\) \+ INTERVAL (\d+) DAY/gm)].map((match) =>
    Number(match[1]),
  );
  // logs, spans, traces, metric points; error events are kept longer.
  assert.deepEqual(days, [RETENTION_DAYS, RETENTION_DAYS, RETENTION_DAYS, RETENTION_DAYS, 90]);
});

test('retention goes by whole UTC days', () => {
  const noon = Date.UTC(2026, 10, 25, 12);
  assert.equal(oldestKeptMs(noon, 30), Date.UTC(2026, 9, 27));
  assert.equal(oldestKeptMs(noon, 1), Date.UTC(2026, 10, 25));
});
