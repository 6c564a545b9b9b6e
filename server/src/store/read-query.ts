import type { ClickHouseClient, ClickHouseSettings, ResponseJSON } from '@clickhouse/client';
import type { QueryStats } from '../api/types.ts';
import { nextToken, parseStatement, StatementError } from '../engine/statement.ts';
import { StoreQueryError, StoreUnavailableError } from './errors.ts';
import { clickhouseCodeOf } from './insert-failure.ts';

export interface QueryOptions {
  readonly signal?: AbortSignal;
  /** Default 10 s. The store stops the query; code 159. */
  readonly timeoutMs?: number;
  /** Default 100,000. More rows are an error (code 396), never a silent cut: put LIMIT into the SQL. */
  readonly maxRows?: number;
}

/** What is measured in the store: rows and bytes read from disk or cache. */
export interface QueryResult<T> {
  readonly rows: T[];
  readonly stats: QueryStats;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_ROWS = 100_000;
const MAX_RESULT_BYTES = 256 * 1024 * 1024;
/** Over the store's own limit, for the answer to arrive. */
const GRACE_MS = 2_000;
const RETRY_MS = 50;
const MAX_MESSAGE_CHARS = 1_000;
/** Statements that read, and nothing that changes how: the settings are ours. */
const FIRST_WORDS = new Set(['SELECT', 'WITH', 'EXPLAIN']);
const FORBIDDEN_WORDS = new Set(['SETTINGS', 'FORMAT', 'OUTFILE']);

/** Throws StoreQueryError (code 62) unless the text is one reading statement without SETTINGS, FORMAT or INTO OUTFILE. */
export function checkReadOnly(sql: string): void {
  try {
    const statement = parseStatement(sql);
    let first = nextToken(sql, 0);
    while (first.text === '(') {
      first = nextToken(sql, first.end);
    }
    if (statement.kind !== 'select' || !FIRST_WORDS.has(first.text.toUpperCase())) {
      throw new StoreQueryError(62, 'only a single SELECT can be queried');
    }
    for (let token = first; token.type !== 'end' && token.start < statement.end; token = nextToken(sql, token.end)) {
      if (token.type === 'word' && FORBIDDEN_WORDS.has(token.text.toUpperCase())) {
        throw new StoreQueryError(62, `${token.text.toUpperCase()} cannot be used in a query`);
      }
    }
  } catch (error) {
    if (error instanceof StatementError) {
      throw new StoreQueryError(error.clickhouseCode, error.message, { cause: error });
    }
    throw error;
  }
}

/**
 * Runs one SELECT. A broken connection is tried again until the time is over: a restart of the engine is then only a
 * delay. Rejects with the signal's reason, StoreQueryError or StoreUnavailableError.
 */
export async function readQuery<T>(
  client: ClickHouseClient,
  sql: string,
  params: Record<string, unknown>,
  options: QueryOptions,
): Promise<QueryResult<T>> {
  checkReadOnly(sql);
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS, maxRows = DEFAULT_MAX_ROWS } = options;
  signal?.throwIfAborted();
  const startedAt = performance.now();
  const ended = AbortSignal.timeout(timeoutMs + GRACE_MS);
  const either = signal === undefined ? ended : AbortSignal.any([signal, ended]);
  for (;;) {
    const leftMs = timeoutMs - (performance.now() - startedAt);
    try {
      const answer = await client.query({
        query: sql,
        query_params: params,
        format: 'JSON',
        abort_signal: either,
        clickhouse_settings: toSettings(Math.max(1, leftMs), maxRows),
      });
      const { data, statistics } = (await answer.json<T>()) as ResponseJSON<T>;
      return {
        rows: data,
        stats: {
          rowsRead: statistics?.rows_read ?? 0,
          bytesRead: statistics?.bytes_read ?? 0,
          elapsedMs: performance.now() - startedAt,
        },
      };
    } catch (error) {
      signal?.throwIfAborted();
      if (ended.aborted) {
        throw new StoreQueryError(159, `the query took longer than ${timeoutMs} ms`, { cause: error });
      }
      const code = clickhouseCodeOf(error);
      // The store repeats what it could not read, and that may be megabytes.
      const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE_CHARS);
      if (code !== undefined) {
        throw new StoreQueryError(code, message);
      }
      if (performance.now() - startedAt + RETRY_MS >= timeoutMs) {
        throw new StoreUnavailableError('STORE_UNAVAILABLE', `the store cannot be reached: ${message}`, 5, {
          cause: error,
        });
      }
      await pause(RETRY_MS, either);
    }
  }
}

function toSettings(leftMs: number, maxRows: number): ClickHouseSettings {
  return {
    readonly: '1',
    max_execution_time: leftMs / 1000,
    max_result_rows: String(maxRows),
    max_result_bytes: String(MAX_RESULT_BYTES),
    result_overflow_mode: 'throw',
    // Errors half-way come as errors and not as the end of a broken answer.
    wait_end_of_query: 1,
    output_format_json_quote_64bit_integers: 1,
    output_format_json_quote_denormals: 1,
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
