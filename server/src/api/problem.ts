import type { Problem } from './types.ts';

/** An answer that is an error. Everything in it is shown to the caller. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: string;
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    problem: Omit<Problem, 'type'>,
    options: { cause?: unknown; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(problem.detail, { cause: options.cause });
    this.code = problem.code;
    this.problem = { type: typeOf(problem.code), ...problem };
    this.headers = options.headers ?? {};
  }
}

function typeOf(code: string): string {
  return `urn:breakwater:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}

/** 400: something in the request cannot be accepted. */
export function invalidInput(detail: string): ProblemError {
  return new ProblemError({ status: 400, code: 'INVALID_INPUT', title: 'Invalid input', detail });
}

export function notFound(detail: string): ProblemError {
  return new ProblemError({ status: 404, code: 'NOT_FOUND', title: 'Not found', detail });
}

const CLICKHOUSE_TIMEOUT = 159;
const CLICKHOUSE_MEMORY = 241;
const DEFAULT_RETRY_SECONDS = 2;

/**
 * The problem document that answers an error of the server's parts. Errors nobody foresaw become a 500 without details:
 * then the answer is undefined, and the error belongs in the log.
 */
export function problemOf(error: unknown): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  if (!(error instanceof Error)) return undefined;
  switch (error.name) {
    case 'InvalidInputError':
      return new ProblemError(
        { status: 400, code: 'INVALID_INPUT', title: 'Invalid input', detail: error.message },
        { cause: error },
      );
    case 'NotFoundError':
      return new ProblemError(
        { status: 404, code: 'NOT_FOUND', title: 'Not found', detail: error.message },
        { cause: error },
      );
    case 'ConflictError':
      return new ProblemError(
        { status: 409, code: 'CONFLICT', title: 'Not possible now', detail: error.message },
        { cause: error },
      );
    case 'StoreOverloadedError':
    case 'StoreUnavailableError':
      return storeUnavailable(error);
    case 'StoreQueryError':
      return storeRefusal(error);
    default:
      return stateFailure(error);
  }
}

/** What the user of the page cannot know, and whoever runs the server can mend. By SQLite's primary result codes. */
const STATE_FAILURES: Readonly<Record<number, string>> = {
  8: 'The state database, or its folder, may not be written by the server.',
  10: 'The disk of the state database does not work.',
  11: 'The state database is damaged.',
  13: 'The disk of the data directory is full.',
  26: 'The file of the state database was replaced by something else.',
};

function stateFailure(error: Error): ProblemError | undefined {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (code !== 'ERR_SQLITE_ERROR') return undefined;
  const reason = STATE_FAILURES[Number(errcode) & 0xff];
  if (reason === undefined) return undefined;
  return new ProblemError(
    {
      status: 503,
      code: 'STATE_UNAVAILABLE',
      title: 'Nothing can be changed now',
      detail: `${reason} Rules, incidents and receivers cannot be changed until that is mended.`,
    },
    { cause: error },
  );
}

function storeUnavailable(error: Error): ProblemError {
  const { retryAfterSeconds } = error as { retryAfterSeconds?: unknown };
  const seconds = typeof retryAfterSeconds === 'number' ? Math.ceil(retryAfterSeconds) : DEFAULT_RETRY_SECONDS;
  return new ProblemError(
    {
      status: 503,
      code: 'STORE_UNAVAILABLE',
      title: 'The telemetry store is not available',
      detail: 'The telemetry store does not answer now. It may be restarting; try again in a moment.',
    },
    { cause: error, headers: { 'retry-after': String(seconds) } },
  );
}

function storeRefusal(error: Error): ProblemError | undefined {
  const { clickhouseCode } = error as { clickhouseCode?: unknown };
  switch (Number(clickhouseCode)) {
    case CLICKHOUSE_TIMEOUT:
      return new ProblemError(
        {
          status: 503,
          code: 'QUERY_TIMEOUT',
          title: 'The query took too long',
          detail: 'The query was stopped because it took too long. Choose a shorter time range or add a filter.',
        },
        { cause: error },
      );
    case CLICKHOUSE_MEMORY:
      return new ProblemError(
        {
          status: 503,
          code: 'QUERY_TOO_LARGE',
          title: 'The query needs too much memory',
          detail:
            'The query was stopped because it needs too much memory. Choose a shorter time range or add a filter.',
        },
        { cause: error },
      );
    default:
      return undefined;
  }
}
