// `@breakwater/http/undici`: the context to listed hosts, on requests of undici.

import type { Dispatcher } from 'undici';
import { addFields, checkPropagation, type PropagationOptions, toFieldReader, toHostTest } from './propagate.ts';

export type { PropagatedFields, PropagationOptions } from './propagate.ts';

/**
 * An interceptor that tells allow-listed hosts the ids of the current context, as `createPropagatingFetch` does:
 * `new Agent().compose(createPropagationInterceptor({ hosts }))`. Fields that the caller has set stay. The host is that of
 * a request's `origin`; one without (of a `Client` or `Pool` used directly) is told nothing.
 *
 * No redirect takes the ids to another host: composed before `interceptors.redirect()` each hop is looked at by
 * itself; composed after it, a request with ids is given back its redirect instead of following it. Needs undici 7 or
 * later. Throws `OptionError` for wrong options.
 */
export function createPropagationInterceptor(options: PropagationOptions): Dispatcher.DispatcherComposeInterceptor {
  checkPropagation('createPropagationInterceptor', options);
  const isAllowed = toHostTest(options.hosts);
  const readFields = toFieldReader('createPropagationInterceptor', options);
  return (dispatch) => (request, handler) => {
    const { origin } = request;
    const url = origin === undefined || origin === null ? null : URL.parse(String(origin));
    if (url === null || !isAllowed(url)) return dispatch(request, handler);
    // A list without a value for its last name is undici's to refuse.
    if (Array.isArray(request.headers) && request.headers.length % 2 !== 0) return dispatch(request, handler);
    const more: string[] = [];
    const names = namesOf(request.headers);
    addFields(
      readFields(),
      (name) => names.has(name),
      (name, value) => more.push(name, value),
    );
    if (more.length === 0) return dispatch(request, handler);
    // 0: a redirect handler further in would take the fields along.
    const told = { ...request, headers: [...toPairs(request.headers), ...more], maxRedirections: 0 };
    return dispatch(told as Dispatcher.DispatchOptions, handler);
  };
}

type Given = Dispatcher.DispatchOptions['headers'];

function namesOf(headers: Given): ReadonlySet<string> {
  return new Set(
    toPairs(headers)
      .filter((_value, index) => index % 2 === 0)
      .map((name) => String(name).toLowerCase()),
  );
}

/** Names and values in turn. A field with several values stands there once for each. */
function toPairs(headers: Given): string[] {
  if (headers === undefined || headers === null) return [];
  const entries: Iterable<readonly [string, unknown]> = Array.isArray(headers)
    ? headers.flatMap((name, index) => (index % 2 === 0 ? [[String(name), headers[index + 1]] as const] : []))
    : Symbol.iterator in headers
      ? headers
      : Object.entries(headers);
  return [...entries].flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).flatMap((one: unknown) =>
      one === undefined || one === null ? [] : [name, String(one)],
    ),
  );
}
