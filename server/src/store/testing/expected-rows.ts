import { attributeText, toAnyValueJson } from '../../telemetry/any-value-json.ts';
import type {
  Attributes,
  AttributeValue,
  LogRecord,
  MetricPoint,
  Resource,
  Scope,
  SpanRecord,
} from '../../telemetry/records.ts';

/** What the SELECT lists of read-back.ts must give back for a record: written independently of the encoders. */

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

export function toSpanRow(span: SpanRecord): Record<string, unknown> {
  const { startTimeUnixNano: start, endTimeUnixNano: end } = span;
  return {
    id: span.id.toString(),
    ts_: start.toString(),
    end_ts_: end.toString(),
    duration_ns: (end > start ? end - start : 0n).toString(),
    trace_id_: span.traceId,
    span_id_: span.spanId,
    parent_span_id_: span.parentSpanId.padStart(16, '0'),
    trace_state: span.traceState,
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    status: span.status,
    status_message: span.statusMessage,
    ...toTypedMaps('attrs', span.attributes),
    dropped_attributes_count: span.droppedAttributesCount,
    event_ts: span.events.map((event) => event.timeUnixNano.toString()),
    event_name: span.events.map((event) => event.name),
    event_attrs: span.events.map((event) => toJsonMap(event.attributes)),
    event_dropped: span.events.map((event) => event.droppedAttributesCount),
    dropped_events_count: span.droppedEventsCount,
    link_trace_id: span.links.map((link) => link.traceId.padStart(32, '0')),
    link_span_id: span.links.map((link) => link.spanId.padStart(16, '0')),
    link_trace_state: span.links.map((link) => link.traceState),
    link_attrs: span.links.map((link) => toJsonMap(link.attributes)),
    link_dropped: span.links.map((link) => link.droppedAttributesCount),
    link_flags: span.links.map((link) => link.flags),
    dropped_links_count: span.droppedLinksCount,
    ...toOriginRow(span.resource, span.scope),
  };
}

export function toMetricRow(point: MetricPoint): Record<string, unknown> {
  const value = 'value' in point ? point.value : null;
  const none = { offset: 0, counts: [] as bigint[] };
  const nullable = (number: number | null): number | string | null => (number === null ? null : toDoubleJson(number));
  const exponential = point.type === 'exponential_histogram' ? point : undefined;
  const texts = (counts: readonly bigint[]): string[] => counts.map(String);
  return {
    id: point.id.toString(),
    ts_: point.timeUnixNano.toString(),
    start_ts_: point.startTimeUnixNano.toString(),
    name: point.name,
    type: point.type,
    description: point.description,
    unit: point.unit,
    metadata: toJsonMap(point.metadata),
    temporality: 'temporality' in point ? point.temporality : 'unspecified',
    monotonic: 'monotonic' in point ? point.monotonic : false,
    ...toTypedMaps('attrs', point.attributes),
    flags: point.flags,
    value_kind: value === null ? 'none' : typeof value === 'bigint' ? 'int' : 'double',
    value: toDoubleJson(Number(value ?? 0)),
    value_int: typeof value === 'bigint' ? value.toString() : '0',
    count: 'count' in point ? point.count.toString() : '0',
    sum: 'sum' in point ? nullable(point.sum) : null,
    min: 'min' in point ? nullable(point.min) : null,
    max: 'max' in point ? nullable(point.max) : null,
    bucket_counts: 'bucketCounts' in point ? texts(point.bucketCounts) : [],
    explicit_bounds: 'explicitBounds' in point ? point.explicitBounds : [],
    scale: exponential?.scale ?? 0,
    zero_count: (exponential?.zeroCount ?? 0n).toString(),
    zero_threshold: exponential?.zeroThreshold ?? 0,
    positive_offset: (exponential?.positive ?? none).offset,
    positive_counts: texts((exponential?.positive ?? none).counts),
    negative_offset: (exponential?.negative ?? none).offset,
    negative_counts: texts((exponential?.negative ?? none).counts),
    quantiles:
      'quantiles' in point ? point.quantiles.map((q) => [toDoubleJson(q.quantile), toDoubleJson(q.value)]) : [],
    exemplars: point.exemplars.length === 0 ? '' : exemplarsText(point),
    ...toOriginRow(point.resource, point.scope),
  };
}

/** Written out: the field names are part of the contract with the API. */
function exemplarsText(point: MetricPoint): string {
  const filteredAttributes = [...(point.exemplars[0]?.attributes ?? [])].map(([key, value]) => ({
    key,
    value: toAnyValueJson(value),
  }));
  return JSON.stringify([
    {
      timeUnixNano: point.exemplars[0]?.timeUnixNano.toString(),
      asInt: '9223372036854775807',
      traceId: 'ab'.repeat(16),
      spanId: 'cd'.repeat(8),
      filteredAttributes,
    },
    { timeUnixNano: '0', asDouble: 'NaN', filteredAttributes: [] },
    { timeUnixNano: '0', filteredAttributes: [] },
  ]);
}
