import { OptionError } from '@breakwater/errors';
import { currentContext } from '@breakwater/log';
import { isSafeId, toTraceparent } from './correlation.ts';

export interface PropagationOptions {
  /** Hosts that are told the ids: `payments.internal`, `*.internal` (any depth below), with `:port` only that port. Nobody else is. */
  readonly hosts: readonly string[];
}

/** Whether a URL's host is on the list. Throws `OptionError` for an entry that is not a host. */
export function toHostTest(hosts: readonly string[]): (url: URL) => boolean {
  if (!Array.isArray(hosts)) throw new OptionError('options.hosts', hosts, 'a list of hosts');
  const entries = hosts.map((entry: string) => {
    if (!/^(\*\.)?(\[[\da-f:.]+\]|[a-z\d][a-z\d.-]*)(:\d{1,5})?$/.test(entry))
      throw new OptionError('options.hosts', entry, 'a host in lower case, such as api.example.com or *.internal');
    const wild = entry.startsWith('*.');
    return { wild, host: wild ? entry.slice(1) : entry, withPort: /[^:]:\d+$/.test(entry) };
  });
  return (url) =>
    entries.some(({ wild, host, withPort }) => {
      const name = withPort
        ? `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
        : url.hostname;
      return wild ? name.endsWith(host) && name.length > host.length : name === host;
    });
}

/** The fields that carry the current context to another service: `x-correlation-id`, `traceparent`. Empty outside of any. */
export function propagationHeaders(): Record<string, string> {
  const { correlationId, traceId, spanId, traceFlags } = currentContext() ?? {};
  const headers: Record<string, string> = {};
  if (isSafeId(correlationId)) headers['x-correlation-id'] = correlationId;
  if (traceId !== undefined && spanId !== undefined)
    headers['traceparent'] = toTraceparent({ traceId, spanId, traceFlags: traceFlags ?? 1 });
  return headers;
}

/**
 * A `fetch` that tells allow-listed hosts the ids of the current context. Fields that the caller has set stay. With ids on
 * it, a request does not follow redirects unless the caller says so: they would go along to a host nobody listed.
 */
export function createPropagatingFetch(options: PropagationOptions, base: typeof fetch = fetch): typeof fetch {
  const isAllowed = toHostTest(options.hosts);
  return (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const url = new URL(request?.url ?? String(input));
    if (!isAllowed(url)) return base(input, init);
    const headers = new Headers(init?.headers ?? request?.headers);
    for (const [name, value] of Object.entries(propagationHeaders())) if (!headers.has(name)) headers.set(name, value);
    return base(input, { ...init, headers, redirect: init?.redirect ?? 'manual' });
  };
}
