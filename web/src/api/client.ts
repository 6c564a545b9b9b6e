/** Calls to `/api/v1`. Every failure is an ApiError (the server answered) or an UnreachableError (it did not). */
import type { Problem } from '@breakwater/server/api-types';
import { noteServerDate } from './clock-skew.ts';

/** The server answered with a problem document, or with something that is not one (then `problem.code` is `UNEXPECTED_ANSWER`). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }
  get code() {
    return this.problem.code;
  }
  get status() {
    return this.problem.status;
  }
}

/** No answer: the server is down, restarting, or the network is. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly code = 'UNREACHABLE';
}

export type Params = Record<string, string | number | undefined>;

/** The address of an API path with its query; parameters that are undefined or '' are left out. */
export function apiUrl(path: string, params: Params = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return `/api/v1${path}${text ? `?${text}` : ''}`;
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  params?: Params;
  body?: unknown;
  signal?: AbortSignal;
  /** A server that says nothing for so long counts as unreachable. Default: 60 s, longer than any query may take. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;

/** Sends a request and returns the JSON of the answer (undefined for an empty one). Throws ApiError, UnreachableError, or the abort reason. */
export async function api<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const { method = 'GET', params, signal, timeoutMs = TIMEOUT_MS } = options;
  const init: RequestInit = { method, headers: { accept: 'application/json' }, credentials: 'same-origin' };
  const silent = AbortSignal.timeout(timeoutMs);
  init.signal = signal ? AbortSignal.any([signal, silent]) : silent;
  if (method !== 'GET' && method !== 'DELETE') {
    init.body = JSON.stringify(options.body ?? {});
    init.headers = { ...init.headers, 'content-type': 'application/json' };
  }
  let response: Response;
  let text: string;
  const askedAtMs = Date.now();
  try {
    response = await fetch(apiUrl(path, params), init);
    noteServerDate(response.headers.get('date'), askedAtMs, Date.now());
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    const seconds = silent.aborted ? ` It was asked ${timeoutMs / 1_000} s ago.` : '';
    throw new UnreachableError(`The Breakwater server does not answer.${seconds}`, { cause });
  }
  let json: unknown;
  try {
    json = text === '' ? undefined : JSON.parse(text);
  } catch {
    json = NOT_JSON;
  }
  if (response.ok && json !== NOT_JSON) return json as T;
  throw new ApiError(toProblem(response, json));
}

const NOT_JSON = Symbol('not JSON');

function mediaType(response: Response): string {
  return response.headers.get('content-type')?.split(';')[0] || 'without content type';
}

function toProblem(response: Response, json: unknown): Problem {
  if (typeof json === 'object' && json !== null && 'title' in json) {
    return {
      type: 'about:blank',
      detail: '',
      code: `HTTP_${response.status}`,
      status: response.status,
      ...json,
    } as Problem;
  }
  // A proxy in front of a server that is down answers 502, 503 or 504 with a page of its own.
  const gateway = response.status >= 502 && response.status <= 504;
  return {
    type: 'about:blank',
    title: gateway ? 'The server is not available' : 'Unexpected answer',
    status: response.status,
    detail: gateway
      ? `A proxy in front of it answered ${response.status}. This page tries again by itself.`
      : `What answered (${response.status}, ${mediaType(response)}) is not Breakwater: a proxy or a login page in front of it?`,
    code: 'UNEXPECTED_ANSWER',
  };
}
