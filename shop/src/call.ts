import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { ShopError } from './shop-error.ts';

export interface CallOptions {
  readonly method: 'GET' | 'POST';
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly correlationId: string;
  /** Name of the peer for messages, e.g. `payment provider`. */
  readonly peer: string;
}

/**
 * One HTTP call with a client span and trace propagation. A refusal (4xx) comes back as the peer's own ShopError;
 * a 5xx, a timeout and a broken connection become errors named after what happened.
 */
export async function call(url: string, options: CallOptions): Promise<unknown> {
  const target = new URL(url);
  const span = trace.getTracer('shop.call').startSpan(`${options.method}`, {
    kind: SpanKind.CLIENT,
    attributes: {
      'http.request.method': options.method,
      'url.full': url,
      'server.address': target.hostname,
      'server.port': Number(target.port),
    },
  });
  const active = trace.setSpan(context.active(), span);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-correlation-id': options.correlationId,
  };
  propagation.inject(active, headers);
  try {
    const response = await fetch(url, {
      method: options.method,
      headers,
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      signal: AbortSignal.timeout(options.timeoutMs),
    });
    span.setAttribute('http.response.status_code', response.status);
    const body = (await response.json()) as { code?: string; message?: string };
    if (response.ok) return body;
    if (response.status < 500)
      throw new ShopError('RefusedError', body.code ?? 'REFUSED', response.status, body.message ?? 'Refused');
    throw new ShopError(
      'UpstreamError',
      'UPSTREAM_FAILED',
      502,
      `The ${options.peer} answered ${response.status}: ${body.message ?? 'no message'}`,
    );
  } catch (error) {
    const failure = toFailure(error, options);
    span.setAttribute('error.type', failure.code);
    if (!failure.isRefusal) span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
    throw failure;
  } finally {
    span.end();
  }
}

function toFailure(error: unknown, options: CallOptions): ShopError {
  if (error instanceof ShopError) return error;
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new ShopError(
      'TimeoutError',
      'UPSTREAM_TIMEOUT',
      504,
      `The ${options.peer} did not answer within ${options.timeoutMs} ms`,
      error,
    );
  }
  return new ShopError('ConnectionError', 'UPSTREAM_UNREACHABLE', 502, `The ${options.peer} cannot be reached`, error);
}
