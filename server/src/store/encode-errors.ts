import type { ErrorEvent } from '../telemetry/records.ts';
import type { RowEncoder } from './encode-logs.ts';

export function createErrorEncoder(): RowEncoder<ErrorEvent> {
  return {
    table: 'error_events',
    columns: [
      ['id', 'UInt64'],
      ['ts', "DateTime64(9, 'UTC')"],
      ['group_id', 'UInt64'],
      ['fingerprint_version', 'UInt8'],
      ['service', 'String'],
      ['environment', 'String'],
      ['release', 'String'],
      ['source', 'Int8'],
      ['type', 'String'],
      ['message', 'String'],
      ['stacktrace', 'String'],
      ['culprit', 'String'],
      ['operation', 'String'],
      ['trace_id', 'FixedString(16)'],
      ['span_id', 'FixedString(8)'],
    ],
    encode(writer, event) {
      writer.uint64(event.id);
      writer.time(event.timeUnixNano);
      writer.uint64(BigInt(`0x${event.groupId}`));
      writer.uint8(event.fingerprintVersion);
      writer.string(event.service);
      writer.string(event.environment);
      writer.string(event.release);
      writer.uint8(event.source === 'span' ? 1 : 2);
      writer.string(event.type);
      writer.string(event.message);
      writer.string(event.stacktrace);
      writer.string(event.culprit);
      writer.string(event.operation);
      writer.hex(event.traceId, 16);
      writer.hex(event.spanId, 8);
    },
  };
}
