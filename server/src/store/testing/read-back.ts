import { attributeText, toAnyValueJson } from '../../telemetry/any-value-json.ts';
import type { Attributes, AttributeValue, LogRecord, Resource, Scope } from '../../telemetry/records.ts';

/** SELECT lists that read every column, and what they must give back for a record: written independently of the encoders. */

const nano = (column: string): string => `toString(toUnixTimestamp64Nano(${column})) AS ${column}_`;
const id = (column: string): string => `lower(hex(${column})) AS ${column}_`;
const typed = (prefix: string): string =>
  ['string', 'int', 'double', 'bool', 'other'].map((t) => `${prefix}_${t}`).join(', ');
export const ORIGIN_COLUMNS: string = `service, environment, ${typed('resource')}, resource_dropped_attributes_count, resource_schema_url,
  scope_name, scope_version, scope_attrs, scope_dropped_attributes_count, scope_schema_url`;

export const LOG_COLUMNS: string = `id, ${nano('ts')}, ${nano('observed_ts')}, severity_number, severity_text, body, body_json, event_name,
  ${id('trace_id')}, ${id('span_id')}, flags, ${typed('attrs')}, dropped_attributes_count, ${ORIGIN_COLUMNS}`;

export const SPAN_COLUMNS: string = `id, ${nano('ts')}, ${nano('end_ts')}, duration_ns, ${id('trace_id')}, ${id('span_id')}, ${id('parent_span_id')},
  trace_state, flags, name, kind, status, status_message, ${typed('attrs')}, dropped_attributes_count,
  arrayMap(t -> toString(toUnixTimestamp64Nano(t)), events.ts) AS event_ts, events.name AS event_name, events.attrs AS event_attrs,
  events.dropped_attributes_count AS event_dropped, dropped_events_count,
  arrayMap(t -> lower(hex(t)), links.trace_id) AS link_trace_id, arrayMap(t -> lower(hex(t)), links.span_id) AS link_span_id,
  links.trace_state AS link_trace_state, links.attrs AS link_attrs, links.dropped_attributes_count AS link_dropped,
  links.flags AS link_flags, dropped_links_count, ${ORIGIN_COLUMNS}`;

export const METRIC_COLUMNS: string = `id, ${nano('ts')}, ${nano('start_ts')}, name, type, description, unit, metadata, temporality, monotonic,
  ${typed('attrs')}, flags, value_kind, value, value_int, count, sum, min, max, bucket_counts, explicit_bounds, scale, zero_count,
  zero_threshold, positive_offset, positive_counts, negative_offset, negative_counts, quantiles, exemplars, ${ORIGIN_COLUMNS}`;

export const ERROR_COLUMNS: string = `id, ${nano('ts')}, leftPad(lower(hex(group_id)), 16, '0') AS group_id_, fingerprint_version, service, environment, release,
  source, type, message, stacktrace, culprit, operation, ${id('trace_id')}, ${id('span_id')}`;

/** A double as the store's JSON has it. */
export function toDoubleJson(value: number): number | string {
  if (Number.isNaN(value)) {
    return 'nan';
  }
  return Number.isFinite(value) ? value : value > 0 ? 'inf' : '-inf';
}

/** Five maps. */
export function toTypedMaps(prefix: string, attributes: Attributes): Record<string, unknown> {
  const pick = (type: string, of: (value: AttributeValue) => boolean, to: (value: AttributeValue) => unknown) => [
    `${prefix}_${type}`,
    Object.fromEntries(
      [...attributes].filter(([, value]) => of(value)).map(([key, value]) => [key.toWellFormed(), to(value)]),
    ),
  ];
  return Object.fromEntries([
    pick(
      'string',
      (v) => typeof v === 'string',
      (v) => (v as string).toWellFormed(),
    ),
    pick('int', (v) => typeof v === 'bigint', String),
    pick(
      'double',
      (v) => typeof v === 'number',
      (v) => toDoubleJson(v as number),
    ),
    pick(
      'bool',
      (v) => typeof v === 'boolean',
      (v) => v,
    ),
    pick(
      'other',
      (v) => typeof v === 'object',
      (v) => JSON.stringify(toAnyValueJson(v)),
    ),
  ]);
}

export function toJsonMap(attributes: Attributes): Record<string, string> {
  return Object.fromEntries(
    [...attributes].map(([key, value]) => [key.toWellFormed(), JSON.stringify(toAnyValueJson(value))]),
  );
}

export function toOriginRow(resource: Resource, scope: Scope): Record<string, unknown> {
  return {
    service: resource.serviceName,
    environment: resource.environment,
    ...toTypedMaps('resource', resource.attributes),
    resource_dropped_attributes_count: resource.droppedAttributesCount,
    resource_schema_url: resource.schemaUrl,
    scope_name: scope.name,
    scope_version: scope.version,
    scope_attrs: toJsonMap(scope.attributes),
    scope_dropped_attributes_count: scope.droppedAttributesCount,
    scope_schema_url: scope.schemaUrl,
  };
}

export const toIdRow = (hex: string, digits: number): string => hex.padStart(digits, '0');

export function toLogRow(log: LogRecord): Record<string, unknown> {
  return {
    id: log.id.toString(),
    ts_: log.timeUnixNano.toString(),
    observed_ts_: log.observedTimeUnixNano.toString(),
    severity_number: log.severityNumber,
    severity_text: log.severityText,
    body: attributeText(log.body).toWellFormed(),
    body_json: typeof log.body === 'string' ? '' : JSON.stringify(toAnyValueJson(log.body)),
    event_name: log.eventName,
    trace_id_: toIdRow(log.traceId, 32),
    span_id_: toIdRow(log.spanId, 16),
    flags: log.flags,
    ...toTypedMaps('attrs', log.attributes),
    dropped_attributes_count: log.droppedAttributesCount,
    ...toOriginRow(log.resource, log.scope),
  };
}
