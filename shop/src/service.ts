import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, metrics, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { createLog, type Log } from './log.ts';
import { ShopError } from './shop-error.ts';

const MAX_BODY_BYTES = 64 * 1024;

export interface ShopRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly correlationId: string;
}
export interface ShopResponse {
  readonly status: number;
  readonly body: unknown;
}
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Path with `{name}` for one segment. */
  readonly path: string;
  readonly handle: (request: ShopRequest) => Promise<ShopResponse> | ShopResponse;
}
export interface RunningService {
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves the routes on loopback, one server span and one log record a request. Port 0 takes a free one. */
export async function startService(
  name: string,
  port: number,
  createRoutes: (log: Log) => readonly Route[],
): Promise<RunningService> {
  const log = createLog(name);
  const routes = createRoutes(log).map((route) => ({ ...route, pattern: toPattern(route.path) }));
  const tracer = trace.getTracer(name);
  const duration = metrics.getMeter(name).createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'Duration of HTTP server requests.',
    advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] },
  });

  const server = createServer((request, response) => {
    const started = performance.now();
    const method = request.method ?? 'GET';
    const path = new URL(request.url ?? '/', 'http://shop').pathname;
    const match = findRoute(routes, method, path);
    const route = match?.route.path ?? '';
    const correlationId = correlationIdOf(request);
    const parent = propagation.extract(context.active(), request.headers);
    const span = tracer.startSpan(
      route ? `${method} ${route}` : method,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': method,
          'url.path': path,
          'url.scheme': 'http',
          'breakwater.correlation_id': correlationId,
          ...(route ? { 'http.route': route } : {}),
        },
      },
      parent,
    );
    void context.with(trace.setSpan(parent, span), async () => {
      let answer: ShopResponse;
      try {
        if (!match) throw new ShopError('NotFoundError', 'NOT_FOUND', 404, `Nothing is at ${method} ${path}`);
        const body = method === 'POST' ? await readJson(request) : undefined;
        answer = await match.route.handle({ params: match.params, body, correlationId });
      } catch (error) {
        const failure =
          error instanceof ShopError
            ? error
            : new ShopError('InternalError', 'INTERNAL_ERROR', 500, 'Unexpected failure', error);
        answer = { status: failure.status, body: { code: failure.code, message: failure.message, correlationId } };
        span.setAttribute('error.type', failure.code);
        if (failure.isRefusal) {
          log.warn(`${method} ${path} refused: ${failure.message}`, {
            'error.type': failure.code,
            'breakwater.correlation_id': correlationId,
          });
        } else {
          const original = error instanceof Error ? error : new Error(String(error));
          span.recordException(original);
          span.setStatus({ code: SpanStatusCode.ERROR, message: original.message });
          log.error(`${method} ${path} failed: ${original.message}`, original, {
            'breakwater.correlation_id': correlationId,
          });
        }
      }
      send(response, answer, correlationId);
      const seconds = (performance.now() - started) / 1_000;
      span.setAttribute('http.response.status_code', answer.status);
      span.end();
      duration.record(seconds, {
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': answer.status,
      });
      log.info(`${method} ${path} ${answer.status}`, {
        'http.request.method': method,
        'url.path': path,
        'http.response.status_code': answer.status,
        'breakwater.duration_ms': Math.round(seconds * 1e6) / 1e3,
        'breakwater.correlation_id': correlationId,
      });
    });
  });
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function toPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]{1,64})')}$`);
}

function findRoute<R extends Route & { pattern: RegExp }>(
  routes: readonly R[],
  method: string,
  path: string,
): { route: R; params: Record<string, string> } | undefined {
  for (const route of routes) {
    const found = route.method === method ? route.pattern.exec(path) : null;
    if (found) return { route, params: { ...found.groups } };
  }
  return undefined;
}

function correlationIdOf(request: IncomingMessage): string {
  const given = request.headers['x-correlation-id'];
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES)
      throw new ShopError(
        'BodyTooLargeError',
        'BODY_TOO_LARGE',
        413,
        `The body is larger than ${MAX_BODY_BYTES} bytes`,
      );
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new ShopError('InvalidJsonError', 'INVALID_JSON', 400, 'The body is not JSON', error);
  }
}

function send(response: ServerResponse, answer: ShopResponse, correlationId: string): void {
  const body = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-correlation-id': correlationId,
  });
  response.end(body);
}
