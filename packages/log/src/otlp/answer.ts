import { partialSuccessIn } from './protobuf.ts';

/** What a receiver said to one request. */
export interface Answer {
  readonly status: number;
  /** Milliseconds it asked to stay away. */
  readonly retryAfterMs: number | undefined;
  /** Records of a good answer that it did not take (`partial_success`). */
  readonly rejected: number;
  /** Its words on that. A receiver may also use them for a warning, with nothing rejected. */
  readonly message: string;
}

export type Encoding = 'protobuf' | 'json';

/** Statuses after which OTLP/HTTP asks for another try; every other failure is final. */
const RETRIED: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** The longest wait a receiver can ask for: a header is no reason to stay silent for days. */
const MAX_RETRY_AFTER_MS = 3_600_000;

export function isRetried({ status }: Answer): boolean {
  return RETRIED.has(status);
}

/** Reads an answer. `retryAfter` is the header: seconds, or a date (RFC 9110, 10.2.3). */
export function toAnswer(
  status: number,
  retryAfter: string | undefined,
  body: Uint8Array,
  encoding: Encoding,
  nowMs: number,
): Answer {
  const good = status >= 200 && status < 300;
  const { rejected, message } = good ? partialSuccess(body, encoding) : { rejected: 0, message: '' };
  return { status, retryAfterMs: toDelay(retryAfter, nowMs), rejected, message };
}

function toDelay(retryAfter: string | undefined, nowMs: number): number | undefined {
  if (retryAfter === undefined || retryAfter.trim() === '') return undefined;
  const seconds = Number(retryAfter);
  const delayMs = Number.isNaN(seconds) ? Date.parse(retryAfter) - nowMs : seconds * 1000;
  return Number.isNaN(delayMs) ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, delayMs));
}

function partialSuccess(body: Uint8Array, encoding: Encoding): { rejected: number; message: string } {
  if (encoding === 'protobuf') return partialSuccessIn(body);
  try {
    const { partialSuccess: part } = JSON.parse(Buffer.from(body).toString()) as {
      partialSuccess?: { rejectedLogRecords?: unknown; errorMessage?: unknown };
    };
    const rejected = Number(part?.rejectedLogRecords ?? 0);
    return {
      rejected: rejected > 0 ? Math.floor(rejected) : 0,
      message: typeof part?.errorMessage === 'string' ? part.errorMessage : '',
    };
  } catch {
    // An empty or foreign answer with a good status: taken.
    return { rejected: 0, message: '' };
  }
}
