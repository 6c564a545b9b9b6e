import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Caller } from '../auth/auth.ts';
import { readJson } from './body.ts';
import type { ApiContext } from './context.ts';
import { checkParameters } from './parameters.ts';
import { notFound, ProblemError, problemOf } from './problem.ts';
import { type Answer, createRouter, type Route } from './route.ts';
import { createRoutes } from './routes.ts';
import { checkOrigin, SECURITY_HEADERS } from './security.ts';
import { createStaticFiles } from './static-files.ts';

export interface ApiServerOptions extends Omit<ApiContext, 'now'> {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The built page, or null to serve the API only. */
  readonly staticDir: string | null;
  /** Epoch milliseconds. Default: the system clock. */
  readonly now?: () => number;
}

/** The page and its JSON API on one port. */
export interface ApiServer {
  /** Resolves with the port when it listens. Rejects with the system's error, e.g. `EADDRINUSE`. */
  start(): Promise<{ port: number }>;
  /** Ends live tails, lets other requests finish (for up to 5 s), and closes. May be called again. */
  stop(): Promise<void>;
}

const API_PREFIX = '/api/v1';
const MAX_URL_LENGTH = 16_384;
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;
const STOP_GIVE_UP_MS = 5_000;
/** Who acts where no login is demanded: nobody is asked for a name, and only the server's own machine can reach it. */
const LOCAL_CALLER: Caller = { kind: 'user', name: "someone at the server's machine" };

export function createApiServer(options: ApiServerOptions): ApiServer {
  const context: ApiContext = { ...options, now: options.now ?? Date.now };
  const { auth, log } = context;
  const router = createRouter(createRoutes(context));
  const files = createStaticFiles(options.staticDir);
  const stopping = new AbortController();
  let stopped: Promise<void> | undefined;

  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, maxHeaderSize: 2 * MAX_URL_LENGTH },
    (request, response) => {
      response.once('close', closeIdleWhenStopping);
      void respond(request, response);
    },
  );

  /** A connection that is kept alive would hold up the end. */
  function closeIdleWhenStopping(): void {
    if (stopping.signal.aborted) setImmediate(() => server.closeIdleConnections());
  }

  /** Never rejects. */
  async function respond(request: IncomingMessage, response: ServerResponse<IncomingMessage>): Promise<void> {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    try {
      checkOrigin(request, options.host);
      const url = request.url ?? '';
      if (url.length > MAX_URL_LENGTH) throw tooLong();
      const [path = '', search = ''] = splitUrl(url);
      if (path === API_PREFIX || path.startsWith(`${API_PREFIX}/`)) {
        await callApi(request, response, path.slice(API_PREFIX.length), new URLSearchParams(search));
      } else if (path.startsWith('/api/')) {
        throw notFound('The API is under /api/v1.');
      } else {
        if (request.method !== 'GET' && request.method !== 'HEAD') throw wrongMethod(['GET', 'HEAD']);
        await files.serve(request, response, path);
      }
    } catch (error) {
      fail(request, response, error);
    }
  }

  async function callApi(
    request: IncomingMessage,
    response: ServerResponse<IncomingMessage>,
    path: string,
    query: URLSearchParams,
  ): Promise<void> {
    response.setHeader('cache-control', 'no-store');
    const match = router.find(request.method ?? '', path);
    // Before 404 and 405: who may not use the API does not learn what it has.
    const caller = auth === null ? LOCAL_CALLER : auth.callerOf(request.headers);
    const isPublic = match.outcome === 'found' && match.route.isPublic === true;
    if (!caller && !isPublic) throw loginRequired();
    if (match.outcome === 'not_found') throw notFound(`There is no ${API_PREFIX}${path.slice(0, 200)}.`);
    if (match.outcome === 'wrong_method') throw wrongMethod(match.allowed);
    checkParameters(query, match.route.parameters ?? []);
    const gone = new AbortController();
    const onClose = (): void => gone.abort(new DOMException('The client went away.', 'AbortError'));
    response.once('close', onClose);
    try {
      const answer = await match.route.handle({
        params: match.params,
        query,
        headers: request.headers,
        caller: caller ?? { name: '' },
        isStillAllowed: () => auth === null || auth.callerOf(request.headers) !== undefined,
        address: request.socket.remoteAddress ?? '',
        signal: signalOf(match.route, gone.signal),
        json: () => readJson(request),
      });
      await send(request, response, answer);
    } finally {
      response.off('close', onClose);
    }
  }

  /** A live tail would never end by itself. */
  function signalOf({ path }: Route, gone: AbortSignal): AbortSignal {
    return path === '/logs/tail' ? AbortSignal.any([gone, stopping.signal]) : gone;
  }

  function fail(request: IncomingMessage, response: ServerResponse<IncomingMessage>, error: unknown): void {
    // Nobody is there to be told.
    if (response.destroyed || response.socket?.destroyed !== false) return;
    const known = problemOf(error);
    const problem = known ?? unexpected(request, error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
    const text = JSON.stringify(problem.problem);
    response.setHeader('cache-control', 'no-store');
    response.setHeader('content-type', 'application/problem+json; charset=utf-8');
    response.setHeader('content-length', Buffer.byteLength(text));
    response.removeHeader('etag');
    response.removeHeader('content-encoding');
    // What is left of a refused body is not read to its end.
    if (!request.complete) response.setHeader('connection', 'close');
    response.writeHead(problem.problem.status).end(request.method === 'HEAD' ? undefined : text);
  }

  function unexpected(request: IncomingMessage, error: unknown): ProblemError {
    const reference = randomBytes(6).toString('hex');
    const path = (request.url ?? '').split('?')[0];
    log(`${request.method} ${path} failed (${reference}): ${error instanceof Error ? error.stack : String(error)}`);
    return new ProblemError({
      status: 500,
      code: 'INTERNAL_ERROR',
      title: 'Internal error',
      detail: `Something went wrong in the server. Its log has the details under ${reference}.`,
    });
  }

  function start(): Promise<{ port: number }> {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: options.host, port: options.port }, () => {
        server.off('error', reject);
        server.on('error', (error) => log(`api: ${error.message}`));
        resolve({ port: (server.address() as AddressInfo).port });
      });
    });
  }

  function stop(): Promise<void> {
    stopped ??= new Promise((resolve) => {
      stopping.abort(new DOMException('The server stops.', 'AbortError'));
      if (!server.listening) {
        resolve();
        return;
      }
      const giveUp = setTimeout(() => server.closeAllConnections(), STOP_GIVE_UP_MS);
      server.close(() => {
        clearTimeout(giveUp);
        resolve();
      });
      server.closeIdleConnections();
    });
    return stopped;
  }

  return { start, stop };
}

async function send(
  request: IncomingMessage,
  response: ServerResponse<IncomingMessage>,
  answer: Answer,
): Promise<void> {
  if ('stream' in answer) {
    // A HEAD of a stream has headers and no end to wait for.
    if (request.method !== 'HEAD') return answer.stream(response);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).end();
    return;
  }
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  if ('empty' in answer) {
    response.writeHead(204).end();
    return;
  }
  const text = JSON.stringify(answer.json);
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.writeHead(answer.status ?? 200).end(request.method === 'HEAD' ? undefined : text);
}

function splitUrl(url: string): string[] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function loginRequired(): ProblemError {
  return new ProblemError(
    {
      status: 401,
      code: 'LOGIN_REQUIRED',
      title: 'Login required',
      detail: 'Log in, or send the header Authorization: Bearer with an API key.',
    },
    { headers: { 'www-authenticate': 'Bearer' } },
  );
}

function wrongMethod(allowed: readonly string[]): ProblemError {
  const allow = allowed.join(', ');
  return new ProblemError(
    { status: 405, code: 'METHOD_NOT_ALLOWED', title: 'Method not allowed', detail: `This path allows ${allow}.` },
    { headers: { allow } },
  );
}

function tooLong(): ProblemError {
  const detail = `The address is longer than ${MAX_URL_LENGTH} characters.`;
  return new ProblemError({ status: 414, code: 'URL_TOO_LONG', title: 'Address too long', detail });
}
