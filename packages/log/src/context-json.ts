import type { ContextCell, LogContext } from './context.ts';
import type { Writer } from './writer.ts';

/** Ids of the span that is active now. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags?: number | undefined;
}

const CONTEXT_NAMES: readonly (readonly [keyof LogContext, string])[] = [
  ['correlationId', 'breakwater.correlation_id'],
  ['requestId', 'breakwater.request_id'],
  ['userId', 'user.id'],
  ['sessionId', 'session.id'],
  ['tenantId', 'breakwater.tenant_id'],
  ['operation', 'breakwater.operation'],
];

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;

/** Writes the context's part of a line once per context and logger. */
export function prepareContext(cell: ContextCell, owner: object, writer: Writer, baggage: readonly string[]): void {
  const { values } = cell;
  const names = new Map<string, string>();
  let fragment = '';
  const add = (name: string, value: unknown): void => {
    if (names.has(name)) return;
    writer.keys.watch(name);
    // Most ids are UUIDs, and no preset whose plain words are clean takes one: looking for digits in them would be half
    // of what a request's context costs.
    const isClean = typeof value === 'string' && value.length === 36 && writer.wordsAreClean && UUID.test(value);
    const text = isClean ? `"${value}"` : writer.text(typeof value === 'string' ? value.slice(0, 256) : String(value));
    names.set(name, text);
    const { fragment: first, further } = writer.keys.get(name);
    fragment += (fragment === '' ? first : further) + text;
  };
  for (const [field, name] of CONTEXT_NAMES) {
    const value = values[field];
    if (value !== undefined && value !== '') add(name, value);
  }
  for (const entry of baggage) {
    const value =
      values.baggage !== undefined && Object.hasOwn(values.baggage, entry) ? values.baggage[entry] : undefined;
    if (value !== undefined) add(`baggage.${entry}`, value);
  }
  cell.names = names;
  cell.fragment = fragment;
  cell.head = traceHead(values);
  cell.core = owner;
  cell.coreVersion = cell.version;
}

export function traceHead(ids: Partial<TraceIds> | LogContext | undefined): string {
  if (typeof ids?.traceId !== 'string' || !TRACE_ID.test(ids.traceId)) return '';
  const span = typeof ids.spanId === 'string' && SPAN_ID.test(ids.spanId) ? `,"spanId":"${ids.spanId}"` : '';
  const flags = typeof ids.traceFlags === 'number' && ids.traceFlags >= 0 && ids.traceFlags < 256;
  return `,"traceId":"${ids.traceId}"${span}${flags ? `,"traceFlags":${Math.floor(ids.traceFlags!)}` : ''}`;
}
