import { isExhausted } from '../retry/history.ts';

/** A response whose status is a failure of the service (5xx, 408, 425, 429), as the policies see it. */
export class HttpStatusError extends Error {
  override readonly name = 'HttpStatusError';
  readonly code: string;
  readonly status: number;
  /** Read by `classify` for `Retry-After`. */
  readonly headers: unknown;
  constructor(status: number, headers: unknown, operation: string) {
    super(`${operation} answered with status ${status}`);
    this.code = `HTTP_${status}`;
    this.status = status;
    this.headers = headers;
  }
}

export function isFailureStatus(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** Methods whose repetition has the effect of one request (RFC 9110, 9.2.2). */
export function isRepeatable(method: string, hasIdempotencyKey: boolean): boolean {
  return hasIdempotencyKey || ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'].includes(method.toUpperCase());
}

/** The {@link HttpStatusError} behind a failure, where retry has wrapped it. */
export function statusErrorOf(error: unknown): HttpStatusError | undefined {
  if (error instanceof HttpStatusError) return error;
  const cause = isExhausted(error) ? (error as Error).cause : undefined;
  return cause instanceof HttpStatusError ? cause : undefined;
}
