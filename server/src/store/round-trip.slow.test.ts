/** Every column of every kind of record comes back as it was given. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { toAnyValueJson } from '../telemetry/any-value-json.ts';
import type { AttributeValue, LogRecord, MetricPoint, Resource, Scope, SpanRecord } from '../telemetry/records.ts';
import { openTestStore, type TestStore } from './testing/open-test-store.ts';
import {
  ERROR_COLUMNS,
  LOG_COLUMNS,
  METRIC_COLUMNS,
  SPAN_COLUMNS,
  toDoubleJson,
  toJsonMap,
  toLogRow,
  toOriginRow,
  toTypedMaps,
} from './testing/read-back.ts';
import { newErrorEvent, newLog, newPointBase, newResource, newSpan, nowNano } from './testing/records.ts';

const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_UINT32 = 2 ** 32 - 1;

const EXTREME_VALUES: [string, AttributeValue][] = [
  ['min int', -(2n ** 63n)],
  ['max int', MAX_INT64],
  ['zero', 0n],
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['-0', -0],
  ['smallest', Number.MIN_VALUE],
  ['largest', Number.MAX_VALUE],
  ['integral double', 3],
  ['true', true],
  ['false', false],
  ['', 'the key is empty'],
  ['empty text', ''],
  ['long text', 'long '.repeat(200_000)],
  ['unicode', 'ünï 💥 \u0000 \u2028'],
  ['unpaired surrogate', 'a\ud800b\udc00'],
  ['sql', "'); DROP TABLE logs; --\n\nDROP TABLE logs\n\n"],
  ['bytes', new Uint8Array([0, 10, 10, 255])],
  ['no bytes', new Uint8Array()],
  ['unset', null],
  ['list', ['a', 1n, 2.5, true, null, [new Map([['deep', -1n]])]]],
  [
    'map',
    new Map<string, AttributeValue>([
      ['', 1n],
      ['k', ['x']],
    ]),
  ],
  ['k'.repeat(70_000), 'the key is long'],
];
const EXTREME_ATTRIBUTES: ReadonlyMap<string, AttributeValue> = new Map(EXTREME_VALUES);
const RESOURCE: Resource = {
  ...newResource('röck\n\n', EXTREME_ATTRIBUTES),
  droppedAttributesCount: MAX_UINT32,
  schemaUrl: 'https://opentelemetry.io/schemas/1.30.0',
};
const SCOPE: Scope = {
  name: 'lib',
  version: '1.2.3',
  attributes: EXTREME_ATTRIBUTES,
  droppedAttributesCount: 7,
  schemaUrl: 'https://example.org/schema',
};

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
        resource: RESOURCE,
        scope: SCOPE,
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
        resource: RESOURCE,
        scope: SCOPE,
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
      resource: RESOURCE,
      scope: SCOPE,
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

const text = fc.string({ unit: 'binary', maxLength: 30 });
const leaf: fc.Arbitrary<AttributeValue> = fc.oneof(
  text,
  fc.boolean(),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: MAX_INT64 }),
  fc.uint8Array({ maxLength: 10 }),
  fc.constant(null),
);
const anyValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.array(fc.tuple(text, leaf), { maxLength: 3 }).map((pairs) => new Map(pairs)),
);
const anyAttributes = fc.array(fc.tuple(text, anyValue), { maxLength: 8 }).map((pairs) => new Map(pairs));
const anyId = (bytes: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(''),
    fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex')),
  );
const anyLog: fc.Arbitrary<LogRecord> = fc
  .record({
    severityNumber: fc.nat(24),
    severityText: text,
    body: anyValue,
    attributes: anyAttributes,
    droppedAttributesCount: fc.nat(MAX_UINT32),
    flags: fc.nat(MAX_UINT32),
    traceId: anyId(16),
    spanId: anyId(8),
    eventName: text,
    resource: anyAttributes.map((attributes) => newResource('any', attributes)),
  })
  .map((fields) => newLog(fields));

function toSpanRow(span: SpanRecord): Record<string, unknown> {
  const { startTimeUnixNano: start, endTimeUnixNano: end } = span;
  return {
    id: span.id.toString(),
    ts_: start.toString(),
    end_ts_: end.toString(),
    duration_ns: (end > start ? end - start : 0n).toString(),
    trace_id_: span.traceId,
    span_id_: span.spanId,
    parent_span_id_: span.parentSpanId.padStart(16, '0'),
    trace_state: span.traceState,
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    status: span.status,
    status_message: span.statusMessage,
    ...toTypedMaps('attrs', span.attributes),
    dropped_attributes_count: span.droppedAttributesCount,
    event_ts: span.events.map((event) => event.timeUnixNano.toString()),
    event_name: span.events.map((event) => event.name),
    event_attrs: span.events.map((event) => toJsonMap(event.attributes)),
    event_dropped: span.events.map((event) => event.droppedAttributesCount),
    dropped_events_count: span.droppedEventsCount,
    link_trace_id: span.links.map((link) => link.traceId.padStart(32, '0')),
    link_span_id: span.links.map((link) => link.spanId.padStart(16, '0')),
    link_trace_state: span.links.map((link) => link.traceState),
    link_attrs: span.links.map((link) => toJsonMap(link.attributes)),
    link_dropped: span.links.map((link) => link.droppedAttributesCount),
    link_flags: span.links.map((link) => link.flags),
    dropped_links_count: span.droppedLinksCount,
    ...toOriginRow(span.resource, span.scope),
  };
}

function toMetricRow(point: MetricPoint): Record<string, unknown> {
  const value = 'value' in point ? point.value : null;
  const none = { offset: 0, counts: [] as bigint[] };
  const nullable = (number: number | null): number | string | null => (number === null ? null : toDoubleJson(number));
  const exponential = point.type === 'exponential_histogram' ? point : undefined;
  const texts = (counts: readonly bigint[]): string[] => counts.map(String);
  return {
    id: point.id.toString(),
    ts_: point.timeUnixNano.toString(),
    start_ts_: point.startTimeUnixNano.toString(),
    name: point.name,
    type: point.type,
    description: point.description,
    unit: point.unit,
    metadata: toJsonMap(point.metadata),
    temporality: 'temporality' in point ? point.temporality : 'unspecified',
    monotonic: 'monotonic' in point ? point.monotonic : false,
    ...toTypedMaps('attrs', point.attributes),
    flags: point.flags,
    value_kind: value === null ? 'none' : typeof value === 'bigint' ? 'int' : 'double',
    value: toDoubleJson(Number(value ?? 0)),
    value_int: typeof value === 'bigint' ? value.toString() : '0',
    count: 'count' in point ? point.count.toString() : '0',
    sum: 'sum' in point ? nullable(point.sum) : null,
    min: 'min' in point ? nullable(point.min) : null,
    max: 'max' in point ? nullable(point.max) : null,
    bucket_counts: 'bucketCounts' in point ? texts(point.bucketCounts) : [],
    explicit_bounds: 'explicitBounds' in point ? point.explicitBounds : [],
    scale: exponential?.scale ?? 0,
    zero_count: (exponential?.zeroCount ?? 0n).toString(),
    zero_threshold: exponential?.zeroThreshold ?? 0,
    positive_offset: (exponential?.positive ?? none).offset,
    positive_counts: texts((exponential?.positive ?? none).counts),
    negative_offset: (exponential?.negative ?? none).offset,
    negative_counts: texts((exponential?.negative ?? none).counts),
    quantiles:
      'quantiles' in point ? point.quantiles.map((q) => [toDoubleJson(q.quantile), toDoubleJson(q.value)]) : [],
    exemplars: point.exemplars.length === 0 ? '' : exemplarsText(point),
    ...toOriginRow(point.resource, point.scope),
  };
}

/** Written out: the field names are part of the contract with the API. */
function exemplarsText(point: MetricPoint): string {
  const filteredAttributes = [...(point.exemplars[0]?.attributes ?? [])].map(([key, value]) => ({
    key,
    value: toAnyValueJson(value),
  }));
  return JSON.stringify([
    {
      timeUnixNano: point.exemplars[0]?.timeUnixNano.toString(),
      asInt: '9223372036854775807',
      traceId: 'ab'.repeat(16),
      spanId: 'cd'.repeat(8),
      filteredAttributes,
    },
    { timeUnixNano: '0', asDouble: 'NaN', filteredAttributes: [] },
    { timeUnixNano: '0', filteredAttributes: [] },
  ]);
}
