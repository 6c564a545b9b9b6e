import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import type { BodyFiles } from './body-file.ts';
import { createAnswer } from './http-answer.ts';
import { type Lease, quoteString, type SessionPool, type SessionState } from './session-pool.ts';
import { parseStatement, type Statement, StatementError } from './statement.ts';

/** SQL that comes as the body is held in memory up to here, the data of an INSERT not. */
const MAX_SQL_BYTES = 64 * 1024 * 1024;
/** Queries that wait for a session, beyond which more are refused, as a ClickHouse server does. */
const MAX_WAITING = 500;

/** Parameters of ClickHouse's HTTP interface that are not settings, or not SET. */
const NOT_SETTINGS = new Set([
  'readonly',
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'role',
  'quota_key',
  'buffer_size',
  'wait_end_of_query',
  'stacktrace',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'enable_http_compression',
  'client_protocol_version',
  'add_http_cors_header',
]);

export interface HttpOptions {
  readonly username: string;
  readonly password: string;
  readonly readers: SessionPool;
  readonly writers: SessionPool;
  readonly bodies: BodyFiles;
}

/** Answers one request of ClickHouse's HTTP interface. Never rejects: every failure becomes an answer. */
export async function handleRequest(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://localhost') ?? new URL('http://localhost/invalid');
  const answer = createAnswer(response, url.searchParams.get('query_id') ?? '');
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) {
      gone.abort(new Error('the client closed the connection'));
    }
  });
  try {
    if (url.pathname === '/ping') {
      answer.text(200, 'Ok.\n');
      return;
    }
    if (!isAuthorised(options, request, url.searchParams)) {
      throw new StatementError(516, 'AUTHENTICATION_FAILED', 'Authentication failed: password is incorrect');
    }
    if (url.pathname !== '/') {
      answer.text(404, `There is no handle ${url.pathname}\n`);
      return;
    }
    const incoming = await readIncoming(request, url.searchParams);
    const readOnly = Number(url.searchParams.get('readonly') ?? 0);
    if (readOnly > 0 && incoming.statement.kind !== 'select') {
      throw new StatementError(164, 'READONLY', 'Cannot execute query in readonly mode');
    }
    const state = toState(url.searchParams, incoming.statement);
    const pool = incoming.statement.kind === 'select' ? options.readers : options.writers;
    if (pool.waiting >= MAX_WAITING) {
      throw new StatementError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', 'Too many simultaneous queries');
    }
    if (incoming.statement.kind === 'insert') {
      await insert(options, incoming, incoming.statement, state, gone.signal, answer);
    } else {
      const format = url.searchParams.get('default_format') ?? 'TabSeparated';
      const text = incoming.sql.subarray(0, incoming.statement.end).toString('utf8');
      // Not with SET like the other settings: nothing can be SET any more in a session that is read-only.
      const sql = readOnly > 0 ? `${text}\nSETTINGS readonly = ${readOnly}` : text;
      await withLease(pool, gone.signal, async (lease) => answer.output(await lease.run(sql, format, state), false));
    }
  } catch (error) {
    if (!gone.signal.aborted) {
      answer.error(error);
    }
  } finally {
    request.resume();
  }
}

async function insert(
  options: HttpOptions,
  incoming: Incoming,
  statement: Statement & { kind: 'insert' },
  state: SessionState,
  signal: AbortSignal,
  answer: ReturnType<typeof createAnswer>,
): Promise<void> {
  const inline = incoming.sql.subarray(statement.dataAt);
  const path = await options.bodies.write(inline, incoming.rest, incoming.gzip);
  try {
    const sql = withFile(incoming.sql, statement, path);
    await withLease(options.writers, signal, async (lease) =>
      answer.output(await lease.run(sql, 'TabSeparated', state), true),
    );
  } finally {
    await options.bodies.remove(path);
  }
}

/**
 * The same INSERT with its data in a file: chDB would end inline data at the first blank line and execute what follows
 * as SQL, and cut binary data short in the same place.
 */
function withFile(sql: Buffer, statement: Statement & { kind: 'insert' }, path: string): string {
  const { input, headEnd, sourceAt, format } = statement;
  const text = (start: number, end: number): string => sql.subarray(start, end).toString('utf8');
  if (input !== undefined) {
    const file = `file(${quoteString(path)}, ${format}, ${input.structure})`;
    return text(0, input.start) + file + text(input.end, headEnd);
  }
  return `${text(0, sourceAt)} FROM INFILE ${quoteString(path)} ${text(sourceAt, headEnd)} FORMAT ${format}`;
}

async function withLease(
  pool: SessionPool,
  signal: AbortSignal,
  use: (lease: Lease) => void | Promise<void>,
): Promise<void> {
  const lease = await pool.acquire(signal);
  const onAbort = (): void => lease.kill();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await use(lease);
  } finally {
    signal.removeEventListener('abort', onAbort);
    lease.release();
  }
}

interface Incoming {
  readonly statement: Statement;
  /** The SQL; of an INSERT that came as the body, also its data. */
  readonly sql: Buffer;
  /** What is still to be read: the data of an INSERT whose SQL came in the URL. */
  readonly rest: IncomingMessage | undefined;
  readonly gzip: boolean;
}

async function readIncoming(request: IncomingMessage, search: URLSearchParams): Promise<Incoming> {
  if (request.headers['content-type']?.startsWith('multipart/form-data') === true) {
    throw new StatementError(48, 'NOT_IMPLEMENTED', 'The embedded engine does not take multipart bodies');
  }
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new StatementError(48, 'NOT_IMPLEMENTED', `The embedded engine does not take Content-Encoding ${encoding}`);
  }
  const gzip = encoding === 'gzip';
  const query = search.get('query') ?? '';
  if (query !== '') {
    const sql = Buffer.from(query, 'utf8');
    const statement = parseStatement(sql.toString('latin1'));
    if (statement.kind === 'insert') {
      return { statement, sql, rest: request, gzip };
    }
  }
  const body = await readAll(request, gzip);
  const sql = query === '' ? body : Buffer.concat([Buffer.from(`${query}\n`, 'utf8'), body]);
  return { statement: parseStatement(sql.toString('latin1')), sql, rest: undefined, gzip: false };
}

async function readAll(request: IncomingMessage, gzip: boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const source = gzip ? request.compose(createGunzip()) : request;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_SQL_BYTES) {
      throw new StatementError(307, 'TOO_MANY_BYTES', `The query is longer than ${MAX_SQL_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toState(search: URLSearchParams, statement: Statement): SessionState {
  const settings = new Map<string, string>();
  const params = new Map<string, string>();
  for (const [name, value] of search) {
    if (NOT_SETTINGS.has(name)) {
      continue;
    }
    if (name === 'session_id' || name === 'compress' || name === 'decompress') {
      throw new StatementError(48, 'NOT_IMPLEMENTED', `The embedded engine does not have the HTTP parameter ${name}`);
    }
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new StatementError(115, 'UNKNOWN_SETTING', `Unknown setting '${name}'`);
    }
    if (name.startsWith('param_')) {
      params.set(name.slice('param_'.length), value);
    } else if (name !== 'log_comment') {
      settings.set(name, value);
    }
  }
  for (const name of statement.params) {
    // The session may still hold a value that an earlier query brought.
    if (!params.has(name)) {
      throw new StatementError(456, 'UNKNOWN_QUERY_PARAMETER', `Substitution \`${name}\` is not set`);
    }
  }
  const database = search.get('database') ?? '';
  return { database: database === '' ? 'default' : database, settings, params };
}

function isAuthorised(options: HttpOptions, request: IncomingMessage, search: URLSearchParams): boolean {
  const [user, password] = credentials(request, search);
  return isEqual(user, options.username) && isEqual(password, options.password);
}

function credentials(request: IncomingMessage, search: URLSearchParams): [user: string, password: string] {
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return [text.slice(0, colon), text.slice(colon + 1)];
  }
  const user = request.headers['x-clickhouse-user'] ?? search.get('user') ?? '';
  const key = request.headers['x-clickhouse-key'] ?? search.get('password') ?? '';
  return [String(user), String(key)];
}

function isEqual(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
