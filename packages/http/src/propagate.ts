import { callable, checkOptions, checkValue, type Rule } from '@breakwater/errors/options';
import { currentContext } from '@breakwater/log';
import { DEADLINE_HEADER, toDeadlineHeader } from '@breakwater/resilience/http';
import { toBaggage, toBaggageKeys } from './baggage.ts';
import { isSafeId, parseTraceparent, toTraceparent } from './correlation.ts';
import { checkItems, list } from './options.ts';
import { readTraceState } from './trace-state.ts';

export interface PropagationOptions extends PropagatedFields {
  /** Hosts that are told the ids: `payments.internal`, `*.internal` (any depth below), with `:port` only that port. Nobody else is. */
  readonly hosts: readonly string[];
}

export const hostRule: Rule = [
  'a host in lower case, such as api.example.com or *.internal',
  (v) => typeof v === 'string' && /^(\*\.)?(\[[\da-f:.]+\]|[a-z\d_][a-z\d._-]*)(:\d{1,5})?$/.test(v),
];

/** Whether a URL's host is on the list. Throws `OptionError` for an entry that is not a host. */
export function toHostTest(hosts: readonly string[]): (url: URL) => boolean {
  checkItems('toHostTest.hosts', hosts, hostRule);
  const entries = hosts.map((entry: string) => {
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

/** What is told beside the ids. */
export interface PropagatedFields {
  /** Keys of the context's baggage that are passed on. Default: none. */
  readonly baggage?: readonly string[] | undefined;
  /** Monotonic time by which the answer is needed, told as what is left (`x-request-timeout-ms`). Default: not told. */
  readonly deadline?: (() => number | undefined) | undefined;
}

const fieldRules: Record<string, Rule> = { baggage: list, deadline: callable };

/** Checks the options of a function that asks each request's host. */
export function checkPropagation(at: string, options: PropagationOptions): void {
  checkOptions(at, options, { ...fieldRules, hosts: list }, ['hosts']);
  checkItems(`${at}.hosts`, options.hosts, hostRule);
}

/** Makes the function that reads the fields off the context. Throws `OptionError` for wrong options, as of `at`. */
export function toFieldReader(at: string, options: PropagatedFields): () => Record<string, string> {
  const keys = toBaggageKeys(`${at}.baggage`, options.baggage);
  const { deadline } = options;
  return () => {
    const { correlationId, traceId, spanId, traceFlags, traceState, baggage } = currentContext() ?? {};
    const fields: Record<string, string> = {};
    if (isSafeId(correlationId)) fields['x-correlation-id'] = correlationId;
    if (traceId !== undefined && spanId !== undefined) {
      const field = toTraceparent({ traceId, spanId, traceFlags: traceFlags ?? 1 });
      if (parseTraceparent(field) !== undefined) {
        fields['traceparent'] = field;
        const state = readTraceState(traceState);
        if (state !== undefined) fields['tracestate'] = state;
      }
    }
    if (baggage !== undefined && keys.size > 0) {
      const field = toBaggage(baggage, keys);
      if (field !== undefined) fields['baggage'] = field;
    }
    const until = deadline?.();
    const left = until === undefined ? undefined : toDeadlineHeader(until);
    if (left !== undefined) fields[DEADLINE_HEADER] = left;
    return fields;
  };
}

/**
 * The fields that carry the current context to another service: `x-correlation-id`, `traceparent`, `tracestate`, and of the
 * baggage what `options` allow. Empty outside of any context. Throws `OptionError` for wrong options.
 */
export function propagationHeaders(options: PropagatedFields = {}): Record<string, string> {
  checkOptions('propagationHeaders', options, fieldRules);
  return toFieldReader('propagationHeaders', options)();
}

/** Adds fields to those a caller has set, which stay; a trace of the caller's keeps its own state. */
export function addFields(
  fields: Readonly<Record<string, string>>,
  has: (name: string) => boolean,
  add: (name: string, value: string) => void,
): void {
  const ownTrace = has('traceparent');
  for (const name in fields) {
    if (has(name) || (ownTrace && name === 'tracestate')) continue;
    add(name, fields[name]!);
  }
}

/**
 * A `fetch` that tells allow-listed hosts the ids of the current context. Fields that the caller has set stay. With ids on
 * it, a request does not follow redirects unless the caller says so: they would go along to a host nobody listed.
 */
export function createPropagatingFetch(options: PropagationOptions, base: typeof fetch = fetch): typeof fetch {
  checkPropagation('createPropagatingFetch', options);
  checkValue('createPropagatingFetch.base', base, callable);
  const isAllowed = toHostTest(options.hosts);
  const readFields = toFieldReader('createPropagatingFetch', options);
  return (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const url = URL.parse(request?.url ?? String(input));
    // What is no URL is refused by `fetch` itself.
    if (url === null || !isAllowed(url)) return base(input, init);
    const headers = new Headers(init?.headers ?? request?.headers);
    let told = false;
    addFields(
      readFields(),
      (name) => headers.has(name),
      (name, value) => {
        headers.set(name, value);
        told = true;
      },
    );
    if (!told) return base(input, init);
    // `follow` is what a request has that says nothing.
    const own = request === undefined || request.redirect === 'follow' ? 'manual' : request.redirect;
    return base(input, { ...init, headers, redirect: init?.redirect ?? own });
  };
}
