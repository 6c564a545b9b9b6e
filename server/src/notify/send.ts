import { toRetryAfterMs } from './backoff.ts';
import type { DeliveryRequest, DeliveryVerdict, ReceiverProtocol } from './notification.ts';

export interface SendOptions {
  fetch: typeof fetch;
  now: () => number;
  signal: AbortSignal;
  /** For connecting, sending and the answer. */
  timeoutMs: number;
  /** Taken out of every reason, as is what the URL may hold of a token: its path and query. */
  secret: string | null;
}

export interface SendResult {
  verdict: DeliveryVerdict;
  /** HTTP status, or null where there was no answer. */
  status: number | null;
  /** One sentence: what the receiver answered, or why there was no answer. */
  reason: string;
  retryAfterMs: number | null;
}

const MAX_SHOWN_BYTES = 300;
const MIN_TOKEN_LENGTH = 8;

/** Sends one request and says what came of it. Never rejects, except when `signal` aborts. */
export async function send(
  request: DeliveryRequest,
  verdictOf: ReceiverProtocol['verdictOf'],
  options: SendOptions,
): Promise<SendResult> {
  const { now, signal, timeoutMs } = options;
  const secrets = secretsOf(request.url, options.secret);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await options.fetch(request.url, {
      method: 'POST',
      headers: request.headers,
      body: request.body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    });
    const verdict = verdictOf(response.status);
    const said = await beginningOf(response);
    const redirected = response.status >= 300 && response.status < 400 ? ' (redirects are not followed)' : '';
    const quoted = verdict === 'delivered' || said === '' ? '' : `: ${withoutSecrets(said, secrets)}`;
    return {
      verdict,
      status: response.status,
      reason: `${hostOf(request.url)} answered ${response.status}${redirected}${quoted}`,
      retryAfterMs: toRetryAfterMs(response.headers.get('retry-after'), now()),
    };
  } catch (error) {
    if (signal.aborted) throw error;
    const what = timeout.aborted ? `no answer within ${timeoutMs / 1_000} s` : withoutSecrets(causeOf(error), secrets);
    return { verdict: 'retry', status: null, reason: `${hostOf(request.url)}: ${what}`, retryAfterMs: null };
  }
}

/** The address without path and query, which may hold a token. */
function hostOf(url: string): string {
  return new URL(url).host;
}

async function beginningOf(response: Response): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    while (bytes < MAX_SHOWN_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      bytes += value.length;
    }
    await reader.cancel();
  } catch {
    // The status alone decides: an answer that breaks off later changes nothing.
  }
  return Buffer.concat(chunks).subarray(0, MAX_SHOWN_BYTES).toString('utf8').replace(/\s+/g, ' ').trim();
}

/** What fetch hides in `cause`. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const { code } = cause as NodeJS.ErrnoException;
  return cause.message || code || cause.name;
}

/** Longest first, so that none is left in part. A short piece of the path, such as `in`, is also a word. */
function secretsOf(address: string, secret: string | null): string[] {
  const { pathname, search, searchParams } = new URL(address);
  const pieces = [...pathname.split('/'), ...searchParams.values()].filter((piece) => piece.length >= MIN_TOKEN_LENGTH);
  return [pathname + search, search, secret ?? '', ...pieces]
    .filter((text) => text.length > 1)
    .toSorted((a, b) => b.length - a.length);
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}
