import type { ErrorGroupStatus } from '../api/types.ts';
import type { State } from '../state/state.ts';
import { GROUP_ID_TEXT, toGroupNumber } from './group-id.ts';
import type { TelemetryReader } from './telemetry-reader.ts';

/** What people decided about a group. A group without a decision is open. */
export interface GroupLifecycle {
  status: ErrorGroupStatus;
  /** It was resolved, and then seen again. */
  regressed: boolean;
}

export const OPEN: GroupLifecycle = { status: 'open', regressed: false };

export function lifecycles(state: State): Map<string, GroupLifecycle> {
  const rows = state.prepare('SELECT id, status, regressed_at FROM error_groups').all();
  return new Map(
    rows.map((row) => [
      row['id'] as string,
      { status: row['status'] as ErrorGroupStatus, regressed: row['regressed_at'] !== null },
    ]),
  );
}

export function setGroupStatus(state: State, id: string, status: ErrorGroupStatus, now: number): void {
  state
    .prepare(
      `INSERT INTO error_groups (id, status, changed_at, resolved_at) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (id) DO UPDATE SET status = ?2, changed_at = ?3, resolved_at = ?4, regressed_at = NULL, regressed_by = NULL`,
    )
    .run(id, status, now, status === 'resolved' ? now : null);
}

/** Occurrences arrive up to this long after they happened and still reopen their group. */
const LATENESS_MS = 900_000;

export interface RegressionOptions {
  state: State;
  store: TelemetryReader;
  now: () => number;
  log: (line: string) => void;
}

/**
 * Reopens resolved groups that have an occurrence from after they were resolved, and notes which one. An occurrence
 * that happened earlier and arrives late does not reopen. Rejects with the store's error.
 */
export function createRegressionCheck(
  options: RegressionOptions,
): (limits?: { signal?: AbortSignal; timeoutMs?: number }) => Promise<void> {
  const { state, store, now, log } = options;
  let checkedUntil = 0;

  return async (limits = {}) => {
    const resolved = state
      .prepare("SELECT id, resolved_at FROM error_groups WHERE status = 'resolved'")
      .all()
      .map((row) => ({ id: row['id'] as string, resolvedAt: row['resolved_at'] as number }));
    const time = now();
    if (resolved.length > 0) {
      const earliest = Math.min(...resolved.map(({ resolvedAt }) => resolvedAt));
      const { rows } = await store.query<{ id: string; event: string; lastMs: string | number }>(
        `SELECT ${GROUP_ID_TEXT} AS id, toString(event) AS event, lastMs
         FROM (
           SELECT group_id, argMax(id, ts) AS event, toUnixTimestamp64Milli(max(ts)) AS lastMs
           FROM error_events
           WHERE ts > fromUnixTimestamp64Milli({after:Int64}) AND group_id IN {ids:Array(UInt64)}
           GROUP BY group_id
         )`,
        { after: Math.max(earliest, checkedUntil - LATENESS_MS), ids: resolved.map(({ id }) => toGroupNumber(id)) },
        limits,
      );
      state.transaction(() => {
        for (const { id, event, lastMs } of rows) {
          const { changes } = state
            .prepare(
              `UPDATE error_groups SET status = 'open', changed_at = ?1, regressed_at = ?1, regressed_by = ?2
               WHERE id = ?3 AND status = 'resolved' AND resolved_at < ?4`,
            )
            .run(time, event, id, Number(lastMs));
          if (Number(changes) > 0) log(`error group ${id} was seen again after it was resolved`);
        }
      });
    }
    checkedUntil = time;
  };
}
