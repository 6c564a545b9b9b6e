/** The queries everything rests on read a few granules, not the table. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestStore, type TestStore } from './testing/open-test-store.ts';
import { newLog, newResource, newSpan } from './testing/records.ts';

const ROWS = 120_000;
const BUSY_ROWS = 80_000;
const MINUTE_MS = 60_000;
const traceOf = (i: number): string =>
  Math.floor(i / 10)
    .toString(16)
    .padStart(32, '0')
    .replace(/^./, 'a');

describe('a query on two hours of telemetry', { timeout: 120_000 }, () => {
  let test: TestStore;
  const from = Date.now() - 120 * MINUTE_MS;
  /** Five minutes as the primary key has them, before the two hours. */
  const busyFrom = (Math.floor(from / (5 * MINUTE_MS)) - 2) * 5 * MINUTE_MS;
  before(async () => {
    test = await openTestStore();
    const resources = Array.from({ length: 20 }, (_, i) => newResource(`service-${i}`));
    const shared = (i: number) => ({
      resource: resources[i % 20] as (typeof resources)[number],
      traceId: traceOf(i),
      spanId: i.toString(16).padStart(16, '0'),
      attributes: new Map([['order.id', `order-${Math.floor(i / 5)}`]]),
    });
    const time = (i: number): bigint => BigInt(Math.floor(from + (i / ROWS) * 120 * MINUTE_MS)) * 1_000_000n;
    for (let i = 0; i < ROWS; i += 30_000) {
      const indexes = Array.from({ length: 30_000 }, (_, k) => i + k);
      await Promise.all([
        test.store.insertLogs(
          indexes.map((k) => newLog({ ...shared(k), timeUnixNano: time(k), body: `request took ${k} ms w${k}` })),
        ),
        test.store.insertSpans(
          indexes.map((k) =>
            newSpan({ ...shared(k), startTimeUnixNano: time(k), endTimeUnixNano: time(k) + BigInt(k) }),
          ),
        ),
      ]);
    }
    const busyTime = (k: number): bigint => BigInt(busyFrom + Math.floor((k / BUSY_ROWS) * 5 * MINUTE_MS)) * 1_000_000n;
    const busy = Array.from({ length: BUSY_ROWS }, (_, k) =>
      newLog({ resource: resources[k % 20] as (typeof resources)[number], timeUnixNano: busyTime(k) }),
    );
    await test.store.insertLogs(busy);
    const authorization = `Basic ${btoa(`${test.engine.username}:${test.engine.password}`)}`;
    for (const table of ['logs', 'spans', 'traces']) {
      const body = `OPTIMIZE TABLE breakwater.${table} FINAL`;
      const response = await fetch(`${test.engine.url}/`, { method: 'POST', body, headers: { authorization } });
      assert.equal(response.status, 200, await response.text());
    }
  });
  after(() => test.remove());

  /** Granules that are read, of all, after every index. */
  async function granules(sql: string, params: Record<string, unknown>): Promise<{ read: number; all: number }> {
    const { rows } = await test.store.query<{ explain: string }>(`EXPLAIN indexes = 1 ${sql}`, params);
    const text = rows.map((row) => row.explain).join('\n');
    const pairs = [...text.matchAll(/Granules: (\d+)\/(\d+)/g)].map(([, read, all]) => ({
      read: Number(read),
      all: Number(all),
    }));
    assert.ok(pairs.length > 0, text);
    return { read: (pairs.at(-1) as { read: number }).read, all: (pairs[0] as { all: number }).all };
  }

  async function assertPruned(
    sql: string,
    params: Record<string, unknown>,
    atMost: number,
    rows: number,
  ): Promise<void> {
    const { read, all } = await granules(sql, params);
    assert.ok(all >= 14, `only ${all} granules: too few for this test`);
    assert.ok(read <= atMost, `${read} of ${all} granules are read, wanted at most ${atMost}`);
    assert.equal((await test.store.query(sql, params)).rows.length, rows);
  }

  const minutes = (start: number, end: number) => ({ from: from + start * MINUTE_MS, to: from + end * MINUTE_MS });
  const IN_RANGE = 'ts >= fromUnixTimestamp64Milli({from:Int64}) AND ts < fromUnixTimestamp64Milli({to:Int64})';

  it('of logs in ten minutes reads their granules', () =>
    assertPruned(`SELECT id FROM logs WHERE ${IN_RANGE}`, minutes(50, 60), 3, ROWS / 12));

  it('of one service in five busy minutes reads a part of them', async () => {
    const inBusy = { from: busyFrom, to: busyFrom + 5 * MINUTE_MS };
    const five = await granules(`SELECT id FROM logs WHERE ${IN_RANGE}`, inBusy);
    assert.ok(five.read >= 9, `the five minutes have ${five.read} granules`);
    const sql = `SELECT id FROM logs WHERE ${IN_RANGE} AND service = {s:String}`;
    await assertPruned(sql, { ...inBusy, s: 'service-3' }, 3, BUSY_ROWS / 20);
  });

  it('of the logs of one trace, without a time, reads a granule', () =>
    assertPruned('SELECT id FROM logs WHERE trace_id = unhex({t:String})', { t: traceOf(55_555) }, 2, 10));

  it('of the spans of one trace, without a time, reads a granule', () =>
    assertPruned('SELECT id FROM spans WHERE trace_id = unhex({t:String})', { t: traceOf(55_555) }, 2, 10));

  it('of a trace that does not exist reads nothing', () =>
    assertPruned('SELECT id FROM logs WHERE trace_id = unhex({t:String})', { t: 'b'.repeat(32) }, 0, 0));

  it('of spans in ten minutes reads their granules', () =>
    assertPruned(`SELECT id FROM spans WHERE ${IN_RANGE}`, minutes(50, 60), 3, ROWS / 12));

  it('of the summary of a trace reads a granule', async () => {
    const sql = 'SELECT min(start) FROM traces WHERE trace_id = unhex({t:String}) GROUP BY trace_id';
    const { read } = await granules(sql, { t: traceOf(55_555) });
    assert.ok(read <= 1, `${read} granules`);
  });

  it('of one attribute value reads its granules', () =>
    assertPruned(
      "SELECT id FROM logs WHERE has(arrayMap((k, v) -> concat(k, '=', v), mapKeys(attrs_string), mapValues(attrs_string)), {kv:String})",
      { kv: 'order.id=order-7777' },
      2,
      5,
    ));

  it('of a rare word reads its granules', () =>
    assertPruned('SELECT id FROM logs WHERE hasToken(lower(body), {w:String})', { w: 'w77777' }, 2, 1));

  it('of slow spans reads their granules', () =>
    assertPruned('SELECT id FROM spans WHERE duration_ns >= {d:UInt64}', { d: ROWS - 10 }, 2, 10));
});
