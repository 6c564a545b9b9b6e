import { type AnyErrorType, fromProblem, OptionError } from '@breakwater/errors';
import { currentContext } from '@breakwater/log';
import type { Policy } from '@breakwater/resilience';
import { DEADLINE_HEADER, toDeadlineHeader } from '@breakwater/resilience/http';
import { createPropagatingFetch } from './propagate.ts';
import type { StandardSchema } from './validate.ts';

export interface ClientOptions {
  /** Absolute URL that paths are appended to. */
  readonly baseUrl: string;
  /** The error types this service may answer with, by their codes. */
  readonly errors?: Readonly<Record<string, AnyErrorType>> | undefined;
  /** The server's prefix of problem types. Default `urn:breakwater:problem:`. */
  readonly typeBase?: string | undefined;
  /** Guards every call: retry, timeout, breaker, a `compose` of them. Default: none. */
  readonly policy?: Pick<Policy, 'execute'> | undefined;
  /** Hosts that are told the ids. Default: the host of `baseUrl`. */
  readonly hosts?: readonly string[] | undefined;
  /** Keys of the context's baggage that these hosts are told too. Default: none. */
  readonly baggage?: readonly string[] | undefined;
  /** Largest answer read. Default 10 MiB. */
  readonly maxBytes?: number | undefined;
  readonly fetch?: typeof fetch | undefined;
}

export interface ClientRequest<Output> {
  readonly query?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** What the answer must be; its output type is the call's result. Default: no check, `unknown`. */
  readonly schema?: StandardSchema<Output> | undefined;
  /** Sent as `idempotency-key`; makes a call repeatable whatever its method. */
  readonly idempotencyKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Monotonic time by which the answer is needed; told to the service as what is left. */
  readonly deadline?: number | undefined;
}

export interface Client {
  /**
   * Calls the service and resolves with its JSON answer, `undefined` for an empty one. Rejects with the typed error its
   * problem document names, or `UPSTREAM_PROBLEM`; with `fetch`'s and the policy's own errors; with a `TypeError` for an
   * answer that is too large, not JSON, or not as the schema says.
   */
  request<Output = unknown>(method: string, path: string, options?: ClientRequest<Output>): Promise<Output>;
}

const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Makes the client of one service. Throws `OptionError` for a wrong option. */
export function createClient(options: ClientOptions): Client {
  if (!URL.canParse(options.baseUrl)) throw new OptionError('options.baseUrl', options.baseUrl, 'an absolute URL');
  const base = new URL(options.baseUrl);
  const maxBytes = options.maxBytes ?? 10 * 1_048_576;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
    throw new OptionError('options.maxBytes', maxBytes, 'an integer of 1 or more');
  const send = createPropagatingFetch(
    { hosts: options.hosts ?? [base.hostname], baggage: options.baggage },
    options.fetch,
  );
  const prefix = base.href.replace(/\/$/, '');

  const call = async (
    url: URL,
    method: string,
    given: ClientRequest<unknown>,
    signal: AbortSignal | undefined,
  ): Promise<unknown> => {
    const headers: Record<string, string> = { accept: 'application/json, application/problem+json', ...given.headers };
    if (given.body !== undefined) headers['content-type'] = 'application/json';
    if (given.idempotencyKey !== undefined) headers['idempotency-key'] = JSON.stringify(given.idempotencyKey);
    const left = toDeadlineHeader(given.deadline ?? Number.POSITIVE_INFINITY);
    if (left !== undefined) headers[DEADLINE_HEADER] = left;
    const response = await send(url, {
      method,
      headers,
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await readText(response, maxBytes);
    const { value, failure } = parse(text);
    if (!response.ok)
      throw fromProblem(value, {
        types: options.errors ?? {},
        status: response.status,
        headers: response.headers,
        ...(options.typeBase === undefined ? {} : { typeBase: options.typeBase }),
      });
    if (failure !== undefined)
      throw new TypeError(`${method} ${url.pathname}: the answer is not JSON`, { cause: failure });
    return value;
  };

  return {
    async request<Output>(method: string, path: string, given: ClientRequest<Output> = {}): Promise<Output> {
      if (!path.startsWith('/')) throw new OptionError('path', path, 'a path that begins with /');
      const url = new URL(prefix + path);
      for (const [name, value] of Object.entries(given.query ?? {})) url.searchParams.set(name, String(value));
      const { policy } = options;
      const { signal, deadline } = given;
      const value = await (policy === undefined
        ? call(url, method, given, signal)
        : policy.execute((context) => call(url, method, { ...given, deadline: context.deadline }, context.signal), {
            operation: `${method} ${url.host}`,
            signal,
            deadline,
            correlationId: currentContext()?.correlationId,
            idempotent: REPEATABLE.has(method) || given.idempotencyKey !== undefined,
          }));
      if (given.schema === undefined) return value as Output;
      const result = await given.schema['~standard'].validate(value);
      if (result.issues === undefined) return result.value;
      throw new TypeError(`${method} ${url.pathname}: the answer is not as its schema says`);
    },
  };
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > maxBytes) throw new TypeError(`The answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): { readonly value?: unknown; readonly failure?: unknown } {
  if (text === '') return {};
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (failure) {
    return { failure };
  }
}
