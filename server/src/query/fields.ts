import { attributeText } from '../telemetry/any-value-json.ts';
import type { AttributeValue, LogRecord, SpanRecord } from '../telemetry/records.ts';
import { SPAN_KINDS, SPAN_STATUSES } from '../telemetry/records.ts';
import type { FieldRef, FieldTest, Signal } from './ast.ts';

/** What a query is matched with in the process. */
export type AnyRecord = LogRecord | SpanRecord;

/** Where a field lives: its column in the store, how to read it from a record, and its type. */
export type Target =
  | { readonly type: 'string'; readonly column: string; readonly read: (record: AnyRecord) => string }
  /** Free text; words and phrases are looked for in it, ASCII letter case aside. */
  | { readonly type: 'text'; readonly column: string; readonly read: (record: AnyRecord) => string }
  /** A trace or span id, hexadecimal; '' where absent, all zero bytes in the store. */
  | {
      readonly type: 'id';
      readonly column: string;
      readonly digits: number;
      readonly read: (record: AnyRecord) => string;
    }
  /** A severity number, written as a number or a level's name. */
  | { readonly type: 'level'; readonly column: string; readonly read: (record: AnyRecord) => number }
  /** The first value is the one of a record that did not set it. */
  | {
      readonly type: 'enum';
      readonly column: string;
      readonly values: readonly string[];
      readonly read: (record: AnyRecord) => string;
    }
  /** Nanoseconds. */
  | { readonly type: 'duration'; readonly column: string; readonly read: (record: AnyRecord) => bigint }
  | {
      readonly type: 'attribute';
      readonly maps: 'attrs' | 'resource';
      readonly key: string;
      readonly read: (record: AnyRecord) => AttributeValue | undefined;
    };

export type FieldType = Target['type'];

/** The operators a field of each type understands. */
export const OPERATORS: Readonly<Record<FieldType, readonly FieldTest['op'][]>> = {
  string: ['equals', 'wildcard', 'exists'],
  text: ['text', 'exists'],
  id: ['equals', 'wildcard', 'exists'],
  level: ['equals', 'compare', 'range', 'exists'],
  enum: ['equals', 'exists'],
  duration: ['equals', 'compare', 'range', 'exists'],
  attribute: ['equals', 'wildcard', 'exists', 'compare', 'range'],
};

const log =
  <T>(read: (record: LogRecord) => T) =>
  (record: AnyRecord): T =>
    read(record as LogRecord);
const span =
  <T>(read: (record: SpanRecord) => T) =>
  (record: AnyRecord): T =>
    read(record as SpanRecord);

const COMMON: readonly (readonly [string, Target])[] = [
  ['service', { type: 'string', column: 'service', read: (r) => r.resource.serviceName }],
  ['environment', { type: 'string', column: 'environment', read: (r) => r.resource.environment }],
  ['scope', { type: 'string', column: 'scope_name', read: (r) => r.scope.name }],
  ['trace', { type: 'id', column: 'trace_id', digits: 32, read: (r) => r.traceId }],
  ['span', { type: 'id', column: 'span_id', digits: 16, read: (r) => r.spanId }],
];

/** The built-in fields of each signal, by name. */
export const FIELDS: Readonly<Record<Signal, ReadonlyMap<string, Target>>> = {
  logs: new Map<string, Target>([
    ...COMMON,
    ['level', { type: 'level', column: 'severity_number', read: log((r) => r.severityNumber) }],
    ['severity_text', { type: 'string', column: 'severity_text', read: log((r) => r.severityText) }],
    ['body', { type: 'text', column: 'body', read: log((r) => attributeText(r.body)) }],
    ['event', { type: 'string', column: 'event_name', read: log((r) => r.eventName) }],
  ]),
  spans: new Map<string, Target>([
    ...COMMON,
    ['parent', { type: 'id', column: 'parent_span_id', digits: 16, read: span((r) => r.parentSpanId) }],
    ['name', { type: 'string', column: 'name', read: span((r) => r.name) }],
    ['kind', { type: 'enum', column: 'kind', values: SPAN_KINDS, read: span((r) => r.kind) }],
    ['status', { type: 'enum', column: 'status', values: SPAN_STATUSES, read: span((r) => r.status) }],
    ['status_message', { type: 'string', column: 'status_message', read: span((r) => r.statusMessage) }],
    ['duration', { type: 'duration', column: 'duration_ns', read: span(durationOf) }],
  ]),
};

/** Other names people type. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ['severity', 'level'],
  ['env', 'environment'],
  ['trace_id', 'trace'],
  ['span_id', 'span'],
  ['parent_span_id', 'parent'],
  ['event_name', 'event'],
]);

/** Where free text is looked for. */
export const FREE_TEXT: Readonly<Record<Signal, Extract<Target, { type: 'text' }>>> = {
  logs: FIELDS.logs.get('body') as Extract<Target, { type: 'text' }>,
  spans: { type: 'text', column: 'name', read: span((r) => r.name) },
};

/** The target of a field on a signal. A built-in name the signal does not have means the attribute of that name. */
export function targetOf(field: FieldRef, signal: Signal): Target {
  const builtIn = field.scope === 'field' ? FIELDS[signal].get(field.name) : undefined;
  if (builtIn) return builtIn;
  const key = field.name;
  if (field.scope === 'resource') {
    return { type: 'attribute', maps: 'resource', key, read: (r) => r.resource.attributes.get(key) };
  }
  return { type: 'attribute', maps: 'attrs', key, read: (r) => r.attributes.get(key) };
}

function durationOf(record: SpanRecord): bigint {
  const nanos = record.endTimeUnixNano - record.startTimeUnixNano;
  return nanos > 0n ? nanos : 0n;
}
