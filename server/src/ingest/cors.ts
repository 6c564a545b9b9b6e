import type { IncomingMessage, ServerResponse } from 'node:http';

const ALLOWED_HEADERS =
  'content-type, content-encoding, authorization, x-api-key, traceparent, tracestate, baggage, user-agent';
const PREFLIGHT_SECONDS = 7200;

/** Lets pages of these origins send telemetry from the browser. `*` stands for every origin. */
export interface CorsPolicy {
  /** Sets what the browser needs to see on every answer. */
  setHeaders(request: IncomingMessage, response: ServerResponse): void;
  /** Answers a preflight request; false where the request is none, or its origin is not allowed. */
  answerPreflight(request: IncomingMessage, response: ServerResponse): boolean;
}

export function isPreflight(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

export function createCorsPolicy(origins: readonly string[]): CorsPolicy {
  const allowed = new Set(origins);
  const isAllowed = (origin: string | undefined): origin is string =>
    origin !== undefined && (allowed.has('*') || allowed.has(origin));

  return {
    setHeaders(request, response) {
      if (allowed.size === 0) return;
      response.setHeader('vary', 'origin');
      const { origin } = request.headers;
      if (!isAllowed(origin)) return;
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-expose-headers', 'retry-after');
    },

    answerPreflight(request, response) {
      const isPreflight =
        request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
      if (!isPreflight || !isAllowed(request.headers.origin)) return false;
      // Exporters may be configured with headers of their own.
      const asked = request.headers['access-control-request-headers'];
      response.writeHead(204, {
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': asked === undefined ? ALLOWED_HEADERS : `${ALLOWED_HEADERS}, ${asked}`,
        'access-control-max-age': String(PREFLIGHT_SECONDS),
      });
      response.end();
      return true;
    },
  };
}
