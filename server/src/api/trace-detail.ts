import type { ApiContext } from './context.ts';
import { LOG_COLUMNS, type LogRow, logView } from './log-view.ts';
import { invalidInput, notFound } from './problem.ts';
import type { ApiRequest, Route } from './route.ts';
import { SPAN_COLUMNS, type SpanRow, spanView } from './span-view.ts';
import { NO_STATS, sumOfStats } from './stats.ts';
import type { TraceDetail } from './types.ts';

const MAX_SPANS = 10_000;
const MAX_LOGS = 10_000;
/** Log records of a trace are looked for this long before and after its spans; clocks differ. */
const SLACK_NANOS = 3_600_000_000_000n;
const MAX_TIME_NANOS = 2n ** 63n - 1n;

interface Bounds {
  readonly span_count: string;
  readonly from_ns: string;
  readonly to_ns: string;
}

export function traceDetailRoutes({ store }: ApiContext): Route[] {
  async function detail({ params: { traceId = '' }, signal }: ApiRequest): Promise<TraceDetail> {
    if (!/^[0-9a-f]{32}$/i.test(traceId)) throw invalidInput('a trace id has 32 hexadecimal digits');
    if (/^0+$/.test(traceId)) throw notFound('a trace id of zeros stands for no trace');
    const id = { trace: traceId.toLowerCase() };
    const found = await store.query<Bounds>(BOUNDS_SQL, id, { signal });
    const bounds = found.rows[0];
    // Without spans there is no time to look at; the index on the id has to do.
    const isKnown = bounds !== undefined && bounds.span_count !== '0';
    const between = isKnown ? TIME_SQL : '';
    const params = isKnown ? { ...id, ...withSlack(bounds) } : id;
    const [spans, logs] = await Promise.all([
      isKnown
        ? store.query<SpanRow>(spansSql(between), { ...params, max_rows: MAX_SPANS + 1 }, { signal })
        : { rows: [], stats: NO_STATS },
      store.query<LogRow>(logsSql(between), { ...params, max_rows: MAX_LOGS + 1 }, { signal }),
    ]);
    if (spans.rows.length === 0 && logs.rows.length === 0) throw notFound(`nothing of the trace ${id.trace} is stored`);
    return {
      traceId: id.trace,
      spans: spans.rows.slice(0, MAX_SPANS).map(spanView),
      logs: logs.rows.slice(0, MAX_LOGS).map(logView),
      truncated: spans.rows.length > MAX_SPANS || logs.rows.length > MAX_LOGS,
      stats: sumOfStats([found.stats, spans.stats, logs.stats]),
    };
  }

  return [
    {
      method: 'GET',
      path: '/traces/{traceId}',
      summary: 'Every span and log record of a trace, oldest first',
      answer: 'TraceDetail',
      handle: async (request) => ({ json: await detail(request) }),
    },
  ];
}

const IS_TRACE = 'trace_id = unhex({trace:String})';
const TIME_SQL = `AND ts >= fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC') AND ts <= fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')`;
const BOUNDS_SQL = `SELECT sum(spans) AS span_count, toUnixTimestamp64Nano(min(start)) AS from_ns,
  toUnixTimestamp64Nano(max(end)) AS to_ns FROM traces WHERE ${IS_TRACE}`;

function spansSql(between: string): string {
  return `SELECT ${SPAN_COLUMNS} FROM spans WHERE ${IS_TRACE} ${between} ORDER BY ts, id LIMIT {max_rows:UInt32}`;
}

function logsSql(between: string): string {
  return `SELECT ${LOG_COLUMNS} FROM logs WHERE ${IS_TRACE} ${between} ORDER BY ts, id LIMIT {max_rows:UInt32}`;
}

function withSlack({ from_ns, to_ns }: Bounds): { from_ns: string; to_ns: string } {
  const from = BigInt(from_ns) - SLACK_NANOS;
  const latest = BigInt(to_ns) > BigInt(from_ns) ? BigInt(to_ns) : BigInt(from_ns);
  const to = latest > MAX_TIME_NANOS - SLACK_NANOS ? MAX_TIME_NANOS : latest + SLACK_NANOS;
  return { from_ns: (from < 0n ? 0n : from).toString(), to_ns: to.toString() };
}
