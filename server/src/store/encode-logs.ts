import { attributeText, toAnyValueJson } from '../telemetry/any-value-json.ts';
import type { LogRecord } from '../telemetry/records.ts';
import {
  attributeColumns,
  type Column,
  createAttributesEncoder,
  createOriginEncoder,
  RESOURCE_COLUMNS,
  SCOPE_COLUMNS,
} from './encode-attributes.ts';
import type { FieldCatalogue } from './field-catalogue.ts';
import type { RowWriter } from './row-writer.ts';

/** How one kind of record becomes a row: the columns, in the order in which `encode` writes them. */
export interface RowEncoder<T> {
  readonly table: string;
  readonly columns: readonly Column[];
  /** Throws a TypeError where a record does not have the type it promises; the row is then to be dropped. */
  encode(writer: RowWriter, record: T): void;
}

export function createLogEncoder(catalogue: FieldCatalogue): RowEncoder<LogRecord> {
  const encodeAttributes = createAttributesEncoder(catalogue, 'logs', 'attribute');
  const encodeOrigin = createOriginEncoder(catalogue, 'logs');
  return {
    table: 'logs',
    columns: [
      ['id', 'UInt64'],
      ['ts', "DateTime64(9, 'UTC')"],
      ['observed_ts', "DateTime64(9, 'UTC')"],
      ['severity_number', 'UInt8'],
      ['severity_text', 'String'],
      ['body', 'String'],
      ['body_json', 'String'],
      ['event_name', 'String'],
      ['trace_id', 'FixedString(16)'],
      ['span_id', 'FixedString(8)'],
      ['flags', 'UInt32'],
      ...attributeColumns('attrs'),
      ['dropped_attributes_count', 'UInt32'],
      ...RESOURCE_COLUMNS,
      ...SCOPE_COLUMNS,
    ],
    encode(writer, log) {
      catalogue.source = log.resource.serviceName;
      writer.uint64(log.id);
      writer.time(log.timeUnixNano);
      writer.time(log.observedTimeUnixNano);
      writer.uint8(log.severityNumber);
      writer.string(log.severityText);
      if (typeof log.body === 'string') {
        writer.string(log.body);
        writer.uint8(0);
      } else {
        writer.string(attributeText(log.body));
        writer.string(JSON.stringify(toAnyValueJson(log.body)));
      }
      writer.string(log.eventName);
      writer.hex(log.traceId, 16);
      writer.hex(log.spanId, 8);
      writer.uint32(log.flags);
      encodeAttributes(writer, log.attributes);
      writer.uint32(log.droppedAttributesCount);
      encodeOrigin(writer, log.resource, log.scope);
    },
  };
}
