/** Log records are written into the real engine and read back through HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { waitFor } from '../engine/testing/wait-for.ts';
import { logRecords } from '../query/arbitrary-records.ts';
import { attributeText } from '../telemetry/any-value-json.ts';
import type { LogRecord } from '../telemetry/records.ts';
import { logViewOfRecord } from './log-view.ts';
import { ATTRIBUTES, overJson, RESOURCE, resourceOf, SCOPE, scopeOf, sorted, TRACE } from './testing/full-records.ts';
import { type RealApi, startRealApi } from './testing/real-api.ts';
import type { Facets, FieldsAnswer, Histogram, LogsPage, LogView, TraceDetail } from './types.ts';

const NOW_MS = Date.now();
const NOW = BigInt(NOW_MS) * 1_000_000n;
const RANGE = `from=${NOW_MS - 3_600_000}&to=${NOW_MS + 60_000}`;

let api: RealApi;

before(async () => {
  api = await startRealApi();
});

after(async () => {
  await api?.stop();
});

test('log records come back equal to the last attribute', async () => {
  const full: LogRecord = {
    id: 2n ** 63n + 1n,
    resource: RESOURCE,
    scope: SCOPE,
    timeUnixNano: NOW - 123n,
    observedTimeUnixNano: NOW + 1n,
    severityNumber: 18,
    severityText: 'ERROR2',
    body: new Map([['order', 9007199254740993n]]),
    attributes: ATTRIBUTES,
    droppedAttributesCount: 2,
    flags: 257,
    traceId: TRACE,
    spanId: '00f067aa0ba902b7',
    eventName: 'order.failed',
  };
  const others = fc
    .sample(logRecords(NOW - 1_000_000_000n), { numRuns: 300, seed: 7 })
    .map((record, index): LogRecord => ({ ...record, id: BigInt(index + 1) }));
  await api.store.insertLogs([full, ...others]);

  const byId = new Map<string, LogView>();
  let cursor: string | null = null;
  do {
    const page: LogsPage = await api.get(`/logs?${RANGE}&limit=77${cursor ? `&cursor=${cursor}` : ''}`);
    for (const row of page.rows) {
      assert.ok(!byId.has(row.id), 'no row is on two pages');
      byId.set(row.id, row);
    }
    cursor = page.nextCursor;
  } while (cursor);
  assert.equal(byId.size, others.length + 1);
  for (const record of [full, ...others]) {
    const view = byId.get(record.id.toString());
    assert.deepEqual(view, overJson(logViewOfRecord(record)), `record ${record.id}`);
  }
  // Not only equal to the tail's view, which could share its faults.
  const view = byId.get(full.id.toString())!;
  assert.equal(view.timeUnixNano, (NOW - 123n).toString());
  assert.equal(view.severity, 'error');
  assert.equal(view.body, '{"order":9007199254740993}');
  assert.deepEqual(view.bodyValue, {
    kvlistValue: { values: [{ key: 'order', value: { intValue: '9007199254740993' } }] },
  });
  assert.deepEqual(view.attributes, sorted(ATTRIBUTES));
  assert.deepEqual(view.resource, resourceOf(RESOURCE));
  assert.equal(view.body, attributeText(full.body));
  assert.deepEqual(view.scope, scopeOf(SCOPE));
});

test('pages are stable: rows of one nanosecond are on one page each, and new rows do not shift them', async () => {
  const scope = { ...SCOPE, attributes: new Map() };
  const resource = { ...RESOURCE, attributes: new Map(), serviceName: 'paging' };
  const row = (id: number): LogRecord => ({
    ...{
      id: BigInt(id),
      resource,
      scope,
      timeUnixNano: NOW,
      observedTimeUnixNano: NOW,
      severityNumber: 9,
      severityText: '',
    },
    ...{
      body: `row ${id}`,
      attributes: new Map(),
      droppedAttributesCount: 0,
      flags: 0,
      traceId: '',
      spanId: '',
      eventName: '',
    },
  });
  await api.store.insertLogs(Array.from({ length: 10 }, (_, index) => row(1_000 + index)));
  const first: LogsPage = await api.get(`/logs?query=service:paging&${RANGE}&limit=4`);
  await api.store.insertLogs([row(2_000)]);
  const second: LogsPage = await api.get(`/logs?query=service:paging&${RANGE}&limit=4&cursor=${first.nextCursor}`);
  const last: LogsPage = await api.get(`/logs?query=service:paging&${RANGE}&limit=4&cursor=${second.nextCursor}`);
  const ids = [...first.rows, ...second.rows, ...last.rows].map(({ id }) => Number(id));
  assert.deepEqual(ids, [1009, 1008, 1007, 1006, 1005, 1004, 1003, 1002, 1001, 1000]);
  assert.equal(last.nextCursor, null);
});

test('the oldest come first where they are asked for', async () => {
  const range = `query=service:paging&${RANGE}&limit=3`;
  const { rows, nextCursor }: LogsPage = await api.get(`/logs?${range}&order=oldest`);
  assert.deepEqual(
    rows.map(({ id }) => Number(id)),
    [1000, 1001, 1002],
  );
  assert.equal(nextCursor, null);
  const { nextCursor: cursor }: LogsPage = await api.get(`/logs?${range}`);
  const refused = await api.send('GET', `/api/v1/logs?${range}&order=oldest&cursor=${cursor}`);
  assert.equal(refused.status, 400);
});

test('a page of huge records ends early, and the next one goes on', async () => {
  const huge = 'x'.repeat(1_000_000);
  const resource = { ...RESOURCE, attributes: new Map(), serviceName: 'huge' };
  const scope = { ...SCOPE, attributes: new Map() };
  const ids = { traceId: '', spanId: '', eventName: '' };
  const times = { timeUnixNano: NOW, observedTimeUnixNano: NOW };
  const rest = { severityNumber: 9, severityText: '', droppedAttributesCount: 0, flags: 0, attributes: new Map() };
  await api.store.insertLogs(
    Array.from({ length: 20 }, (_, index) => ({
      ...times,
      ...ids,
      ...rest,
      resource,
      scope,
      id: BigInt(3_000 + index),
      body: huge,
    })),
  );
  const seen: number[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: LogsPage = await api.get(`/logs?query=service:huge&${RANGE}${cursor && `&cursor=${cursor}`}`);
    assert.ok(page.rows.length > 0 && page.rows.length <= 8, `${page.rows.length} rows`);
    seen.push(...page.rows.map(({ id }) => Number(id)));
    cursor = page.nextCursor;
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, index) => 3_019 - index),
  );
});

test('histogram, facets and fields count what the search finds', async () => {
  const page: LogsPage = await api.get(`/logs?query=level:error&${RANGE}&limit=1000`);
  const histogram: Histogram = await api.get(`/logs/histogram?query=level:error&${RANGE}&buckets=60`);
  assert.equal(histogram.total, page.rows.length);
  assert.deepEqual(
    histogram.series.map(({ name }) => name),
    ['error'],
  );
  assert.equal(
    histogram.series[0]!.counts.reduce((sum, n) => sum + n, 0),
    page.rows.length,
  );
  assert.ok(
    histogram.times.every((time, index) => index === 0 || time - histogram.times[index - 1]! === histogram.stepMs),
  );
  const { facets, sampled }: Facets = await api.get(`/logs/facets?query=level:error&${RANGE}`);
  assert.equal(sampled, false);
  assert.deepEqual(facets.find(({ key }) => key === 'level')?.values, [{ value: 'error', count: page.rows.length }]);
  const services = facets.find(({ key }) => key === 'service')!.values;
  for (const { value, count } of services) {
    assert.equal(count, page.rows.filter(({ service }) => service === value).length, value);
  }
  const { fields }: FieldsAnswer = await api.get('/fields?signal=logs&prefix=INT.');
  assert.deepEqual(fields, [
    { key: 'int.max', type: 'int' },
    { key: 'int.min', type: 'int' },
  ]);
  const resource: FieldsAnswer = await api.get('/fields?prefix=resource.int');
  assert.deepEqual(
    resource.fields.map(({ key }) => key),
    ['resource.int.max', 'resource.int.min'],
  );
});

test('a service that makes up attribute keys does not push those of another out of the suggestions', async () => {
  const record = (serviceName: string, keys: readonly string[], id: number): LogRecord => ({
    id: BigInt(id) + 2n ** 40n,
    resource: { ...RESOURCE, attributes: new Map(), serviceName, environment: 'keys' },
    scope: { ...SCOPE, attributes: new Map() },
    timeUnixNano: NOW,
    observedTimeUnixNano: NOW,
    severityNumber: 9,
    severityText: '',
    body: '',
    attributes: new Map(keys.map((key) => [key, 'x'])),
    droppedAttributesCount: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    eventName: '',
  });
  const madeUp = Array.from({ length: 10_000 }, (_, index) => `aaa.${index}`);
  await api.store.insertLogs(
    Array.from({ length: 100 }, (_, index) => record('hostile', madeUp.slice(index * 100, index * 100 + 100), index)),
  );
  const offered = async (): Promise<string[]> =>
    (await api.get<FieldsAnswer>('/fields?signal=logs')).fields.map(({ key }) => key);
  // Fields are written beside the records, so perhaps only with the next ones.
  let id = 20_000;
  await waitFor('the key of the honest service', async () => {
    id += 1;
    await api.store.insertLogs([record('honest', ['zzz.order'], id)]);
    return (await offered()).includes('zzz.order');
  });
  const keys = await offered();
  assert.equal(keys.filter((key) => key.startsWith('aaa.')).length, 500);
  assert.ok(keys.includes('int.max'), 'what was there before');
});

test('facets of very many records are counted from a sample', async () => {
  const count = 210_000;
  const batch = 30_000;
  const resources = ['many', 'few'].map((serviceName) => ({ ...RESOURCE, attributes: new Map(), serviceName }));
  const scope = { ...SCOPE, attributes: new Map() };
  for (let from = 0; from < count; from += batch) {
    const rows = Array.from(
      { length: batch },
      (_, index): LogRecord => ({
        ...{ id: BigInt(10_000 + from + index), resource: resources[index % 10 === 0 ? 1 : 0]!, scope },
        ...{ timeUnixNano: NOW - 600_000_000_000n, observedTimeUnixNano: NOW, severityNumber: 9, severityText: '' },
        ...{ body: 'sampled', attributes: new Map(), droppedAttributesCount: 0, flags: 0 },
        ...{ traceId: '', spanId: '', eventName: '' },
      }),
    );
    await api.store.insertLogs(rows);
  }
  const { facets, sampled }: Facets = await api.get(`/logs/facets?query=sampled&${RANGE}`);
  assert.equal(sampled, true);
  const services = facets.find(({ key }) => key === 'service')!.values;
  assert.deepEqual(
    services.map(({ value }) => value),
    ['many', 'few'],
  );
  assert.ok(Math.abs(services[0]!.count / (count * 0.9) - 1) < 0.05, String(services[0]!.count));
  assert.ok(Math.abs(services[1]!.count / (count * 0.1) - 1) < 0.1, String(services[1]!.count));
});

test('a rare word and a trace id read a small part of many records', async () => {
  await api.optimize('logs');
  const all: LogsPage = await api.get(`/logs?query=sampled&${RANGE}&limit=1`);
  assert.ok(all.stats.rowsRead > 150_000, String(all.stats.rowsRead));
  const rare: LogsPage = await api.get(`/logs?query=order&${RANGE}`);
  assert.equal(rare.rows.length, 1);
  assert.ok(rare.stats.rowsRead < 60_000, String(rare.stats.rowsRead));
  const trace: TraceDetail = await api.get(`/traces/${TRACE}`);
  assert.equal(trace.logs.length, 1);
  assert.ok(trace.stats.rowsRead < 60_000, String(trace.stats.rowsRead));
});
