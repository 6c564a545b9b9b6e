import { type AttributeValue, fits64, type LogRecord } from '../record.ts';
import { groupRecords, unixNano } from './group.ts';

function anyValue(value: AttributeValue): object {
  if (value === null) return {};
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'bigint':
      return fits64(value) ? { intValue: String(value) } : { stringValue: String(value) };
    case 'number':
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    default:
      if (Array.isArray(value)) return { arrayValue: { values: (value as readonly AttributeValue[]).map(anyValue) } };
      return { kvlistValue: { values: keyValues(value as Readonly<Record<string, AttributeValue>>) } };
  }
}

function keyValues(values: Readonly<Record<string, AttributeValue>>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function logRecord(record: LogRecord): object {
  const nano = String(unixNano(record.timestamp));
  return {
    timeUnixNano: nano,
    observedTimeUnixNano: record.observedTimestamp === undefined ? nano : String(unixNano(record.observedTimestamp)),
    severityNumber: record.severityNumber,
    severityText: record.severityText,
    body: { stringValue: record.body },
    attributes: keyValues(record.attributes),
    ...(record.traceId === undefined ? {} : { traceId: record.traceId }),
    ...(record.spanId === undefined ? {} : { spanId: record.spanId }),
    ...(record.traceFlags === undefined ? {} : { flags: record.traceFlags }),
    ...(record.eventName === undefined ? {} : { eventName: record.eventName }),
  };
}

/** Records as an OTLP `ExportLogsServiceRequest` in JSON; integers are texts, so that all 64 bits arrive. */
export function toOtlpJson(records: readonly LogRecord[]): string {
  return JSON.stringify({
    resourceLogs: groupRecords(records).map(({ resource, scopes }) => ({
      resource: { attributes: keyValues(resource) },
      scopeLogs: scopes.map(({ name, records: logs }) => ({ scope: { name }, logRecords: logs.map(logRecord) })),
    })),
  });
}
