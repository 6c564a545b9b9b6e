/** Metric points are written into the real engine and read back through HTTP. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Attributes, MetricPoint } from '../telemetry/records.ts';
import { RESOURCE, resourceOf, SCOPE, scopeOf, sorted, TRACE } from './testing/full-records.ts';
import { type RealApi, startRealApi } from './testing/real-api.ts';
import type { MetricPointsAnswer, MetricSeriesAnswer, MetricsAnswer } from './types.ts';

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

test('metric points come back as they arrived, and as series', async () => {
  const attributes: Attributes = new Map<string, string | bigint>([
    ['route', '/a'],
    ['code', 200n],
  ]);
  const base = {
    ...{
      resource: RESOURCE,
      scope: SCOPE,
      description: 'what it is',
      unit: 'ms',
      metadata: new Map([['m', 'x']]),
      attributes,
    },
    ...{ startTimeUnixNano: NOW - 100n, timeUnixNano: NOW, flags: 1, exemplars: [] },
  };
  const exemplar = { timeUnixNano: NOW, value: 9007199254740993n, traceId: TRACE, spanId: 'ee'.repeat(8), attributes };
  const points: MetricPoint[] = [
    { ...base, id: 1n, name: 'queue/size', type: 'gauge', value: 9007199254740993n, exemplars: [exemplar] },
    { ...base, id: 2n, name: 'queue/size', type: 'gauge', value: null, timeUnixNano: NOW + 1n },
    { ...base, id: 3n, name: 'requests', type: 'sum', value: 0.5, temporality: 'delta', monotonic: true },
    { ...base, id: 4n, name: 'requests', type: 'sum', value: 2n, temporality: 'delta', monotonic: true },
    { ...base, id: 5n, name: 'bytes', type: 'sum', value: 7n, temporality: 'cumulative', monotonic: true },
    {
      ...base,
      id: 6n,
      name: 'bytes',
      type: 'sum',
      value: 9n,
      temporality: 'cumulative',
      monotonic: true,
      timeUnixNano: NOW + 1n,
    },
    {
      ...{
        ...base,
        id: 7n,
        name: 'latency',
        type: 'histogram',
        temporality: 'delta',
        count: 2n ** 63n,
        sum: 4.5,
        min: null,
        max: 3,
      },
      ...{ bucketCounts: [1n, 2n ** 63n], explicitBounds: [0.1] },
    },
    {
      ...{
        ...base,
        id: 8n,
        name: 'exp',
        type: 'exponential_histogram',
        temporality: 'cumulative',
        count: 4n,
        sum: null,
        min: 1,
        max: null,
      },
      ...{ scale: -3, zeroCount: 1n, zeroThreshold: 0.25 },
      ...{ positive: { offset: -2, counts: [1n, 2n] }, negative: { offset: 0, counts: [] } },
    },
    {
      ...base,
      id: 9n,
      name: 'summary',
      type: 'summary',
      count: 3n,
      sum: 6,
      quantiles: [
        { quantile: 0.5, value: 2 },
        { quantile: 1, value: Number.NaN },
      ],
    },
  ];
  await api.store.insertMetricPoints(points);
  const names: MetricsAnswer = await api.get(`/metrics?${RANGE}`);
  assert.deepEqual(
    names.metrics.map(({ name, type }) => [name, type]),
    [
      ['bytes', 'sum'],
      ['exp', 'exponential_histogram'],
      ['latency', 'histogram'],
      ['queue/size', 'gauge'],
      ['requests', 'sum'],
      ['summary', 'summary'],
    ],
  );

  const common = {
    ...{ description: 'what it is', unit: 'ms', metadata: [{ key: 'm', value: { stringValue: 'x' } }] },
    ...{
      resource: resourceOf(RESOURCE),
      scope: scopeOf(SCOPE),
      attributes: sorted(attributes),
    },
    ...{ startTimeUnixNano: (NOW - 100n).toString(), timeUnixNano: NOW.toString(), flags: 1, exemplars: [] },
  };
  const pointsOf = async (name: string): Promise<Record<string, unknown>[]> =>
    (await api.get<MetricPointsAnswer>(`/metrics/${encodeURIComponent(name)}/points?${RANGE}`)).points;
  assert.deepEqual(await pointsOf('queue/size'), [
    { ...common, id: '2', name: 'queue/size', type: 'gauge', timeUnixNano: (NOW + 1n).toString() },
    {
      ...{ ...common, id: '1', name: 'queue/size', type: 'gauge', asInt: '9007199254740993' },
      exemplars: [
        {
          ...{ timeUnixNano: NOW.toString(), asInt: '9007199254740993', traceId: TRACE, spanId: 'ee'.repeat(8) },
          filteredAttributes: [
            { key: 'route', value: { stringValue: '/a' } },
            { key: 'code', value: { intValue: '200' } },
          ],
        },
      ],
    },
  ]);
  assert.deepEqual((await pointsOf('requests'))[1], {
    ...{
      ...common,
      id: '3',
      name: 'requests',
      type: 'sum',
      asDouble: 0.5,
      aggregationTemporality: 1,
      isMonotonic: true,
    },
  });
  assert.deepEqual(await pointsOf('latency'), [
    {
      ...{
        ...common,
        id: '7',
        name: 'latency',
        type: 'histogram',
        aggregationTemporality: 1,
        count: (2n ** 63n).toString(),
      },
      ...{ sum: 4.5, max: 3, bucketCounts: ['1', (2n ** 63n).toString()], explicitBounds: [0.1] },
    },
  ]);
  assert.deepEqual(await pointsOf('exp'), [
    {
      ...{
        ...common,
        id: '8',
        name: 'exp',
        type: 'exponential_histogram',
        aggregationTemporality: 2,
        count: '4',
        min: 1,
      },
      ...{ scale: -3, zeroCount: '1', zeroThreshold: 0.25 },
      ...{ positive: { offset: -2, bucketCounts: ['1', '2'] }, negative: { offset: 0, bucketCounts: [] } },
    },
  ]);
  assert.deepEqual(await pointsOf('summary'), [
    {
      ...{ ...common, id: '9', name: 'summary', type: 'summary', count: '3', sum: 6 },
      quantileValues: [
        { quantile: 0.5, value: 2 },
        { quantile: 1, value: 'NaN' },
      ],
    },
  ]);

  const lastValueOf = async (name: string): Promise<number | null | undefined> => {
    const answer: MetricSeriesAnswer = await api.get(`/metrics/${encodeURIComponent(name)}?${RANGE}&step=60000`);
    assert.equal(answer.series.length, 1);
    assert.equal(answer.truncated, false);
    assert.deepEqual(answer.series[0]!.attributes, sorted(attributes));
    assert.equal(answer.series[0]!.points[0]![0], Math.floor(NOW_MS / 60_000) * 60_000);
    return answer.series[0]!.points[0]![1];
  };
  assert.equal(await lastValueOf('queue/size'), 9007199254740992);
  assert.equal(await lastValueOf('requests'), 2.5);
  assert.equal(await lastValueOf('bytes'), 9);
  assert.equal(await lastValueOf('exp'), null);
  assert.equal(await lastValueOf('summary'), 2);
});
