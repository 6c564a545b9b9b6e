import { type AnyErrorType, fromProblem, OptionError } from '@breakwater/errors';
import { callable, checkOptions, having, type Rule, record, text, whole } from '@breakwater/errors/options';
import { currentContext } from '@breakwater/log';
import { createTimeout, type Policy, systemClock } from '@breakwater/resilience';
import { DEADLINE_HEADER, toDeadlineHeader } from '@breakwater/resilience/http';
import { toBaggageKeys } from './baggage.ts';
import { edgeErrors } from './catalogue.ts';
import { checkItems, list } from './options.ts';
import { createPropagatingFetch, hostRule } from './propagate.ts';
import type { StandardSchema } from './validate.ts';

export interface ClientOptions {
  /** Absolute `http` or `https` URL that paths are appended to; without user, password, query and fragment. */
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
  /** Added to the path; what is `undefined` is left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON; as `application/json` unless `headers` say which kind of JSON. */
  readonly body?: unknown;
  /** What the answer must be; its output type is the call's result. Default: no check, `unknown`. */
  readonly schema?: StandardSchema<Output> | undefined;
  /** Sent as `idempotency-key`: 1 to 255 printable ASCII characters. Makes a call repeatable whatever its method. */
  readonly idempotencyKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Monotonic time by which the answer, body included, is needed; told to the service as what is left. */
  readonly deadline?: number | undefined;
}

export interface Client {
  /**
   * Calls the service and resolves with its JSON answer, `undefined` for an empty one. Rejects with the typed error its
   * problem document names, or `UPSTREAM_PROBLEM`; with `UPSTREAM_ANSWER_INVALID` (502) for an answer that is too large, not
   * JSON, or not as the schema says; with `TimeoutError` when the deadline has passed; with `fetch`'s and the policy's own
   * errors. A redirect is not followed: it is an `UPSTREAM_PROBLEM`, so that no field goes to a host nobody named.
   *
   * `path` begins with `/` and is sent as it is: one with `.` or `..` for a segment, `\\`, `#`, a control character or a space
   * at its end, which a URL would read as another path, rejects with `OptionError`, as wrong options do. Encode what is not
   * yours by `encodeURIComponent`.
   */
  request<Output = unknown>(method: string, path: string, options?: ClientRequest<Output>): Promise<Output>;
}

const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

const rules: Record<string, Rule> = {
  baseUrl: text,
  errors: record,
  typeBase: text,
  policy: having('a policy', 'execute'),
  hosts: list,
  baggage: list,
  maxBytes: whole(1),
  fetch: callable,
};
const requestRules: Record<string, Rule> = {
  query: record,
  headers: record,
  body: ['a value that JSON can hold', (v) => typeof v !== 'function' && typeof v !== 'symbol'],
  schema: [
    'a schema by Standard Schema',
    (v) => typeof (v as StandardSchema | null)?.['~standard']?.validate === 'function',
  ],
  idempotencyKey: ['1 to 255 printable ASCII characters', (v) => typeof v === 'string' && /^[ -~]{1,255}$/.test(v)],
  signal: ['an AbortSignal', (v) => v instanceof AbortSignal],
  deadline: ['a monotonic time in milliseconds', (v) => typeof v === 'number' && !Number.isNaN(v)],
};
// A URL takes these segments, encoded too, for steps to another path.
const STEPS = /[\\/](?:\.|%2e){1,2}(?:[\\/?]|$)|[\\#]/i;

// A URL drops these, so that `/.<tab>./` is such a step too.
const DROPPED = /\p{Cc}| $/u;

/** One call, ready to be sent any number of times. */
interface Outgoing {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | undefined;
}

/** Makes the client of one service. Throws `OptionError` for a wrong option. */
export function createClient(options: ClientOptions): Client {
  checkOptions('createClient', options, rules, ['baseUrl']);
  const { policy, errors = {}, typeBase, maxBytes = 10 * 1_048_576 } = options;
  const base = toBase(options.baseUrl);
  const hosts = options.hosts ?? [base.hostname];
  // Named as this function's own.
  checkItems('createClient.hosts', hosts, hostRule);
  toBaggageKeys('createClient.baggage', options.baggage);
  const send = createPropagatingFetch({ hosts, baggage: options.baggage }, options.fetch);
  const prefix = base.href.replace(/\/$/, '');

  const call = async (
    { url, method, headers: given, body }: Outgoing,
    deadline: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<unknown> => {
    const headers = new Headers(given);
    const left = toDeadlineHeader(deadline ?? Number.POSITIVE_INFINITY);
    if (left !== undefined) headers.set(DEADLINE_HEADER, left);
    const response = await send(url, {
      method,
      headers,
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok)
      throw fromProblem(await readProblem(response, maxBytes, signal), {
        types: errors,
        status: response.status,
        headers: response.headers,
        ...(typeBase === undefined ? {} : { typeBase }),
      });
    const answer = await readText(response, maxBytes);
    if (answer === undefined) throw invalid(method, `larger than ${maxBytes} bytes`);
    if (answer === '') return undefined;
    try {
      return JSON.parse(answer) as unknown;
    } catch (cause) {
      throw invalid(method, 'not JSON', cause);
    }
  };

  const toOutgoing = (method: string, path: string, given: ClientRequest<unknown>): Outgoing => {
    if (typeof method !== 'string') throw new OptionError('request.method', method, 'a method such as GET');
    if (typeof path !== 'string' || !path.startsWith('/') || STEPS.test(pathOf(path)) || DROPPED.test(path))
      throw new OptionError(
        'request.path',
        path,
        'a path that begins with / and has no segment . or .., no \\, no #, no control character and no space at its end',
      );
    checkOptions('request', given, requestRules);
    const url = new URL(prefix + path);
    for (const [name, value] of Object.entries(given.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const headers = new Headers(given.headers);
    if (!headers.has('accept')) headers.set('accept', 'application/json, application/problem+json');
    if (given.body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
    // A string of structured fields (RFC 9651), which escapes as JSON does what it allows.
    if (given.idempotencyKey !== undefined) headers.set('idempotency-key', JSON.stringify(given.idempotencyKey));
    return { url, method: method.toUpperCase(), headers, body: JSON.stringify(given.body) };
  };

  return {
    async request<Output>(method: string, path: string, given: ClientRequest<Output> = {}): Promise<Output> {
      const outgoing = toOutgoing(method, path, given);
      const { deadline } = given;
      const guarded = (signal: AbortSignal | undefined): Promise<unknown> =>
        policy === undefined
          ? call(outgoing, deadline, signal)
          : policy.execute((context) => call(outgoing, context.deadline, context.signal), {
              operation: `${outgoing.method} ${outgoing.url.host}`,
              signal,
              deadline,
              correlationId: currentContext()?.correlationId,
              idempotent: REPEATABLE.has(outgoing.method) || given.idempotencyKey !== undefined,
            });
      // Not left to the policy: not every one ends a call at its deadline.
      const value = await (deadline === undefined || deadline === Number.POSITIVE_INFINITY
        ? guarded(given.signal)
        : timeoutUntil(deadline).execute((context) => guarded(context.signal), {
            operation: `${outgoing.method} ${outgoing.url.host}`,
            signal: given.signal,
            deadline,
          }));
      if (given.schema === undefined) return value as Output;
      const result = await given.schema['~standard'].validate(value);
      if (result.issues === undefined) return result.value;
      throw invalid(outgoing.method, 'not as its schema says');
    },
  };
}

function timeoutUntil(deadline: number): Policy {
  return createTimeout({ name: 'client', timeoutMs: Math.max(0.001, deadline - systemClock.now()) });
}

function toBase(given: string): URL {
  const base = URL.parse(given);
  if (base === null || !/^https?:$/.test(base.protocol)) throw wrongBase(given, 'an absolute http or https URL');
  // `fetch` refuses a password, with an error that shows it.
  if (base.username !== '' || base.password !== '') throw wrongBase(given, 'a URL without user and password');
  if (base.search !== '' || base.hash !== '') throw wrongBase(given, 'a URL without query and fragment');
  return base;
}

// A user's part or a query may hold a password or a key.
function wrongBase(given: string, expected: string): OptionError {
  const at = 'createClient.baseUrl';
  return /[@?#]/.test(given)
    ? new OptionError(at, `expected ${expected} (the text is not shown)`)
    : new OptionError(at, given, expected);
}

/** The path without its query, in which every character may stand but `#`. */
function pathOf(target: string): string {
  const cut = target.indexOf('?');
  if (cut === -1) return target;
  return target.slice(0, cut) + (target.includes('#', cut) ? '#' : '');
}

function invalid(method: string, problem: string, cause?: unknown): Error {
  return new edgeErrors.UPSTREAM_ANSWER_INVALID({ method, problem }, { cause });
}

/** The document of a refusal. The status says what matters, so that one too large, cut off or malformed is only left out. */
async function readProblem(response: Response, maxBytes: number, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    return JSON.parse((await readText(response, maxBytes)) ?? '') as unknown;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** `undefined`: larger than `maxBytes`. */
async function readText(response: Response, maxBytes: number): Promise<string | undefined> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
