import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { currentContext } from '@breakwater/log';
import {
  type Attributes,
  context,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { guard } from './guard.ts';
import { isListed } from './host-list.ts';
import { DURATION_BUCKETS, methodAttribute } from './methods.ts';
import { CORRELATION_HEADER } from './server.ts';

/** Options of `observeClients`. */
export interface ClientOptions {
  /** Hosts that are told trace and correlation id; see `isListed`. */
  readonly propagateTo: readonly string[];
  /** Addresses of the OTLP endpoints: what is sent there is not reported, or reports would cause reports. */
  readonly ignore?: readonly string[] | undefined;
}

interface Call {
  readonly span: Span;
  readonly attributes: Attributes;
  readonly startedAt: number;
}

/** The part of an undici request that is used. */
interface UndiciRequest {
  readonly origin: string | URL;
  readonly path: string;
  readonly method: string;
  readonly headers: unknown;
  addHeader(name: string, value: string): unknown;
}

/**
 * Gives every request made by `fetch`, undici or `node:http` from now on a client span and a duration metric, by the
 * diagnostics channels Node.js and undici publish. Hosts on the list get what the propagators write and the
 * correlation id; a header that is there already stays. Returns the way to end it.
 */
export function observeClients({ propagateTo, ignore = [] }: ClientOptions): () => void {
  const ignored = new Set(ignore.map((address) => addressOf(new URL(address))));
  const tracer = trace.getTracer('@breakwater/node');
  const duration = metrics.getMeter('@breakwater/node').createHistogram('http.client.request.duration', {
    unit: 's',
    description: 'Duration of HTTP client requests',
    advice: { explicitBucketBoundaries: DURATION_BUCKETS },
  });
  const calls = new WeakMap<object, Call>();

  const begin = (
    key: object,
    given: string,
    to: Peer,
    path: string,
    has: (name: string) => boolean,
    add: Add,
  ): void => {
    if (isTracingSuppressed(context.active())) return;
    const { origin, port } = to;
    const target = targetOf(origin, path);
    if (ignored.has(target.host + target.path)) return;
    const method = methodAttribute(given);
    const attributes: Attributes = {
      'http.request.method': method,
      'server.address': origin.hostname,
      ...(port === undefined ? {} : { 'server.port': port }),
    };
    const span = tracer.startSpan(method === '_OTHER' ? 'HTTP' : method, {
      kind: SpanKind.CLIENT,
      // Without user, password and query: they hold secrets.
      attributes: { ...attributes, 'url.full': `${target.protocol}//${target.host}${target.path}`.slice(0, 2_048) },
    });
    calls.set(key, { span, attributes, startedAt: performance.now() });
    // By the host that is connected to, and where that is a proxy, by the one behind it too.
    const connected = port === undefined ? origin.hostname : `${origin.hostname}:${port}`;
    if (!isListed(propagateTo, connected) || !isListed(propagateTo, target.address ?? connected)) return;
    const carrier: Record<string, string> = {};
    propagation.inject(trace.setSpan(context.active(), span), carrier);
    const { correlationId } = currentContext() ?? {};
    if (correlationId !== undefined) carrier[CORRELATION_HEADER] = correlationId;
    if (has('traceparent')) delete carrier['tracestate'];
    for (const [name, value] of Object.entries(carrier)) if (!has(name)) add(name, value);
  };
  const end = (key: object, status: number | undefined, error: unknown): void => {
    const call = calls.get(key);
    if (call === undefined) return;
    calls.delete(key);
    const result: Attributes = status === undefined ? {} : { 'http.response.status_code': status };
    if (error !== undefined) {
      result['error.type'] = errorType(error);
      call.span.recordException(error as Error);
    } else if (status !== undefined && status >= 400) result['error.type'] = String(status);
    call.span.setAttributes(result);
    if (result['error.type'] !== undefined) call.span.setStatus({ code: SpanStatusCode.ERROR });
    call.span.end();
    duration.record((performance.now() - call.startedAt) / 1_000, { ...call.attributes, ...result });
  };
  const statuses = new WeakMap<object, number>();

  const listeners: Readonly<Record<string, (message: never) => void>> = {
    'undici:request:create': ({ request }: { request: UndiciRequest }) => {
      const origin = new URL(request.origin);
      const add: Add = (name, value) => request.addHeader(name, value);
      const to = { origin, port: portOf(origin) };
      begin(request, request.method, to, request.path, hasHeader(request.headers), add);
    },
    'undici:request:headers': ({ request, response }: { request: object; response: { statusCode: number } }) => {
      statuses.set(request, response.statusCode);
    },
    'undici:request:trailers': ({ request }: { request: object }) => end(request, statuses.get(request), undefined),
    'undici:request:error': ({ request, error }: { request: object; error: unknown }) =>
      end(request, statuses.get(request), error),
    'http.client.request.created': ({ request }: { request: ClientRequest }) => {
      const add: Add = (name, value) => {
        if (!request.headersSent) request.setHeader(name, value);
      };
      begin(request, request.method, peerOf(request), request.path, (name) => request.hasHeader(name), add);
    },
    'http.client.response.finish': ({ request, response }: { request: ClientRequest; response: IncomingMessage }) =>
      end(request, response.statusCode, undefined),
    'http.client.request.error': ({ request, error }: { request: ClientRequest; error: unknown }) =>
      end(request, undefined, error),
  };
  const undo = Object.entries(listeners).map(([channel, listener]) => {
    const guarded = guard(listener as (message: unknown) => void) as (message: unknown) => void;
    subscribe(channel, guarded);
    return () => unsubscribe(channel, guarded);
  });
  return () => {
    for (const step of undo) step();
  };
}

function addressOf({ host, pathname }: URL): string {
  return host + pathname;
}

/** What a request is sent to. */
interface Peer {
  readonly origin: URL;
  readonly port: number | undefined;
}

interface Target {
  readonly protocol: string;
  readonly host: string;
  readonly path: string;
  /** Name and port behind a proxy. */
  readonly address?: string;
}

function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}

/**
 * The host a request of `node:http` connects to, which its `Host` header need not name: a caller may set it, or pass on
 * that of somebody else. The port is known by that header only, where the two agree.
 */
function peerOf(request: ClientRequest): Peer {
  const host = request.host.includes(':') ? `[${request.host}]` : request.host;
  const named = URL.parse(`${request.protocol}//${String(request.getHeader('host'))}`);
  const origin = new URL(`${request.protocol}//${host}`);
  return named?.hostname === origin.hostname ? { origin: named, port: portOf(named) } : { origin, port: undefined };
}

/** What is asked for: of an absolute address (a proxy is asked) its own host, else the host connected to. Without a query. */
function targetOf({ protocol, host }: URL, path: string): Target {
  const absolute = /^https?:\/\//i.test(path) ? URL.parse(path) : null;
  if (absolute !== null) {
    const { hostname, pathname } = absolute;
    const address = `${hostname}:${portOf(absolute)}`;
    return { protocol: absolute.protocol, host: absolute.host, path: pathname, address };
  }
  // Not as a relative URL: `//host/` would be taken for another host.
  return { protocol, host, path: path.startsWith('/') ? path.replace(/[?#].*$/s, '') : '' };
}

type Add = (name: string, value: string) => unknown;

/** undici keeps headers as a list of names and values in turn; older versions as one text. */
function hasHeader(headers: unknown): (name: string) => boolean {
  if (Array.isArray(headers)) {
    const names = new Set(headers.filter((_, index) => index % 2 === 0).map((name) => String(name).toLowerCase()));
    return (name) => names.has(name);
  }
  const text = String(headers).toLowerCase();
  return (name) => text.startsWith(`${name}:`) || text.includes(`\n${name}:`);
}

function errorType(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return (typeof code === 'string' ? code : typeof name === 'string' ? name : typeof error).slice(0, 128);
}
