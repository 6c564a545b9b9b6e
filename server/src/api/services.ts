import { type ApiContext, inRange, rangeParams } from './context.ts';
import { FROM, readRange, TO } from './parameters.ts';
import type { ApiRequest, Route } from './route.ts';
import { sumOfStats } from './stats.ts';
import type { ServiceRow, ServicesAnswer } from './types.ts';

interface SpanFigures {
  readonly service: string;
  readonly requests: string;
  readonly errors: string;
  readonly millis: readonly [p50: number, p95: number, p99: number];
  readonly last_ns: string;
}
interface LogFigures {
  readonly service: string;
  readonly log_errors: string;
  readonly last_ns: string;
}

export function serviceRoutes({ store, now }: ApiContext): Route[] {
  async function list({ query, signal }: ApiRequest): Promise<ServicesAnswer> {
    const params = rangeParams(readRange(query, now()));
    const [spans, logs] = await Promise.all([
      store.query<SpanFigures>(SPANS_SQL, params, { signal }),
      store.query<LogFigures>(LOGS_SQL, params, { signal }),
    ]);
    const services = new Map<string, ServiceRow>();
    for (const { service, requests, errors, millis, last_ns } of spans.rows) {
      const [p50Millis, p95Millis, p99Millis] = Number(requests) > 0 ? millis : ([0, 0, 0] as const);
      services.set(service, {
        ...{ service, requests: Number(requests), errors: Number(errors), p50Millis, p95Millis, p99Millis },
        logErrors: 0,
        lastSeenUnixNano: last_ns,
      });
    }
    for (const { service, log_errors, last_ns } of logs.rows) {
      const row = services.get(service) ?? { ...NO_REQUESTS, service };
      const isLater = BigInt(last_ns) > BigInt(row.lastSeenUnixNano);
      const lastSeenUnixNano = isLater ? last_ns : row.lastSeenUnixNano;
      services.set(service, { ...row, logErrors: Number(log_errors), lastSeenUnixNano });
    }
    const byName = [...services.values()].toSorted((a, b) => (a.service < b.service ? -1 : 1));
    return { services: byName, stats: sumOfStats([spans.stats, logs.stats]) };
  }

  return [
    {
      method: 'GET',
      path: '/services',
      summary: 'Requests, errors and latency of each service',
      parameters: [FROM, TO],
      answer: 'ServicesAnswer',
      handle: async (request) => ({ json: await list(request) }),
    },
  ];
}

const NO_REQUESTS: Omit<ServiceRow, 'service'> = {
  ...{ requests: 0, errors: 0, p50Millis: 0, p95Millis: 0, p99Millis: 0 },
  logErrors: 0,
  lastSeenUnixNano: '0',
};

/** A request is a span that a service began for somebody else, or that began a trace. Every span is a sign of life. */
const IS_REQUEST = "kind IN ('server', 'consumer') OR parent_span_id = toFixedString('', 8)";
const SPANS_SQL = `SELECT service, countIf(is_request) AS requests, countIf(is_request AND status = 'error') AS errors,
    arrayMap(nanos -> nanos / 1e6, quantilesTDigestIf(0.5, 0.95, 0.99)(duration_ns, is_request)) AS millis,
    toUnixTimestamp64Nano(max(ts)) AS last_ns
  FROM (SELECT service, status, duration_ns, ts, (${IS_REQUEST}) AS is_request FROM spans WHERE ${inRange('ts')})
  GROUP BY service LIMIT 1000`;
const LOGS_SQL = `SELECT service, countIf(severity_number >= 17) AS log_errors, toUnixTimestamp64Nano(max(ts)) AS last_ns
  FROM logs WHERE ${inRange('ts')} GROUP BY service LIMIT 1000`;
