/**
 * What to do about a failed insert.
 * - `retry`: the store or the way to it is in trouble; the same batch with the same token again.
 * - `disk_full`: as `retry`, but it will hardly pass soon.
 * - `memory`: too big at the moment; again, and if that does not help, in halves.
 * - `refused`: the batch itself; in halves, to find the record.
 */
export type InsertFailure = 'retry' | 'disk_full' | 'memory' | 'refused';

/** ClickHouse codes that say nothing about the rows sent. https://clickhouse.com/codes */
const TRANSIENT = new Set([
  60, // UNKNOWN_TABLE: dropped, or not yet migrated
  81, // UNKNOWN_DATABASE
  159, // TIMEOUT_EXCEEDED
  160, // TOO_SLOW
  164, // READONLY
  192, // UNKNOWN_USER
  193, // WRONG_PASSWORD
  194, // REQUIRED_PASSWORD
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  236, // ABORTED
  242, // TABLE_IS_READ_ONLY
  279, // ALL_CONNECTION_TRIES_FAILED
  319, // UNKNOWN_STATUS_OF_INSERT
  394, // QUERY_WAS_CANCELLED
  425, // SYSTEM_ERROR
  439, // CANNOT_SCHEDULE_TASK
  497, // ACCESS_DENIED
  516, // AUTHENTICATION_FAILED
  999, // KEEPER_EXCEPTION
]);

export function toInsertFailure(error: unknown): InsertFailure {
  const code = clickhouseCodeOf(error);
  if (code === undefined) {
    return 'retry';
  }
  if (code === 243) {
    return 'disk_full';
  }
  if (code === 241) {
    return 'memory';
  }
  if (code === 252) {
    // Two things have this code: one insert spans too many days, or merging cannot keep up.
    return /partitions/.test((error as Error).message) ? 'refused' : 'retry';
  }
  return TRANSIENT.has(code) ? 'retry' : 'refused';
}

/** The server's code; undefined where the error did not come from a ClickHouse server, such as a broken connection. */
export function clickhouseCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('type' in error) || !('code' in error)) {
    return undefined;
  }
  const code = Number(error.code);
  return Number.isInteger(code) ? code : undefined;
}
