/** SELECT lists that read every column. What they must give back is in expected-rows.ts. */

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
