import type { Auth } from '../auth/auth.ts';
import type { Detector } from '../detector.ts';
import type { ErrorGroups } from '../errors/groups.ts';
import type { LiveStream } from '../pipeline/live-stream.ts';
import type { Query, Signal } from '../query/ast.ts';
import { toSql } from '../query/sql.ts';
import type { Store } from '../store/store.ts';
import type { TimeRange } from './parameters.ts';
import type { StatusAnswer } from './types.ts';

/** What the routes work with. */
export interface ApiContext {
  readonly store: Store;
  readonly live: LiveStream;
  readonly detector: Detector;
  readonly groups: ErrorGroups;
  readonly status: () => Promise<StatusAnswer>;
  /** Control port of the demo shop. */
  readonly demoUrl: string | null;
  /** Null where no login is demanded. */
  readonly auth: Auth | null;
  readonly log: (line: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A time range, and perhaps a query, as a condition for WHERE, and the parameters it needs. */
export interface Condition {
  readonly where: string;
  readonly params: Record<string, unknown>;
}

/** The records of one signal in a time range that match a query. */
export function conditionOf(range: TimeRange, query: Query, signal: Signal): Condition {
  const { where, params } = toSql(query, signal);
  return { where: `${inRange('ts')} AND (${where})`, params: { ...rangeParams(range), ...params } };
}

/** A condition on a DateTime64 column; needs {@link rangeParams}. */
export function inRange(column: string): string {
  return (
    `${column} >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND ` +
    `${column} < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')`
  );
}

export function rangeParams({ from, to }: TimeRange): Record<string, unknown> {
  return { from_ms: from, to_ms: to };
}
