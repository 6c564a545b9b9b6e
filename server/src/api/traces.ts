import { type ApiContext, type Condition, conditionOf } from './context.ts';
import { BUCKET_SQL, type BucketRow, bucketsOf, histogramOf } from './histogram.ts';
import { BUCKETS, readBuckets } from './logs.ts';
import { FROM, limitParameter, QUERY, readInteger, readOneOf, readQuery, readRange, TO } from './parameters.ts';
import type { ApiRequest, Route } from './route.ts';
import { TRACE_SUMMARY_COLUMNS, type TraceSummaryRow, traceSummary } from './trace-summary.ts';
import type { Histogram, TracesPage } from './types.ts';

const DEFAULT_TRACES = 100;
const MAX_TRACES = 1_000;
const HAS_TRACE = "trace_id != toFixedString('', 16)";

export function traceRoutes({ store, now }: ApiContext): Route[] {
  async function list({ query, signal }: ApiRequest): Promise<TracesPage> {
    const limit = readInteger(query, 'limit', 1, MAX_TRACES) ?? DEFAULT_TRACES;
    const sort = readOneOf(query, 'sort', ['recent', 'slowest']) ?? 'recent';
    const condition = conditionOf(readRange(query, now()), readQuery(query, 'spans'), 'spans');
    const sql = sort === 'recent' ? recentSql(condition) : slowestSql(condition);
    const params = { ...condition.params, trace_limit: limit };
    const { rows, stats } = await store.query<TraceSummaryRow>(sql, params, { signal });
    return { traces: rows.map(traceSummary), stats };
  }

  async function histogram({ query, signal }: ApiRequest): Promise<Histogram> {
    const range = readRange(query, now());
    const buckets = bucketsOf(range, readBuckets(query));
    const { where, params } = conditionOf(range, readQuery(query, 'spans'), 'spans');
    const sql = `SELECT ${BUCKET_SQL} AS bucket, if(status = 'error', 'error', 'ok') AS name, count() AS n
      FROM spans WHERE ${where} GROUP BY bucket, name`;
    const result = await store.query<BucketRow>(sql, { ...params, step_ms: buckets.stepMs }, { signal });
    return histogramOf(buckets, ['ok', 'error'], result);
  }

  return [
    {
      method: 'GET',
      path: '/traces',
      summary: 'Traces that have a span which matches the query',
      parameters: [
        QUERY,
        FROM,
        TO,
        limitParameter(DEFAULT_TRACES, MAX_TRACES),
        { name: 'sort', type: 'string', description: '`recent` or `slowest`. Default: `recent`.' },
      ],
      answer: 'TracesPage',
      handle: async (request) => ({ json: await list(request) }),
    },
    {
      method: 'GET',
      path: '/traces/histogram',
      summary: 'Matching spans over time, with and without an error',
      parameters: [QUERY, FROM, TO, BUCKETS],
      answer: 'Histogram',
      handle: async (request) => ({ json: await histogram(request) }),
    },
  ];
}

/**
 * The traces of the newest matching spans. Ordered as the primary key begins, so that the reading stops at the limit:
 * 37 instead of 118 ms for two million spans of a day.
 */
function recentSql({ where }: Condition): string {
  return `SELECT ${TRACE_SUMMARY_COLUMNS} FROM traces WHERE trace_id IN (
      SELECT trace_id FROM spans WHERE ${where} AND ${HAS_TRACE}
      ORDER BY toStartOfFiveMinutes(ts) DESC, ts DESC LIMIT 1 BY trace_id LIMIT {trace_limit:UInt32}
    ) GROUP BY trace_id ORDER BY start_ns DESC, trace_hex`;
}

/** Every matching trace has to be looked at: the slowest may be anywhere. */
function slowestSql({ where }: Condition): string {
  return `SELECT ${TRACE_SUMMARY_COLUMNS} FROM traces WHERE trace_id IN (
      SELECT trace_id FROM spans WHERE ${where} AND ${HAS_TRACE}
    ) GROUP BY trace_id ORDER BY end_ns - start_ns DESC, trace_hex LIMIT {trace_limit:UInt32}`;
}
