import { DecodeError, DecodeLimitError } from './decode-error.ts';

/** Codes of `google.rpc.Code` for the HTTP status, as the OpenTelemetry Collector maps them. */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 12, // UNIMPLEMENTED
  405: 12,
  408: 4, // DEADLINE_EXCEEDED
  413: 8, // RESOURCE_EXHAUSTED
  415: 3,
  431: 8,
  503: 14, // UNAVAILABLE
};

/** A request that is not accepted: the status to answer and the exact reason, for the sender and the status page. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code = 'OTLP_REFUSED';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, reason: string, headers: Readonly<Record<string, string>> = {}, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause });
    this.status = status;
    this.headers = headers;
  }

  get rpcCode(): number {
    return RPC_CODES[this.status] ?? 2;
  }
}

/**
 * 503 with `Retry-After`. The only refusal that all exporters answer by sending the batch again, and only where the
 * wait is short, so it is between 1 and 3 seconds.
 */
export function unavailable(reason: string, retryAfterSeconds = 1, cause?: unknown): Refusal {
  const seconds = Math.min(3, Math.max(1, Math.ceil(retryAfterSeconds)));
  return new Refusal(503, reason, { 'retry-after': String(Number.isNaN(seconds) ? 1 : seconds) }, cause);
}

/** The refusal for what a decoder threw, or null where it is none of its errors. */
export function refusalOfDecodeError(error: unknown): Refusal | null {
  if (error instanceof DecodeLimitError) return new Refusal(413, error.message, {}, error);
  if (error instanceof DecodeError) return new Refusal(400, error.message, {}, error);
  return null;
}
