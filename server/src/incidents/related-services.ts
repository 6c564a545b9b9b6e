import type { TelemetryReader } from '../errors/telemetry-reader.ts';

/** How far back error traces connect services. */
const LOOK_BACK_MS = 600_000;
/** The newest error traces that are looked at. */
const MAX_TRACES = 2_000;

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
       WHERE ts >= fromUnixTimestamp64Milli({from:Int64}) AND environment = {environment:String}
         AND trace_id IN (
           SELECT trace_id FROM spans
           WHERE ts >= fromUnixTimestamp64Milli({from:Int64}) AND environment = {environment:String} AND status = 'error'
           GROUP BY trace_id ORDER BY max(ts) DESC LIMIT {traces:UInt32}
         )
       GROUP BY trace_id
     )
     WHERE has(services, {service:String})
     LIMIT 1000`,
    { from: Math.floor(now) - LOOK_BACK_MS, traces: MAX_TRACES, ...target },
    { ...options, maxRows: 1_000 },
  );
  return new Set(rows.map(({ name }) => name));
}
