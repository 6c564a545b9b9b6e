import type { TelemetryReader } from '../errors/telemetry-reader.ts';

/** How far back error traces connect services. */
const LOOK_BACK_MS = 600_000;
/** Shorter, so that an earlier trouble does not name the present one. */
const ORIGIN_LOOK_BACK_MS = 120_000;
/** The newest error traces that are looked at. */
const MAX_TRACES = 2_000;

const RECENT = 'ts >= fromUnixTimestamp64Milli({from:Int64}) AND environment = {environment:String}';
const FAILED = `${RECENT} AND status = 'error'`;
const ERROR_TRACES = `SELECT trace_id FROM spans WHERE ${FAILED}
  GROUP BY trace_id ORDER BY max(ts) DESC LIMIT {traces:UInt32}`;

/**
 * The services that appear together with `service` in a recent trace with an error: the last 10 minutes, the newest
 * 2,000 such traces of the environment. Rejects with the store's error.
 */
export async function relatedServices(
  store: TelemetryReader,
  target: { service: string; environment: string },
  now: number,
  options: { signal?: AbortSignal; timeoutMs: number },
): Promise<Set<string>> {
  const { rows } = await store.query<{ name: string }>(
    `SELECT DISTINCT arrayJoin(services) AS name
     FROM (
       SELECT groupUniqArray(toString(service)) AS services
       FROM spans
       WHERE ${RECENT} AND trace_id IN (${ERROR_TRACES})
       GROUP BY trace_id
     )
     WHERE has(services, {service:String})
     LIMIT 1000`,
    { from: Math.floor(now) - LOOK_BACK_MS, traces: MAX_TRACES, ...target },
    { ...options, maxRows: 1_000 },
  );
  return new Set(rows.map(({ name }) => name));
}

/**
 * Which services appear together in recent traces with an error, each set once: of the same traces as
 * {@link relatedServices}. Rejects with the store's error.
 */
export async function connectedServices(
  store: TelemetryReader,
  environment: string,
  now: number,
  options: { signal?: AbortSignal; timeoutMs: number },
): Promise<string[][]> {
  const { rows } = await store.query<{ together: string[] }>(
    `SELECT DISTINCT together
     FROM (
       SELECT arraySort(groupUniqArray(toString(service))) AS together
       FROM spans
       WHERE ${RECENT} AND trace_id IN (${ERROR_TRACES})
       GROUP BY trace_id
     )
     WHERE length(together) > 1
     LIMIT 1000`,
    { from: Math.floor(now) - LOOK_BACK_MS, traces: MAX_TRACES, environment },
    { ...options, maxRows: 1_000 },
  );
  return rows.map(({ together }) => together);
}

/**
 * The services in which the errors of the environment's recent error traces began: those with spans that failed without
 * a failed span below them. The one with most of them first. Of the last two
 * minutes. Rejects with the store's error.
 */
export async function originServices(
  store: TelemetryReader,
  environment: string,
  now: number,
  options: { signal?: AbortSignal; timeoutMs: number },
): Promise<string[]> {
  const { rows } = await store.query<{ name: string }>(
    `SELECT toString(service) AS name
     FROM spans
     WHERE ${FAILED} AND trace_id IN (${ERROR_TRACES})
       AND (trace_id, span_id) NOT IN (SELECT trace_id, parent_span_id FROM spans WHERE ${FAILED})
     GROUP BY name ORDER BY count() DESC, name LIMIT 100`,
    { from: Math.floor(now) - ORIGIN_LOOK_BACK_MS, traces: MAX_TRACES, environment },
    { ...options, maxRows: 100 },
  );
  return rows.map(({ name }) => name);
}
