import {
  ATTRIBUTE_COLUMNS,
  type AttributeMaps,
  idOf,
  keyValuesOf,
  keyValuesOfJson,
  ORIGIN_COLUMNS,
  type OriginRow,
  resourceView,
  scopeView,
} from './attributes-view.ts';
import type { SpanView } from './types.ts';

/** What to select from `spans` for {@link spanView}. */
export const SPAN_COLUMNS: string = `lower(hex(trace_id)) AS trace_hex, lower(hex(span_id)) AS span_hex,
  lower(hex(parent_span_id)) AS parent_hex, trace_state, flags, name, kind, toUnixTimestamp64Nano(ts) AS start_ns,
  toUnixTimestamp64Nano(end_ts) AS end_ns, status, status_message, ${ATTRIBUTE_COLUMNS}, dropped_attributes_count,
  arrayMap(t -> toUnixTimestamp64Nano(t), events.ts) AS event_times, events.name AS event_names,
  events.attrs AS event_attrs, events.dropped_attributes_count AS event_dropped, dropped_events_count,
  arrayMap(i -> lower(hex(i)), links.trace_id) AS link_traces, arrayMap(i -> lower(hex(i)), links.span_id) AS link_spans,
  links.trace_state AS link_states, links.attrs AS link_attrs, links.dropped_attributes_count AS link_dropped,
  links.flags AS link_flags, dropped_links_count, ${ORIGIN_COLUMNS}`;

export interface SpanRow extends OriginRow, AttributeMaps<'attrs'> {
  readonly trace_hex: string;
  readonly span_hex: string;
  readonly parent_hex: string;
  readonly trace_state: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: SpanView['kind'];
  readonly start_ns: string;
  readonly end_ns: string;
  readonly status: SpanView['status'];
  readonly status_message: string;
  readonly dropped_attributes_count: number;
  readonly event_times: readonly string[];
  readonly event_names: readonly string[];
  readonly event_attrs: readonly Readonly<Record<string, string>>[];
  readonly event_dropped: readonly number[];
  readonly dropped_events_count: number;
  readonly link_traces: readonly string[];
  readonly link_spans: readonly string[];
  readonly link_states: readonly string[];
  readonly link_attrs: readonly Readonly<Record<string, string>>[];
  readonly link_dropped: readonly number[];
  readonly link_flags: readonly number[];
  readonly dropped_links_count: number;
}

export function spanView(row: SpanRow): SpanView {
  return {
    traceId: idOf(row.trace_hex),
    spanId: idOf(row.span_hex),
    parentSpanId: idOf(row.parent_hex),
    traceState: row.trace_state,
    flags: row.flags,
    name: row.name,
    kind: row.kind,
    service: row.service,
    startTimeUnixNano: row.start_ns,
    endTimeUnixNano: row.end_ns,
    status: row.status,
    statusMessage: row.status_message,
    attributes: keyValuesOf(row, 'attrs'),
    droppedAttributesCount: row.dropped_attributes_count,
    events: row.event_times.map((timeUnixNano, index) => ({
      timeUnixNano,
      name: row.event_names[index]!,
      attributes: keyValuesOfJson(row.event_attrs[index]!),
      droppedAttributesCount: row.event_dropped[index]!,
    })),
    droppedEventsCount: row.dropped_events_count,
    links: row.link_traces.map((traceHex, index) => ({
      traceId: idOf(traceHex),
      spanId: idOf(row.link_spans[index]!),
      traceState: row.link_states[index]!,
      attributes: keyValuesOfJson(row.link_attrs[index]!),
      droppedAttributesCount: row.link_dropped[index]!,
      flags: row.link_flags[index]!,
    })),
    droppedLinksCount: row.dropped_links_count,
    resource: resourceView(row),
    scope: scopeView(row),
  };
}
