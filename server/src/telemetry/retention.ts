/**
 * How long telemetry is kept, in days. The same number stands as TTL in store/migrations/0001_telemetry.sql (logs,
 * spans, traces, metric points); change both, by a new migration.
 */
export const RETENTION_DAYS = 30;

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The oldest time, in epoch milliseconds, that the store still keeps at `nowMs`. Retention goes by whole UTC days, as
 * the TTL does: what lies before may be dropped at any moment.
 */
export function oldestKeptMs(nowMs: number, retentionDays: number = RETENTION_DAYS): number {
  return (Math.floor(nowMs / DAY_MS) - (retentionDays - 1)) * DAY_MS;
}
