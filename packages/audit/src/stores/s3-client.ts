import { setTimeout as wait } from 'node:timers/promises';
import { AuditError } from '../errors.ts';
import { readLimited } from '../response-body.ts';
import { percentEncode, type S3Credentials, signRequest } from './sigv4.ts';

/** A bundle of the largest entries has 16 MiB; error answers and listing pages are far smaller. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** The server is busy, or one behind it was not there. */
const TRY_AGAIN: readonly number[] = [429, 500, 502, 503, 504];
const WAITS_MS = [100, 400];
/** Each has a thousand keys. */
const MAX_PAGES = 10_000;

export interface S3Answer {
  readonly status: number;
  readonly bytes: Buffer;
  readonly tag: string | null;
}

export interface S3Request {
  readonly query?: string;
  /** Lower-case names. */
  readonly headers?: { readonly [name: string]: string };
  readonly body?: Uint8Array;
  /** Statuses beside 2xx that are an answer and not a failure. */
  readonly allow?: readonly number[];
  readonly maxBytes?: number;
}

export interface S3Client {
  /**
   * One request, signed. Made up to three times where the server says that it is busy, so that a conditional write may
   * find its own work done. Rejects with `AUDIT_STORAGE_FAILED`, which names no secret.
   */
  send(method: 'GET' | 'PUT' | 'DELETE', key: string, request?: S3Request): Promise<S3Answer>;
  /** All keys that begin so, sorted. */
  list(prefix: string): Promise<string[]>;
}

/**
 * Requests to one bucket, path style. Redirects are not followed: the signature is for this host, and a session token
 * must not go to another.
 */
export function createS3Client(options: {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly credentials: S3Credentials | (() => S3Credentials | Promise<S3Credentials>);
  readonly timeoutMs: number;
  readonly now: () => number;
}): S3Client {
  const { endpoint, region, bucket, credentials, timeoutMs, now } = options;
  const base = `${endpoint.replace(/\/$/, '')}/${bucket}/`;

  async function once(
    method: string,
    url: URL,
    { headers = {}, body = new Uint8Array(0), maxBytes = MAX_ANSWER_BYTES }: S3Request,
    signal: AbortSignal,
  ): Promise<S3Answer> {
    const given = typeof credentials === 'function' ? await within(signal, credentials()) : credentials;
    checkCredentials(given);
    const signed = signRequest({ method, url, headers, body }, given, region, new Date(now()));
    const response = await fetch(url, {
      method,
      headers: signed,
      ...(method === 'PUT' ? { body: Buffer.from(body.buffer, body.byteOffset, body.byteLength) } : {}),
      redirect: 'manual',
      signal,
    });
    const bytes = await readLimited(response, maxBytes, 'it');
    return { status: response.status, bytes, tag: response.headers.get('etag') };
  }

  async function send(method: string, key: string, request: S3Request = {}): Promise<S3Answer> {
    try {
      const url = new URL(`${base}${key.split('/').map(percentEncode).join('/')}${request.query ?? ''}`);
      const signal = AbortSignal.timeout(timeoutMs);
      let answer = await once(method, url, request, signal);
      for (const waitMs of WAITS_MS) {
        if (!TRY_AGAIN.includes(answer.status)) break;
        await wait(waitMs, undefined, { signal });
        answer = await once(method, url, request, signal);
      }
      const isAnswer = (answer.status >= 200 && answer.status < 300) || request.allow?.includes(answer.status);
      if (isAnswer !== true) throw new Error(describe(answer));
      return answer;
    } catch (cause) {
      throw storageFailed(`Could not ${method} ${key} in bucket ${bucket}`, cause);
    }
  }

  return {
    send,
    async list(prefix) {
      const keys = new Set<string>();
      const tokens = new Set<string>();
      for (let token = ''; ; ) {
        const query = `?list-type=2&prefix=${percentEncode(prefix)}${token && `&continuation-token=${percentEncode(token)}`}`;
        const text = (await send('GET', '', { query })).bytes.toString('utf8');
        for (const [, key] of text.matchAll(/<Key>([^<]*)<\/Key>/g)) keys.add(decodeXml(key!));
        token = decodeXml(/<NextContinuationToken>([^<]+)</.exec(text)?.[1] ?? '');
        if (token === '') return [...keys].sort();
        if (tokens.has(token) || tokens.size >= MAX_PAGES)
          throw storageFailed(`Could not list ${prefix} in bucket ${bucket}`, new Error('the listing does not end'));
        tokens.add(token);
      }
    },
  };
}

/** Where credentials come from may hang as a server may. */
async function within<T>(signal: AbortSignal, work: T | Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Only the code, and only where it is one: the rest of the answer is the server's own words. */
function describe({ status, bytes }: S3Answer): string {
  const code = /<Code>([A-Za-z0-9.]{1,100})<\/Code>/.exec(bytes.toString('latin1', 0, 65_536))?.[1] ?? '';
  const said = `it answered ${status} ${code}`.trimEnd();
  return status >= 300 && status < 400 ? `${said}, which sends to another endpoint or region: name that one` : said;
}

function storageFailed(what: string, cause: unknown): AuditError {
  const { message, cause: inner } = cause as Error;
  const why = inner instanceof Error && inner.message !== '' ? `${message}: ${inner.message}` : message;
  return new AuditError('AUDIT_STORAGE_FAILED', `${what}: ${why}`, { cause });
}

/** What cannot stand in a header is refused here, and not shown: `fetch` would show it. */
export function checkCredentials(credentials: S3Credentials): void {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  for (const [name, value] of Object.entries({ accessKeyId, secretAccessKey, sessionToken }))
    if (
      !(value === undefined && name === 'sessionToken') &&
      !(typeof value === 'string' && /^[\x21-\x7e]+$/.test(value))
    )
      throw new AuditError(
        'AUDIT_INVALID_OPTION',
        `s3Store.credentials.${name}: expected text without white space (the value is not shown)`,
      );
}

const ENTITIES: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decodeXml(text: string): string {
  return text.replaceAll(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));/g, (whole, name, dec, hex) => {
    if (name !== undefined) return ENTITIES[name as string]!;
    const code = dec === undefined ? Number.parseInt(hex as string, 16) : Number(dec);
    return code <= 0x10ffff ? String.fromCodePoint(code) : (whole as string);
  });
}
