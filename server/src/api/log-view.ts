import { LEVELS } from '../query/levels.ts';
import { attributeText, toAnyValueJson } from '../telemetry/any-value-json.ts';
import type { LogRecord } from '../telemetry/records.ts';
import {
  ATTRIBUTE_COLUMNS,
  type AttributeMaps,
  idOf,
  keyValuesOf,
  keyValuesOfRecord,
  ORIGIN_COLUMNS,
  type OriginRow,
  resourceView,
  resourceViewOfRecord,
  scopeView,
  scopeViewOfRecord,
} from './attributes-view.ts';
import type { AnyValue, LogView, SeverityName } from './types.ts';

/** What to select from `logs` for {@link logView}. */
export const LOG_COLUMNS: string = `id, toUnixTimestamp64Nano(ts) AS time_ns, toUnixTimestamp64Nano(observed_ts) AS observed_ns,
  severity_number, severity_text, body, body_json, event_name, lower(hex(trace_id)) AS trace_hex,
  lower(hex(span_id)) AS span_hex, flags, ${ATTRIBUTE_COLUMNS}, dropped_attributes_count, ${ORIGIN_COLUMNS}`;

export interface LogRow extends OriginRow, AttributeMaps<'attrs'> {
  readonly id: string;
  readonly time_ns: string;
  readonly observed_ns: string;
  readonly severity_number: number;
  readonly severity_text: string;
  readonly body: string;
  readonly body_json: string;
  readonly event_name: string;
  readonly trace_hex: string;
  readonly span_hex: string;
  readonly flags: number;
  readonly dropped_attributes_count: number;
}

export function logView(row: LogRow): LogView {
  return {
    id: row.id,
    timeUnixNano: row.time_ns,
    observedTimeUnixNano: row.observed_ns,
    severityNumber: row.severity_number,
    severityText: row.severity_text,
    severity: severityName(row.severity_number),
    service: row.service,
    body: row.body,
    ...(row.body_json !== '' && { bodyValue: JSON.parse(row.body_json) as AnyValue }),
    eventName: row.event_name,
    traceId: idOf(row.trace_hex),
    spanId: idOf(row.span_hex),
    flags: row.flags,
    attributes: keyValuesOf(row, 'attrs'),
    droppedAttributesCount: row.dropped_attributes_count,
    resource: resourceView(row),
    scope: scopeView(row),
  };
}

/** The same view of a record that was just stored, for the live tail. */
export function logViewOfRecord(record: LogRecord): LogView {
  return {
    id: record.id.toString(),
    timeUnixNano: record.timeUnixNano.toString(),
    observedTimeUnixNano: record.observedTimeUnixNano.toString(),
    severityNumber: record.severityNumber,
    severityText: record.severityText,
    severity: severityName(record.severityNumber),
    service: record.resource.serviceName,
    body: attributeText(record.body),
    ...(typeof record.body !== 'string' && { bodyValue: toAnyValueJson(record.body) }),
    eventName: record.eventName,
    traceId: record.traceId,
    spanId: record.spanId,
    flags: record.flags,
    attributes: keyValuesOfRecord(record.attributes),
    droppedAttributesCount: record.droppedAttributesCount,
    resource: resourceViewOfRecord(record.resource),
    scope: scopeViewOfRecord(record.scope),
  };
}

export function severityName(severityNumber: number): SeverityName {
  const level = LEVELS.find(([, low, high]) => severityNumber >= low && severityNumber <= high);
  return (level?.[0] ?? 'unspecified') as SeverityName;
}

/** The severity's name as SQL. */
export const SEVERITY_NAME_SQL: string = `multiIf(${LEVELS.slice(0, -1)
  .map(([name, , high]) => `severity_number <= ${high}, '${name}'`)
  .join(', ')}, '${LEVELS.at(-1)![0]}')`;
