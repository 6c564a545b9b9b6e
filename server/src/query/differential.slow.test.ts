/** The store and the process must give the same answer to every query: the live tail shows what a search would find. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { optimize } from '../api/testing/real-api.ts';
import { type Engine, startEngine } from '../engine/engine.ts';
import { openStore, type Store } from '../store/store.ts';
import { logQueries, spanQueries } from './arbitrary-queries.ts';
import { logRecords, spanRecords } from './arbitrary-records.ts';
import type { Query, Signal } from './ast.ts';
import type { AnyRecord } from './fields.ts';
import { matches, matchesSpan } from './matches.ts';
import { print } from './print.ts';
import { toSql } from './sql.ts';

const RECORDS = 400;
const QUERIES = 300;
/** Conditions asked in one statement. */
const AT_ONCE = 10;

let folder: string;
let engine: Engine;
let store: Store;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bw-query-'));
  engine = await startEngine({ dataDir: folder, log: () => {} });
  store = await openStore({ ...connection(engine), flushIntervalMs: 20, log: () => {} });
});

after(async () => {
  await store?.close();
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

function connection({ url, username, password }: Engine): { url: string; username: string; password: string } {
  return { url, username, password };
}

test('a log record is found by a search exactly if it matches in the live tail', async () => {
  const seed = Date.now();
  const records = fc
    .sample(logRecords(BigInt(Date.now()) * 1_000_000n), { numRuns: RECORDS, seed })
    .map((record, index) => ({ ...record, id: BigInt(index + 1) }));
  await store.insertLogs(records);
  const matchesLog = (query: Query, record: AnyRecord): boolean => matches(query, record as (typeof records)[number]);
  await compareAll('logs', fc.sample(logQueries, { numRuns: QUERIES, seed }), records, matchesLog, seed);
});

test('a span is found by a search exactly if it matches in the process', async () => {
  const seed = Date.now();
  const records = fc
    .sample(spanRecords(BigInt(Date.now()) * 1_000_000n), { numRuns: RECORDS, seed })
    .map((record, index) => ({ ...record, id: BigInt(index + 1) }));
  await store.insertSpans(records);
  const matchesIt = (query: Query, record: AnyRecord): boolean =>
    matchesSpan(query, record as (typeof records)[number]);
  await compareAll('spans', fc.sample(spanQueries, { numRuns: QUERIES, seed }), records, matchesIt, seed);
});

test('words are found in any letter case whether or not the engine reads its text index', async () => {
  await optimize(engine, 'logs');
  const query: Query = { kind: 'text', test: { op: 'text', mode: 'word', text: 'Timed' } };
  const { where, params } = toSql(query, 'logs');
  const count = async (condition: string): Promise<string | undefined> => {
    const sql = `SELECT count() AS n FROM logs WHERE ${condition}`;
    return (await store.query<{ n: string }>(sql, { ...params })).rows[0]?.n;
  };
  const indexed = await count(where);
  assert.ok(Number(indexed) > 0);
  assert.equal(await count(`if(id > 0, ${where}, 0)`), indexed);
});

async function compareAll(
  signal: Signal,
  queries: readonly Query[],
  records: readonly (AnyRecord & { id: bigint })[],
  matchesIt: (query: Query, record: AnyRecord) => boolean,
  seed: number,
): Promise<void> {
  let found = 0;
  for (let from = 0; from < queries.length; from += AT_ONCE) {
    const batch = queries.slice(from, from + AT_ONCE);
    const conditions = batch.map((query, index) => ({ query, ...toSql(query, signal, `q${index}_`) }));
    const counted = conditions.map(({ where }, index) => `SELECT ${index} AS n, id FROM ${signal} WHERE ${where}`);
    const params = Object.assign({}, ...conditions.map((condition) => condition.params));
    const { rows } = await store.query<{ n: number; id: string }>(counted.join(' UNION ALL '), params, {
      timeoutMs: 60_000,
    });
    for (const [index, { query, where }] of conditions.entries()) {
      const inStore = new Set(rows.filter((row) => Number(row.n) === index).map((row) => row.id));
      found += inStore.size;
      const odd = records.find((record) => matchesIt(query, record) !== inStore.has(record.id.toString()));
      if (!odd) continue;
      const details = [where, JSON.stringify(params, replacer), JSON.stringify(odd, replacer)];
      assert.fail(`seed ${seed}: the store and the process disagree: ${print(query)}\n${details.join('\n')}`);
    }
  }
  assert.ok(found > records.length, 'the queries find something');
}

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value instanceof Map ? [...value] : value;
}

test('the index of attribute pairs leaves out what cannot match', async () => {
  await optimize(engine, 'logs');
  const granules: string[] = [];
  for (let n = 0; n < 5; n++) {
    const value = { text: `in no record ${n}`, quoted: true };
    const field = { scope: 'attribute', name: 'k' } as const;
    const { where, params } = toSql({ kind: 'field', field, test: { op: 'equals', value } }, 'logs');
    const sql = `EXPLAIN indexes = 1 SELECT id FROM logs WHERE ${where}`;
    const { rows } = await store.query<{ explain: string }>(sql, { ...params });
    const plan = rows.map((row) => row.explain).join('\n');
    granules.push(/Name: ix_attrs[\s\S]*?Granules: (\d+\/\d+)/.exec(plan)?.[1] ?? plan);
  }
  // One in a hundred is a false positive.
  assert.ok(
    granules.some((read) => read.startsWith('0/')),
    granules.join(),
  );
});
