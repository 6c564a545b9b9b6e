import type { ContextCell, LogContext } from './context.ts';
import type { Writer } from './writer.ts';

/** Ids of the span that is active now. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags?: number | undefined;
}

const NAMES: readonly (readonly [keyof LogContext, string])[] = [
  ['correlationId', 'breakwater.correlation_id'],
  ['requestId', 'breakwater.request_id'],
  ['userId', 'user.id'],
  ['sessionId', 'session.id'],
  ['tenantId', 'breakwater.tenant_id'],
  ['operation', 'breakwater.operation'],
];

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;

/** Writes the context's part of a line once per context and logger. */
export function prepareContext(cell: ContextCell, owner: object, writer: Writer, baggage: readonly string[]): void {
  const { values } = cell;
  const names = new Map<string, string>();
  let fragment = '';
  const add = (name: string, value: unknown): void => {
    if (value === undefined || value === '' || names.has(name)) return;
    const text = writer.text(String(value).slice(0, 256));
    names.set(name, text);
    fragment += (fragment === '' ? '' : ',') + writer.keys.get(name).json + text;
  };
  for (const [field, name] of NAMES) add(name, values[field]);
  for (const entry of baggage) {
    if (values.baggage !== undefined && Object.hasOwn(values.baggage, entry))
      add(`baggage.${entry}`, values.baggage[entry]);
  }
  cell.names = names;
  cell.fragment = fragment;
  cell.head = traceHead(values);
  cell.owner = owner;
}

export function traceHead(ids: Partial<TraceIds> | LogContext | undefined): string {
  const traceId = String(ids?.traceId);
  if (!TRACE_ID.test(traceId)) return '';
  const spanId = String(ids?.spanId);
  const flags = Number(ids?.traceFlags);
  const span = SPAN_ID.test(spanId) ? `,"spanId":"${spanId}"` : '';
  return `,"traceId":"${traceId}"${span}${flags >= 0 && flags < 256 ? `,"traceFlags":${Math.floor(flags)}` : ''}`;
}
