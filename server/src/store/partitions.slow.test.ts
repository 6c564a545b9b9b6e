import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openTestStore } from './testing/open-test-store.ts';
import { newLog, nowNano } from './testing/records.ts';

const DAY_NANOS = 86_400_000_000_000n;

it('a batch of more days than one insert may have is stored, with those that share it', {
  timeout: 120_000,
}, async () => {
  const test = await openTestStore({ flushIntervalMs: 300 });
  try {
    // ClickHouse takes 100 days an insert by default. Days to come: past ones would be dropped by the retention.
    const days = Array.from({ length: 250 }, (_, day) => newLog({ timeUnixNano: nowNano() + BigInt(day) * DAY_NANOS }));
    await Promise.all([
      test.store.insertLogs([newLog({ body: 'of someone else' })]),
      test.store.insertLogs(days),
      test.store.insertLogs([newLog({ body: 'of someone else' })]),
    ]);
    const { rows } = await test.store.query<{ n: string; days: string; others: string }>(
      "SELECT count() AS n, uniqExact(toDate(ts)) AS days, countIf(body = 'of someone else') AS others FROM logs",
    );
    assert.deepEqual(rows, [{ n: '252', days: '250', others: '2' }]);
    assert.equal(test.store.state(), 'ready');
  } finally {
    await test.remove();
  }
});
