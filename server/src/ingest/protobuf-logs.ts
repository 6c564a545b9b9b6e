import type { LogRecord, Resource, Scope } from '../telemetry/records.ts';
import { completeLogRecord, type ReadId } from './complete-records.ts';
import { type DecodeContext, RECORD_COST } from './decode-context.ts';
import { ownAttributes, readAnyValue, readAttribute, readName } from './protobuf-common.ts';
import { readExportRequest } from './protobuf-export.ts';
import { FIXED32, FIXED64, LENGTH, type ProtobufReader, VARINT } from './protobuf-reader.ts';
import { type AttributeMap, type Draft, NO_ATTRIBUTES } from './record-parts.ts';

/** The log records of a protobuf ExportLogsServiceRequest (logs.proto v1). Throws as {@link readExportRequest} does. */
export function decodeLogsProtobuf(bytes: Uint8Array, context: DecodeContext): LogRecord[] {
  const records: LogRecord[] = [];
  readExportRequest(bytes, context, (reader, resource, scope) => {
    records.push(readLogRecord(reader, context, resource, scope));
  });
  return records;
}

function readLogRecord(reader: ProtobufReader, context: DecodeContext, resource: Resource, scope: Scope): LogRecord {
  context.spend(RECORD_COST);
  const end = reader.valueEnd();
  const log: Draft<LogRecord> = {
    id: 0n,
    resource,
    scope,
    timeUnixNano: 0n,
    observedTimeUnixNano: 0n,
    severityNumber: 0,
    severityText: '',
    body: null,
    attributes: NO_ATTRIBUTES,
    droppedAttributesCount: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    eventName: '',
  };
  let traceId: ReadId = '';
  let spanId: ReadId = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | FIXED64:
        log.timeUnixNano = reader.fixed64();
        break;
      case (11 << 3) | FIXED64:
        log.observedTimeUnixNano = reader.fixed64();
        break;
      case (2 << 3) | VARINT:
        log.severityNumber = reader.varint32();
        break;
      case (3 << 3) | LENGTH:
        log.severityText = readName(reader, context);
        break;
      case (5 << 3) | LENGTH:
        log.body = readAnyValue(reader, context);
        break;
      case (6 << 3) | LENGTH:
        log.attributes = ownAttributes(log.attributes);
        readAttribute(reader, context, log.attributes as AttributeMap);
        break;
      case (7 << 3) | VARINT:
        log.droppedAttributesCount = reader.varint32();
        break;
      case (8 << 3) | FIXED32:
        log.flags = reader.fixed32();
        break;
      case (9 << 3) | LENGTH:
        traceId = reader.traceId(reader.valueEnd());
        break;
      case (10 << 3) | LENGTH:
        spanId = reader.spanId(reader.valueEnd());
        break;
      case (12 << 3) | LENGTH:
        log.eventName = readName(reader, context);
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
  return completeLogRecord(context, log, traceId, spanId);
}
