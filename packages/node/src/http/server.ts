import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import { withContext } from '@breakwater/log';
import {
  type Attributes,
  type Context,
  context,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { guard } from './guard.ts';
import { DURATION_BUCKETS, methodAttribute } from './methods.ts';

/** Header that carries the correlation id, in and out. */
export const CORRELATION_HEADER = 'x-correlation-id';

const CORRELATION_ID = /^[\w.:-]{1,128}$/;

interface Observed {
  readonly span: Span;
  route: string | undefined;
  error: unknown;
}

/** Options of `observeServers`. */
export interface ServerOptions {
  /** Whether an incoming `traceparent` continues the caller's trace. Where not, handlers do not see its baggage either. */
  readonly trustRemoteTrace: boolean;
}

/**
 * Gives every request that a `node:http` or `node:https` server receives from now on a server span, a duration metric
 * and a context with correlation id. The handler and all it starts run inside of that context. `request.headers` then
 * has the ids in force: `x-correlation-id` (made when absent or not safe) and this span as `traceparent`, and no
 * `tracestate` of a trace that is not continued. Returns the way back.
 *
 * Why not by a diagnostics channel: `http.server.request.start` can only *enter* a context, which then also holds for
 * the next request of the same socket chunk; around `emit` the context ends with the handler. Both are public
 * prototypes, so no module loader is hooked and imports may come in any order.
 */
export function observeServers({ trustRemoteTrace }: ServerOptions): () => void {
  const tracer = trace.getTracer('@breakwater/node');
  const duration = metrics.getMeter('@breakwater/node').createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'Duration of HTTP server requests',
    advice: { explicitBucketBoundaries: DURATION_BUCKETS },
  });
  // On the request itself: a scavenge takes what an old WeakMap holds for alive, so each request would outlive it.
  const key: unique symbol = Symbol('breakwater.observed');
  type Kept = IncomingMessage & { [key]?: Observed };

  const begin = (request: IncomingMessage, response: ServerResponse, scheme: string): (<T>(fn: () => T) => T) => {
    const parent = trustRemoteTrace ? propagation.extract(ROOT_CONTEXT, request.headers) : ROOT_CONTEXT;
    const method = methodAttribute(request.method);
    const startedAt = performance.now();
    const span = tracer.startSpan(
      method === '_OTHER' ? 'HTTP' : method,
      { kind: SpanKind.SERVER, attributes: requestAttributes(request, method, scheme) },
      parent,
    );
    const observed: Observed = { span, route: undefined, error: undefined };
    (request as Kept)[key] = observed;
    const end = guard(() => {
      const finished = endAttributes(request, response, observed);
      span.setAttributes(finished);
      if (observed.route !== undefined) span.updateName(`${method === '_OTHER' ? 'HTTP' : method} ${observed.route}`);
      if (finished['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      duration.record((performance.now() - startedAt) / 1_000, {
        'http.request.method': method,
        'url.scheme': scheme,
        ...finished,
      });
    });
    response.once('close', end);
    const given = request.headers[CORRELATION_HEADER];
    const correlationId = typeof given === 'string' && CORRELATION_ID.test(given) ? given : randomUUID();
    response.setHeader(CORRELATION_HEADER, correlationId);
    // What reads the headers behind us, such as @breakwater/http, must come to the same ids.
    request.headers[CORRELATION_HEADER] = correlationId;
    const active = trace.setSpan(parent, span);
    const { traceId, spanId, traceFlags } = span.spanContext();
    request.headers['traceparent'] = `00-${traceId}-${spanId}-0${traceFlags & 1}`;
    // Belongs to a trace that is not continued.
    const { tracestate, baggage: carried } = request.headers;
    if (tracestate !== undefined && trace.getSpanContext(parent) === undefined) delete request.headers['tracestate'];
    if (carried !== undefined && !trustRemoteTrace) delete request.headers['baggage'];
    const baggage = baggageOf(parent);
    const values = { correlationId, traceId, spanId, traceFlags, baggage, startedAtMs: Date.now() };
    return (fn) => context.with(active, () => withContext(values, fn));
  };

  const undo = [patch(HttpServer.prototype, 'http', begin), patch(HttpsServer.prototype, 'https', begin)];
  const onFastify = (kind: 'start' | 'error'): (() => void) => {
    const channel = `tracing:fastify.request.handler:${kind}`;
    const listener = guard((message: unknown) => {
      const { request, route, error } = message as FastifyMessage;
      const observed = (request?.raw as Kept | undefined)?.[key];
      if (observed === undefined) return;
      if (typeof route?.url === 'string') observed.route = route.url;
      if (error === undefined) return;
      observed.error = error;
      observed.span.recordException(error as Error);
    }) as (message: unknown) => void;
    subscribe(channel, listener);
    return () => unsubscribe(channel, listener);
  };
  undo.push(onFastify('start'), onFastify('error'));
  return () => {
    for (const step of undo) step();
  };
}

/** What Fastify 5 publishes about a request. */
interface FastifyMessage {
  readonly request?: { readonly raw?: IncomingMessage };
  readonly route?: { readonly url?: unknown };
  readonly error?: unknown;
}

type Begin = (request: IncomingMessage, response: ServerResponse, scheme: string) => <T>(fn: () => T) => T;

function patch(prototype: EventEmitter, scheme: string, begin: Begin): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, 'emit');
  const original = prototype.emit;
  const emit = function (this: EventEmitter, event: string | symbol, ...args: unknown[]): boolean {
    if (event !== 'request') return original.call(this, event, ...args);
    let run: (<T>(fn: () => T) => T) | undefined;
    guard(() => {
      run = begin(args[0] as IncomingMessage, args[1] as ServerResponse, scheme);
    })();
    const handle = (): boolean => original.call(this, event, ...args);
    return run === undefined ? handle() : run(handle);
  };
  Object.defineProperty(prototype, 'emit', { value: emit, writable: true, configurable: true });
  return () => {
    // Somebody who patched after us calls us still; taking theirs away would break them.
    if (prototype.emit !== emit) return;
    if (own === undefined) Reflect.deleteProperty(prototype, 'emit');
    else Object.defineProperty(prototype, 'emit', own);
  };
}

function requestAttributes(request: IncomingMessage, method: string, scheme: string): Attributes {
  const { socket, headers } = request;
  const target = request.url ?? '/';
  const query = target.indexOf('?');
  return {
    'http.request.method': method,
    ...(method === '_OTHER' ? { 'http.request.method_original': (request.method ?? '').slice(0, 64) } : {}),
    // Without the query: it often holds tokens and personal data.
    'url.path': (query === -1 ? target : target.slice(0, query)).slice(0, 2_048),
    'url.scheme': scheme,
    'network.protocol.version': request.httpVersion,
    ...(headers.host === undefined ? {} : { 'server.address': headers.host.replace(/:\d+$/, '').slice(0, 255) }),
    ...(socket.localPort === undefined ? {} : { 'server.port': socket.localPort }),
    ...(socket.remoteAddress === undefined ? {} : { 'network.peer.address': socket.remoteAddress }),
    ...(headers['user-agent'] === undefined ? {} : { 'user_agent.original': headers['user-agent'].slice(0, 512) }),
  };
}

/** What the caller sent as baggage, for those entries that the log is told to write. */
function baggageOf(parent: Context): Record<string, string> | undefined {
  const entries = propagation.getBaggage(parent)?.getAllEntries() ?? [];
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([name, { value }]) => [name, value]));
}

function endAttributes(request: IncomingMessage, response: ServerResponse, observed: Observed): Attributes {
  observed.route ??= expressRoute(request);
  const attributes: Attributes = {};
  if (observed.route !== undefined) attributes['http.route'] = observed.route;
  if (response.headersSent) attributes['http.response.status_code'] = response.statusCode;
  // The client went away before it had the answer.
  if (!response.writableFinished) attributes['error.type'] = 'aborted';
  else if (response.statusCode >= 500) {
    const { code } = (observed.error ?? {}) as { code?: unknown };
    attributes['error.type'] = typeof code === 'string' ? code.slice(0, 128) : String(response.statusCode);
  }
  return attributes;
}

function expressRoute(request: IncomingMessage): string | undefined {
  const { route, baseUrl } = request as { route?: { path?: unknown }; baseUrl?: unknown };
  return typeof route?.path === 'string' ? `${typeof baseUrl === 'string' ? baseUrl : ''}${route.path}` : undefined;
}
