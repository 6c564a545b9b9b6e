import type { ErrorEventView, QueryStats } from '../api/types.ts';
import { fingerprint } from './fingerprint.ts';
import { GROUP_ID_TEXT, toGroupNumber } from './group-id.ts';
import type { TelemetryReader } from './telemetry-reader.ts';

/** Epoch milliseconds, `from` inclusive, `to` exclusive. */
export interface TimeRange {
  from: number;
  to: number;
}

/** An error group as the store sees it: everything but its lifecycle. */
export interface GroupFacts {
  id: string;
  type: string;
  message: string;
  culprit: string;
  services: string[];
  environment: string;
  firstSeenUnixNano: string;
  lastSeenUnixNano: string;
  count: number;
  sampleTraceId: string;
}

export interface GroupFilter {
  range: TimeRange;
  /** These groups, also without occurrences in the range; else all with one. */
  ids?: readonly string[] | undefined;
  /** Only, or all but, these groups. */
  only?: readonly string[] | undefined;
  except?: readonly string[] | undefined;
  /** Only occurrences in these services count; none named: in all. */
  services?: readonly string[] | undefined;
  search?: string | undefined;
  sort?: 'last_seen' | 'first_seen' | 'count' | undefined;
  limit: number;
}

const IN_RANGE = 'ts >= fromUnixTimestamp64Milli({from:Int64}) AND ts < fromUnixTimestamp64Milli({to:Int64})';
const OF_SERVICES = '(empty({services:Array(String)}) OR service IN {services:Array(String)})';
const NO_TRACE = '0'.repeat(32);
const MAX_SHOWN_CHARACTERS = 2_000;
const ORDER = { last_seen: 'max_ts DESC', first_seen: 'min_ts DESC', count: 'count DESC' } as const;

type Answer<T> = { value: T; stats: QueryStats };

/** Texts and sample trace are those of the group's newest occurrence; first and last seen are those ever stored. */
export async function queryGroups(store: TelemetryReader, filter: GroupFilter): Promise<Answer<GroupFacts[]>> {
  const { range, services = [], search = '', sort = 'last_seen', limit } = filter;
  const counted = `${IN_RANGE} AND ${OF_SERVICES}`;
  const scope =
    filter.ids === undefined
      ? `group_id IN (SELECT group_id FROM error_events WHERE ${counted} AND (NOT {limited:Bool} OR group_id IN {only:Array(UInt64)})
           AND group_id NOT IN {except:Array(UInt64)} GROUP BY group_id)`
      : 'group_id IN {ids:Array(UInt64)}';
  const { rows, stats } = await store.query<Omit<GroupFacts, 'count'> & { count: string | number }>(
    `SELECT ${GROUP_ID_TEXT} AS id, count, toString(newest.1) AS type, newest.2 AS message, newest.3 AS culprit,
       toString(newest.4) AS environment, services, toString(toUnixTimestamp64Nano(min_ts)) AS firstSeenUnixNano,
       toString(toUnixTimestamp64Nano(max_ts)) AS lastSeenUnixNano, lower(hex(trace)) AS sampleTraceId
     FROM (
       SELECT group_id, countIf(${counted}) AS count, min(ts) AS min_ts, max(ts) AS max_ts,
         argMax((type, substring(message, 1, ${MAX_SHOWN_CHARACTERS}), culprit, environment), ts) AS newest,
         arraySort(groupUniqArray(toString(service))) AS services,
         argMaxIf(trace_id, ts, trace_id != toFixedString('', 16)) AS trace
       FROM error_events WHERE ${scope}
       GROUP BY group_id
     )
     WHERE {search:String} = ''
       OR positionCaseInsensitiveUTF8(concat(toString(newest.1), ' ', newest.2, ' ', newest.3), {search:String}) > 0
     ORDER BY ${ORDER[sort]}, group_id
     LIMIT {limit:UInt32}`,
    {
      ...range,
      services,
      search,
      limit,
      ids: (filter.ids ?? []).map(toGroupNumber),
      limited: filter.only !== undefined,
      only: (filter.only ?? []).map(toGroupNumber),
      except: (filter.except ?? []).map(toGroupNumber),
    },
    { maxRows: limit },
  );
  const value = rows.map((row) => ({
    ...row,
    count: Number(row.count),
    sampleTraceId: row.sampleTraceId === NO_TRACE ? '' : row.sampleTraceId,
  }));
  return { value, stats };
}

/** Occurrences per group in `buckets` equal parts of the range. */
export async function queryBuckets(
  store: TelemetryReader,
  ids: readonly string[],
  range: TimeRange,
  stepMs: number,
  services: readonly string[] = [],
): Promise<Answer<Map<string, Map<number, number>>>> {
  const { rows, stats } = await store.query<{ id: string; bucket: string | number; count: string | number }>(
    `SELECT ${GROUP_ID_TEXT} AS id, bucket, count
     FROM (
       SELECT group_id, intDiv(toUnixTimestamp64Milli(ts) - {from:Int64}, {step:Int64}) AS bucket, count() AS count
       FROM error_events
       WHERE ${IN_RANGE} AND ${OF_SERVICES} AND group_id IN {ids:Array(UInt64)}
       GROUP BY group_id, bucket
     )`,
    { ...range, step: stepMs, services, ids: ids.map(toGroupNumber) },
    { maxRows: 1_000_000 },
  );
  const value = new Map<string, Map<number, number>>();
  for (const { id, bucket, count } of rows) {
    const buckets = value.get(id) ?? new Map<number, number>();
    buckets.set(Number(bucket), Number(count));
    value.set(id, buckets);
  }
  return { value, stats };
}

type EventRow = Omit<ErrorEventView, 'frames' | 'causes'>;

/** The newest occurrences in the range, with parsed frames. */
export async function queryEvents(
  store: TelemetryReader,
  id: string,
  range: TimeRange,
  limit: number,
): Promise<Answer<ErrorEventView[]>> {
  const { rows, stats } = await store.query<EventRow>(
    `SELECT toString(id) AS id, toString(toUnixTimestamp64Nano(ts)) AS timeUnixNano, toString(service) AS service,
       toString(environment) AS environment, toString(release) AS release, toString(source) AS source,
       toString(type) AS type, message, stacktrace, lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId,
       toString(operation) AS operation
     FROM error_events
     WHERE ${IN_RANGE} AND group_id = {group:UInt64}
     ORDER BY ts DESC, error_events.id DESC LIMIT {limit:UInt32}`,
    { ...range, group: toGroupNumber(id), limit },
    { maxRows: limit },
  );
  return { value: rows.map(toEventView), stats };
}

/** The newest occurrence ever stored, for the parts of the fingerprint. */
export async function queryNewestEvent(
  store: TelemetryReader,
  id: string,
): Promise<Answer<ErrorEventView | undefined>> {
  const { value, stats } = await queryEvents(store, id, { from: 0, to: MAX_TIME_MS }, 1);
  return { value: value[0], stats };
}

/** DateTime64 with nanoseconds ends in the year 2262. */
const MAX_TIME_MS = 9_223_372_036_000;

function toEventView(row: EventRow): ErrorEventView {
  const { exceptions } = fingerprint(row);
  const [first, ...causes] = exceptions;
  return {
    ...row,
    traceId: row.traceId === NO_TRACE ? '' : row.traceId,
    spanId: /^0+$/.test(row.spanId) ? '' : row.spanId,
    frames: first?.frames ?? [],
    ...(causes.length > 0 && { causes }),
  };
}

/** The cost of several queries that answer one question. */
export function addStats(...all: readonly QueryStats[]): QueryStats {
  return {
    rowsRead: all.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
    bytesRead: all.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    elapsedMs: all.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0),
  };
}
