import { LEVELS } from '../query/levels.ts';
import { type ApiContext, conditionOf } from './context.ts';
import { parseCursor, printCursor } from './cursor.ts';
import { BUCKET_SQL, type BucketRow, bucketsOf, histogramOf } from './histogram.ts';
import { LOG_COLUMNS, type LogRow, logView, SEVERITY_NAME_SQL } from './log-view.ts';
import {
  FROM,
  limitParameter,
  QUERY,
  readInteger,
  readOneOf,
  readQuery,
  readRange,
  readText,
  TO,
} from './parameters.ts';
import { invalidInput } from './problem.ts';
import type { ApiRequest, Parameter, Route } from './route.ts';
import type { Histogram, LogsPage, LogView } from './types.ts';

const DEFAULT_ROWS = 200;
const MAX_ROWS = 1_000;
/** One record may have a megabyte: a thousand of them would stop the browser. */
const MAX_PAGE_CHARACTERS = 8 * 1024 * 1024;
const DEFAULT_BUCKETS = 60;
const MAX_BUCKETS = 500;

export const BUCKETS: Parameter = {
  name: 'buckets',
  type: 'integer',
  description: `About this many buckets, 1 to ${MAX_BUCKETS}. Default: ${DEFAULT_BUCKETS}.`,
};

export function readBuckets(query: URLSearchParams): number {
  return readInteger(query, 'buckets', 1, MAX_BUCKETS) ?? DEFAULT_BUCKETS;
}

export function logRoutes(context: ApiContext): Route[] {
  const { store, now } = context;

  async function list({ query, signal }: ApiRequest): Promise<LogsPage> {
    const limit = readInteger(query, 'limit', 1, MAX_ROWS) ?? DEFAULT_ROWS;
    const { where, params } = conditionOf(readRange(query, now()), readQuery(query, 'logs'), 'logs');
    const text = readText(query, 'cursor');
    const cursor = text === undefined ? undefined : parseCursor(text);
    const order = readOneOf(query, 'order', ['newest', 'oldest']) ?? 'newest';
    if (order === 'oldest' && cursor) throw invalidInput('cursor can only be given with order=newest');
    const direction = order === 'newest' ? 'DESC' : 'ASC';
    const sql = `SELECT ${LOG_COLUMNS} FROM logs WHERE ${where} ${cursor ? `AND ${AFTER_CURSOR}` : ''}
      ORDER BY ts ${direction}, id ${direction} LIMIT {row_limit:UInt32}`;
    const all = {
      ...params,
      row_limit: limit + 1,
      ...(cursor && { cursor_ns: cursor.timeUnixNano, cursor_id: cursor.id }),
    };
    const { rows, stats } = await store.query<LogRow>(sql, all, { signal });
    const page = pageOf(rows, limit);
    const last = page.at(-1);
    const goesOn = order === 'newest' && rows.length > page.length;
    return { rows: page, nextCursor: goesOn && last ? printCursor(last) : null, stats };
  }

  async function histogram({ query, signal }: ApiRequest): Promise<Histogram> {
    const range = readRange(query, now());
    const buckets = bucketsOf(range, readBuckets(query));
    const { where, params } = conditionOf(range, readQuery(query, 'logs'), 'logs');
    const sql = `SELECT ${BUCKET_SQL} AS bucket, ${SEVERITY_NAME_SQL} AS name, count() AS n
      FROM logs WHERE ${where} GROUP BY bucket, name`;
    const result = await store.query<BucketRow>(sql, { ...params, step_ms: buckets.stepMs }, { signal });
    return histogramOf(
      buckets,
      LEVELS.map(([name]) => name),
      result,
    );
  }

  return [
    {
      method: 'GET',
      path: '/logs',
      summary: 'Log records, newest first unless asked otherwise',
      parameters: [
        QUERY,
        FROM,
        TO,
        limitParameter(DEFAULT_ROWS, MAX_ROWS),
        { name: 'order', type: 'string', description: '`newest` or `oldest` first. Default: `newest`.' },
        { name: 'cursor', type: 'string', description: '`nextCursor` of the page before. Keep the other parameters.' },
      ],
      answer: 'LogsPage',
      handle: async (request) => ({ json: await list(request) }),
    },
    {
      method: 'GET',
      path: '/logs/histogram',
      summary: 'Log records over time, by severity',
      parameters: [QUERY, FROM, TO, BUCKETS],
      answer: 'Histogram',
      handle: async (request) => ({ json: await histogram(request) }),
    },
  ];
}

/** The first rows up to the limit, and fewer where they are huge; one at least. */
function pageOf(rows: readonly LogRow[], limit: number): LogView[] {
  const page: LogView[] = [];
  let characters = 0;
  for (const row of rows.slice(0, limit)) {
    const view = logView(row);
    characters += JSON.stringify(view).length;
    if (characters > MAX_PAGE_CHARACTERS && page.length > 0) break;
    page.push(view);
  }
  return page;
}

/** The first comparison is for the primary key, which does not know tuples. */
const AFTER_CURSOR = `ts <= fromUnixTimestamp64Nano({cursor_ns:Int64}, 'UTC') AND
  (ts < fromUnixTimestamp64Nano({cursor_ns:Int64}, 'UTC') OR id < {cursor_id:UInt64})`;
