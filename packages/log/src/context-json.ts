import type { LogContext, WrittenContext } from './context.ts';
import { readOwn } from './fields.ts';
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

function isId(id: unknown, digits: number): id is string {
  return typeof id === 'string' && id.length === digits && /^(?!0+$)[0-9a-f]+$/.test(id);
}

/** Writes the context's part of a line once per context and logger. */
export function writeContext(
  values: LogContext,
  owner: object,
  writer: Writer,
  baggage: readonly string[],
): WrittenContext {
  const names = new Map<string, string>();
  let json = '';
  const add = (name: string, value: unknown): void => {
    if (value === '' || names.has(name)) return;
    const text = writer.safely(name, typeof value === 'string' ? value.slice(0, 256) : value);
    if (text === '') return;
    names.set(name, text);
    json += (json === '' ? '' : ',') + writer.keys.get(name).json + text;
  };
  for (const [field, name] of NAMES) add(name, values[field]);
  for (const entry of baggage) add(`baggage.${entry}`, readOwn(values.baggage, entry));
  return { owner, names, span: traceHead(values), json, parts: undefined, above: '', more: '' };
}

export function traceHead(ids: Partial<TraceIds> | LogContext | undefined): string {
  const { traceId, spanId, traceFlags } = ids ?? {};
  if (!isId(traceId, 32)) return '';
  const span = isId(spanId, 16) ? `,"spanId":"${spanId}"` : '';
  const hasFlags = typeof traceFlags === 'number' && traceFlags >= 0 && traceFlags < 256;
  return `,"traceId":"${traceId}"${span}${hasFlags ? `,"traceFlags":${Math.floor(traceFlags)}` : ''}`;
}
