import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A parameter of the query string. A request with one that its route does not list is refused. */
export interface Parameter {
  readonly name: string;
  readonly type: 'string' | 'integer';
  readonly description: string;
}

export interface ApiRequest {
  /** The parts of the path in braces, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Who asks; where no login is demanded, the person at this machine. */
  readonly caller: { readonly name: string };
  /** False once the session has ended or the key was removed: an answer that goes on asks before it says more. */
  readonly isStillAllowed: () => boolean;
  /** The client's address. */
  readonly address: string;
  /** Aborted when the client goes away or the server stops. */
  readonly signal: AbortSignal;
  /** The JSON body. Rejects with a problem where there is none, it is too long or not JSON. */
  json(): Promise<unknown>;
}

export type Answer =
  | { readonly json: unknown; readonly status?: number; readonly headers?: Readonly<Record<string, string>> }
  /** 204. */
  | { readonly empty: true; readonly headers?: Readonly<Record<string, string>> }
  /** Takes over the response; resolves when it has ended. */
  | { readonly stream: (response: ServerResponse<IncomingMessage>) => Promise<void> };

/** One operation of the API. Everything the OpenAPI document says of it is here. */
export interface Route {
  readonly method: Method;
  /** Below `/api/v1`, with `{name}` for a part that varies. */
  readonly path: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  /** Names of types in types.ts; `''` for an answer without content. */
  readonly body?: string;
  readonly answer: string;
  /** Also without a login. */
  readonly isPublic?: boolean;
  handle(request: ApiRequest): Answer | Promise<Answer>;
}

export type RouteMatch =
  | { readonly outcome: 'found'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly outcome: 'wrong_method'; readonly allowed: readonly Method[] }
  | { readonly outcome: 'not_found' };

export interface Router {
  /** `path` is below `/api/v1`, as it was sent (percent-encoded). HEAD finds the routes of GET. */
  find(method: string, path: string): RouteMatch;
}

/** Throws where two routes are the same. A path without braces goes before one with them. */
export function createRouter(routes: readonly Route[]): Router {
  const seen = new Set<string>();
  for (const { method, path } of routes) {
    const identity = `${method} ${path.replace(/\{\w+\}/g, '{}')}`;
    if (seen.has(identity)) throw new TypeError(`two routes for ${identity}`);
    seen.add(identity);
  }
  const patterns = routes
    .map((route) => ({ route, parts: route.path.split('/') }))
    .toSorted((a, b) => Number(a.route.path.includes('{')) - Number(b.route.path.includes('{')));

  return {
    find: (method, path) => {
      const parts = path.split('/');
      const wanted = method === 'HEAD' ? 'GET' : method;
      const allowed = new Set<Method>();
      for (const { route, parts: pattern } of patterns) {
        const params = paramsOf(pattern, parts);
        if (!params) continue;
        if (route.method === wanted) return { outcome: 'found', route, params };
        allowed.add(route.method);
      }
      return allowed.size > 0 ? { outcome: 'wrong_method', allowed: [...allowed] } : { outcome: 'not_found' };
    },
  };
}

function paramsOf(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index]!;
    if (!expected.startsWith('{')) {
      if (part !== expected) return undefined;
      continue;
    }
    const decoded = decode(part);
    if (decoded === undefined || decoded === '') return undefined;
    params[expected.slice(1, -1)] = decoded;
  }
  return params;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
