import { alertsOfIncident } from '../alerts/alert-rows.ts';
import type { IncidentDetail, TraceSummary } from '../api/types.ts';
import { readGroups } from '../errors/groups.ts';
import type { TelemetryReader } from '../errors/telemetry-reader.ts';
import { andOf, orOf, type Query } from '../query/ast.ts';
import { parseQuery } from '../query/parse.ts';
import { print } from '../query/print.ts';
import type { State } from '../state/state.ts';
import type { StoredIncident } from './incident-rows.ts';

/** Trouble begins before it is noticed. */
const LEAD_MS = 300_000;
const MAX_GROUPS = 10;
const MAX_TRACES = 10;

export interface EvidenceOptions {
  state: State;
  store: TelemetryReader;
  incident: StoredIncident;
  now: number;
  timeoutMs: number;
}

/**
 * What an on-call person opens first: the error groups the alerts name and the most frequent ones of the incident's
 * services, its newest traces with errors, and the query of its error logs; from five minutes before it opened to its
 * end. A store that fails leaves `error` and empty lists.
 */
export async function readEvidence(options: EvidenceOptions): Promise<IncidentDetail['evidence']> {
  const { state, store, incident, now } = options;
  const range = { from: incident.openedAt - LEAD_MS, to: (incident.resolvedAt ?? now) + 1 };
  const logQuery = logQueryOf(incident);
  const named = new Set(alertsOfIncident(state, incident.id).flatMap(({ labels }) => labels['errorGroup'] ?? []));
  const reading = { state, store, now: () => now };
  try {
    const [byAlert, frequent, traces] = await Promise.all([
      readGroups(reading, { range, ids: [...named].slice(0, MAX_GROUPS), limit: MAX_GROUPS, sort: 'count' }),
      readGroups(reading, { range, services: incident.services, limit: MAX_GROUPS, sort: 'count' }),
      errorTraces(options, range),
    ]);
    const more = frequent.groups.filter(({ id }) => !named.has(id));
    return { errorGroups: [...byAlert.groups, ...more].slice(0, MAX_GROUPS), traces, logQuery };
  } catch (error) {
    return { errorGroups: [], traces: [], logQuery, error: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Error logs of the incident's services and environment, in the query language of the log explorer. Services that make a
 * query too long to be read are left out: so many are most of the environment.
 */
export function logQueryOf({ services, environment }: Pick<StoredIncident, 'services' | 'environment'>): string {
  const query = queryOf(services, environment);
  return parseQuery(query, 'logs').ok ? query : queryOf([], environment);
}

function queryOf(services: readonly string[], environment: string): string {
  const equals = (name: string, text: string): Query => ({
    kind: 'field',
    field: { scope: 'field', name },
    test: { op: 'equals', value: { text, quoted: !/^[a-z][\w.-]*$/i.test(text) } },
  });
  const isError: Query = {
    kind: 'field',
    field: { scope: 'field', name: 'severity' },
    test: { op: 'compare', comparison: '>=', value: { text: 'error', quoted: false } },
  };
  return print(
    andOf([
      ...(services.length === 0 ? [] : [orOf(services.map((service) => equals('service', service)))]),
      ...(environment === '' ? [] : [equals('environment', environment)]),
      isError,
    ]),
  );
}

type TraceRow = Omit<TraceSummary, 'spanCount' | 'errorCount'> & { spanCount: string; errorCount: string };

async function errorTraces(options: EvidenceOptions, range: { from: number; to: number }): Promise<TraceSummary[]> {
  const { store, incident, timeoutMs } = options;
  const { rows } = await store.query<TraceRow>(
    `SELECT lower(hex(trace_id)) AS traceId, first_root.1 AS rootService, first_root.2 AS rootName,
       toString(toUnixTimestamp64Nano(first_ts)) AS startTimeUnixNano,
       toString(greatest(0, toUnixTimestamp64Nano(last_ts) - toUnixTimestamp64Nano(first_ts))) AS durationNanos,
       span_count AS spanCount, error_count AS errorCount, names AS services
     FROM (
       SELECT trace_id, min(start) AS first_ts, max(end) AS last_ts, sum(spans) AS span_count,
         sum(errors) AS error_count, arraySort(groupUniqArrayArray(services)) AS names,
         argMinIfMerge(root) AS first_root
       FROM traces
       WHERE trace_id IN (
         SELECT trace_id FROM spans
         WHERE ts >= fromUnixTimestamp64Milli({from:Int64}) AND ts < fromUnixTimestamp64Milli({to:Int64})
           AND environment = {environment:String} AND service IN {services:Array(String)} AND status = 'error'
         GROUP BY trace_id ORDER BY max(ts) DESC LIMIT {traces:UInt32}
       )
       GROUP BY trace_id
     )
     ORDER BY first_ts DESC`,
    { ...range, environment: incident.environment, services: incident.services, traces: MAX_TRACES },
    { timeoutMs, maxRows: MAX_TRACES },
  );
  return rows.map((row) => ({ ...row, spanCount: Number(row.spanCount), errorCount: Number(row.errorCount) }));
}
