/** Every column of every kind of record comes back as it was given. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { AttributeValue, MetricPoint, SpanRecord } from '../telemetry/records.ts';
import { anyLog } from './testing/arbitrary-logs.ts';
import { toLogRow, toMetricRow, toSpanRow } from './testing/expected-rows.ts';
import {
  EXTREME_ATTRIBUTES,
  EXTREME_RESOURCE,
  EXTREME_SCOPE,
  EXTREME_VALUES,
  MAX_INT64,
  MAX_UINT32,
  MAX_UINT64,
} from './testing/extreme-values.ts';
import { openTestStore, type TestStore } from './testing/open-test-store.ts';
import { ERROR_COLUMNS, LOG_COLUMNS, METRIC_COLUMNS, SPAN_COLUMNS } from './testing/read-back.ts';
import { newErrorEvent, newLog, newPointBase, newResource, newSpan, nowNano } from './testing/records.ts';

describe('a record in the store', { timeout: 120_000 }, () => {
  let test: TestStore;
  before(async () => {
    test = await openTestStore({ flushIntervalMs: 10 });
  });
  after(() => test.remove());

  async function readAll(columns: string, table: string, ids: readonly bigint[]): Promise<Record<string, unknown>[]> {
    const { rows } = await test.store.query<Record<string, unknown>>(
      `SELECT ${columns} FROM ${table} WHERE id IN {ids:Array(UInt64)} ORDER BY id`,
      { ids },
    );
    return rows;
  }

  /** Compares text by text: a difference in a megabyte must not take minutes to print. */
  function assertRows(actual: readonly Record<string, unknown>[], expected: readonly Record<string, unknown>[]): void {
    assert.equal(actual.length, expected.length);
    for (const [i, row] of expected.entries()) {
      assert.deepEqual(Object.keys(actual[i] ?? {}).sort(), Object.keys(row).sort());
      for (const [name, value] of Object.entries(row)) {
        const [given, wanted] = [sortedJson(actual[i]?.[name]), sortedJson(value)];
        assert.ok(given === wanted, `row ${i}, ${name}: ${given.slice(0, 500)} instead of ${wanted.slice(0, 500)}`);
      }
    }
  }

  function sortedJson(value: unknown): string {
    return JSON.stringify(value, (_, inner: unknown) => {
      if (Object.is(inner, -0)) {
        return '-0';
      }
      return typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner;
    });
  }

  it('keeps a log record with extreme values', async () => {
    const bodies: AttributeValue[] = [
      ...EXTREME_VALUES.map(([, value]) => value),
      '\n\n',
      'DROP TABLE logs',
      '\n\nDROP TABLE breakwater.logs\n\n',
    ];
    const logs = bodies.map((body) =>
      newLog({
        body,
        resource: EXTREME_RESOURCE,
        scope: EXTREME_SCOPE,
        attributes: EXTREME_ATTRIBUTES,
        severityNumber: 24,
        severityText: 'FATAL4',
        flags: MAX_UINT32,
        droppedAttributesCount: MAX_UINT32,
        traceId: 'ffffffffffffffffffffffffffffffff',
        spanId: '0a0a0a0a0a0a0a0a',
        eventName: 'checkout.failed',
      }),
    );
    await test.store.insertLogs(logs);
    assertRows(
      await readAll(
        LOG_COLUMNS,
        'logs',
        logs.map((log) => log.id),
      ),
      logs.map(toLogRow),
    );
  });

  it('keeps times up to the end of DateTime64, and puts later ones there', async () => {
    const times = [nowNano() - 1n, 4_999_999_999_999_999_999n, MAX_INT64, MAX_INT64 + 1n, MAX_UINT64];
    const logs = times.map((timeUnixNano) => newLog({ timeUnixNano, observedTimeUnixNano: timeUnixNano }));
    await test.store.insertLogs(logs);
    const rows = await readAll(
      LOG_COLUMNS,
      'logs',
      logs.map((log) => log.id),
    );
    const expected = times.map((time) => (time > MAX_INT64 ? MAX_INT64 : time).toString());
    assert.deepEqual(
      rows.map((row) => row['ts_']),
      expected,
    );
    assert.deepEqual(
      rows.map((row) => row['observed_ts_']),
      expected,
    );
  });

  it('keeps any log record', async () => {
    const logs = fc.sample(anyLog, { numRuns: 300, seed: 7 });
    await test.store.insertLogs(logs);
    assertRows(
      await readAll(
        LOG_COLUMNS,
        'logs',
        logs.map((log) => log.id),
      ),
      logs.map(toLogRow),
    );
  });

  it('keeps a span with events and links', async () => {
    const time = nowNano();
    const spans: SpanRecord[] = [
      newSpan(),
      newSpan({ kind: 'unspecified', status: 'ok', startTimeUnixNano: time, endTimeUnixNano: time - 5n }),
      newSpan({
        resource: EXTREME_RESOURCE,
        scope: EXTREME_SCOPE,
        parentSpanId: '0000000000000001',
        traceState: 'a=1,b=\n\n',
        flags: MAX_UINT32,
        name: 'n\n\nDROP TABLE spans',
        kind: 'consumer',
        status: 'error',
        statusMessage: 'it\'s "bad"\n\n',
        attributes: EXTREME_ATTRIBUTES,
        droppedAttributesCount: MAX_UINT32,
        events: [
          { timeUnixNano: time, name: 'exception', attributes: EXTREME_ATTRIBUTES, droppedAttributesCount: 1 },
          { timeUnixNano: MAX_INT64, name: '', attributes: new Map(), droppedAttributesCount: MAX_UINT32 },
        ],
        droppedEventsCount: 3,
        links: [
          { traceId: '', spanId: '', traceState: '', attributes: new Map(), droppedAttributesCount: 0, flags: 0 },
          {
            traceId: '0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a',
            spanId: 'ffffffffffffffff',
            traceState: 'x=y',
            attributes: EXTREME_ATTRIBUTES,
            droppedAttributesCount: MAX_UINT32,
            flags: MAX_UINT32,
          },
        ],
        droppedLinksCount: MAX_UINT32,
      }),
    ];
    await test.store.insertSpans(spans);
    assertRows(
      await readAll(
        SPAN_COLUMNS,
        'spans',
        spans.map((span) => span.id),
      ),
      spans.map(toSpanRow),
    );
  });

  it('counts a span into the row of its trace', async () => {
    const traceId = 'abcdef00000000000000000000000001';
    const time = nowNano();
    const shared = { traceId, startTimeUnixNano: time };
    await test.store.insertSpans([
      newSpan({ ...shared, name: 'root', endTimeUnixNano: time + 100n, resource: newResource('gateway') }),
      newSpan({
        ...shared,
        name: 'child',
        parentSpanId: 'b7ad6b7169203331',
        endTimeUnixNano: time + 900n,
        status: 'error',
      }),
    ]);
    const { rows } = await test.store.query(
      `SELECT toString(toUnixTimestamp64Nano(min(start))) AS start_, toString(toUnixTimestamp64Nano(max(end))) AS end_,
         sum(spans) AS spans_, sum(errors) AS errors_, arraySort(groupUniqArrayArray(services)) AS services_, argMinIfMerge(root) AS root_
       FROM traces WHERE trace_id = unhex({traceId:String}) GROUP BY trace_id`,
      { traceId },
    );
    assert.deepEqual(rows, [
      {
        start_: time.toString(),
        end_: (time + 900n).toString(),
        spans_: '2',
        errors_: '1',
        services_: ['gateway', 'orders'],
        root_: ['gateway', 'root'],
      },
    ]);
  });

  it('keeps metric points of every type', async () => {
    const exemplars = [
      {
        timeUnixNano: nowNano(),
        value: MAX_INT64,
        traceId: 'ab'.repeat(16),
        spanId: 'cd'.repeat(8),
        attributes: EXTREME_ATTRIBUTES,
      },
      { timeUnixNano: 0n, value: Number.NaN, traceId: '', spanId: '', attributes: new Map() },
      { timeUnixNano: 0n, value: null, traceId: '', spanId: '', attributes: new Map() },
    ];
    const base = newPointBase;
    const rich = {
      resource: EXTREME_RESOURCE,
      scope: EXTREME_SCOPE,
      attributes: EXTREME_ATTRIBUTES,
      metadata: EXTREME_ATTRIBUTES,
      exemplars,
      flags: 1,
    };
    const buckets = { offset: -(2 ** 31), counts: [0n, MAX_UINT64] };
    const points: MetricPoint[] = [
      { ...base(rich), type: 'gauge', value: Number.NaN },
      { ...base(), type: 'gauge', value: -(2n ** 63n) },
      { ...base(), type: 'gauge', value: null },
      { ...base({ description: 'd', unit: 'By' }), type: 'sum', value: -0, temporality: 'cumulative', monotonic: true },
      { ...base(), type: 'sum', value: MAX_INT64, temporality: 'delta', monotonic: false },
      {
        ...base(rich),
        type: 'histogram',
        temporality: 'delta',
        count: MAX_UINT64,
        sum: Number.NEGATIVE_INFINITY,
        min: null,
        max: 0,
        bucketCounts: [0n, MAX_UINT64],
        explicitBounds: [-1.5, Number.MAX_VALUE],
      },
      {
        ...base(),
        type: 'histogram',
        temporality: 'cumulative',
        count: 0n,
        sum: null,
        min: 0,
        max: null,
        bucketCounts: [],
        explicitBounds: [],
      },
      {
        ...base(rich),
        type: 'exponential_histogram',
        temporality: 'unspecified',
        count: 3n,
        sum: 1.5,
        min: -1,
        max: 1,
        scale: -(2 ** 31),
        zeroCount: MAX_UINT64,
        zeroThreshold: Number.MIN_VALUE,
        positive: buckets,
        negative: { offset: 2 ** 31 - 1, counts: [] },
      },
      {
        ...base(),
        type: 'summary',
        count: 5n,
        sum: Number.NaN,
        quantiles: [
          { quantile: 0.5, value: Number.NaN },
          { quantile: 1, value: -1 },
        ],
      },
    ];
    await test.store.insertMetricPoints(points);
    assertRows(
      await readAll(
        METRIC_COLUMNS,
        'metric_points',
        points.map((point) => point.id),
      ),
      points.map(toMetricRow),
    );
  });

  it('keeps error events', async () => {
    const events = [
      newErrorEvent(),
      newErrorEvent({
        source: 'log',
        groupId: '0000000000000001',
        message: '\n\nDROP TABLE error_events',
        traceId: '',
        spanId: '',
      }),
      newErrorEvent({
        fingerprintVersion: 255,
        stacktrace: 'x\n'.repeat(500_000),
        type: 'ünï\ud800',
        culprit: '',
        release: '',
      }),
    ];
    await test.store.insertErrorEvents(events);
    const expected = events.map((event) => ({
      id: event.id.toString(),
      ts_: event.timeUnixNano.toString(),
      group_id_: event.groupId,
      fingerprint_version: event.fingerprintVersion,
      service: event.service,
      environment: event.environment,
      release: event.release,
      source: event.source,
      type: event.type.toWellFormed(),
      message: event.message,
      stacktrace: event.stacktrace,
      culprit: event.culprit,
      operation: event.operation,
      trace_id_: event.traceId.padStart(32, '0'),
      span_id_: event.spanId.padStart(16, '0'),
    }));
    assertRows(
      await readAll(
        ERROR_COLUMNS,
        'error_events',
        events.map((event) => event.id),
      ),
      expected,
    );
  });

  it('leaves its attribute keys in the catalogue', async () => {
    await test.store.insertSpans([
      newSpan({
        attributes: new Map<string, AttributeValue>([['catalogued', 1n]]),
        resource: newResource('x', new Map([['host.name', 'h']])),
      }),
    ]);
    const found = async (): Promise<unknown[]> =>
      (
        await test.store.query(
          `SELECT signal, level, key, type FROM fields FINAL
           WHERE key IN ('catalogued', 'host.name') AND last_seen > now() - INTERVAL 1 HOUR ORDER BY key`,
        )
      ).rows;
    const deadline = performance.now() + 10_000;
    while ((await found()).length < 2 && performance.now() < deadline) {
      await test.store.insertSpans([newSpan()]);
    }
    assert.deepEqual(await found(), [
      { signal: 'spans', level: 'attribute', key: 'catalogued', type: 'int' },
      { signal: 'spans', level: 'resource', key: 'host.name', type: 'string' },
    ]);
  });

  it('does not take the tables with it, whatever it says', async () => {
    const { rows } = await test.store.query<{ n: string }>(
      "SELECT count() AS n FROM system.tables WHERE database = 'breakwater'",
    );
    assert.equal(rows[0]?.n, '8');
    const engines = await test.store.query("SELECT engine FROM system.databases WHERE name = 'breakwater'");
    assert.deepEqual(engines.rows, [{ engine: 'Atomic' }]);
    assert.deepEqual(
      test.lines.filter((line) => !line.includes('migration')),
      [],
    );
  });
});
