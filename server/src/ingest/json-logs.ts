import type { LogRecord } from '../telemetry/records.ts';
import { completeLogRecord } from './complete-records.ts';
import { type DecodeContext, RECORD_COST } from './decode-context.ts';
import { anyValueField, attributesField, type ExportNames, readExportRequestJson } from './json-common.ts';
import { enumField, idField, textField, uint32Field, uint64Field } from './json-fields.ts';

const NAMES: ExportNames = { resources: 'resourceLogs', scopes: 'scopeLogs', records: 'logRecords' };
/** Index = the number. Names of the proto enum without their prefix. */
const SEVERITIES: readonly string[] = [
  'UNSPECIFIED',
  ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`]),
];

/** The log records of an OTLP/JSON ExportLogsServiceRequest. Throws as {@link readExportRequestJson} does. */
export function decodeLogsJson(bytes: Buffer, context: DecodeContext): LogRecord[] {
  const records: LogRecord[] = [];
  readExportRequestJson(bytes, context, NAMES, (json, resource, scope) => {
    context.spend(RECORD_COST);
    const log = {
      id: 0n,
      resource,
      scope,
      timeUnixNano: uint64Field(json, 'timeUnixNano', context),
      observedTimeUnixNano: uint64Field(json, 'observedTimeUnixNano', context),
      severityNumber: enumField(json, 'severityNumber', 'SEVERITY_NUMBER_', SEVERITIES, context),
      severityText: textField(json, 'severityText', context),
      body: anyValueField(json, 'body', context),
      attributes: attributesField(json, 'attributes', context),
      droppedAttributesCount: uint32Field(json, 'droppedAttributesCount', context),
      flags: uint32Field(json, 'flags', context),
      traceId: '',
      spanId: '',
      eventName: textField(json, 'eventName', context),
    };
    const traceId = idField(json, 'traceId', 16, context);
    const spanId = idField(json, 'spanId', 8, context);
    records.push(completeLogRecord(context, log, traceId, spanId));
  });
  return records;
}
