import { SPAN_KINDS, SPAN_STATUSES, type SpanRecord } from '../telemetry/records.ts';
import {
  attributeColumns,
  createAttributesEncoder,
  createOriginEncoder,
  RESOURCE_COLUMNS,
  SCOPE_COLUMNS,
  writeJsonAttributes,
} from './encode-attributes.ts';
import type { RowEncoder } from './encode-logs.ts';
import type { FieldCatalogue } from './field-catalogue.ts';
import type { RowWriter } from './row-writer.ts';

export function createSpanEncoder(catalogue: FieldCatalogue): RowEncoder<SpanRecord> {
  const encodeAttributes = createAttributesEncoder(catalogue, 'spans', 'attribute');
  const encodeOrigin = createOriginEncoder(catalogue, 'spans');
  return {
    table: 'spans',
    columns: [
      ['id', 'UInt64'],
      ['ts', "DateTime64(9, 'UTC')"],
      ['end_ts', "DateTime64(9, 'UTC')"],
      ['duration_ns', 'UInt64'],
      ['trace_id', 'FixedString(16)'],
      ['span_id', 'FixedString(8)'],
      ['parent_span_id', 'FixedString(8)'],
      ['trace_state', 'String'],
      ['flags', 'UInt32'],
      ['name', 'String'],
      ['kind', 'Int8'],
      ['status', 'Int8'],
      ['status_message', 'String'],
      ...attributeColumns('attrs'),
      ['dropped_attributes_count', 'UInt32'],
      ['events.ts', "Array(DateTime64(9, 'UTC'))"],
      ['events.name', 'Array(String)'],
      ['events.attrs', 'Array(Map(String, String))'],
      ['events.dropped_attributes_count', 'Array(UInt32)'],
      ['dropped_events_count', 'UInt32'],
      ['links.trace_id', 'Array(FixedString(16))'],
      ['links.span_id', 'Array(FixedString(8))'],
      ['links.trace_state', 'Array(String)'],
      ['links.attrs', 'Array(Map(String, String))'],
      ['links.dropped_attributes_count', 'Array(UInt32)'],
      ['links.flags', 'Array(UInt32)'],
      ['dropped_links_count', 'UInt32'],
      ...RESOURCE_COLUMNS,
      ...SCOPE_COLUMNS,
    ],
    encode(writer, span) {
      catalogue.source = span.resource.serviceName;
      const { startTimeUnixNano: start, endTimeUnixNano: end } = span;
      writer.uint64(span.id);
      writer.time(start);
      writer.time(end);
      writer.uint64(end > start ? end - start : 0n);
      writer.hex(span.traceId, 16);
      writer.hex(span.spanId, 8);
      writer.hex(span.parentSpanId, 8);
      writer.string(span.traceState);
      writer.uint32(span.flags);
      writer.string(span.name);
      writer.uint8(SPAN_KINDS.indexOf(span.kind));
      writer.uint8(SPAN_STATUSES.indexOf(span.status));
      writer.string(span.statusMessage);
      encodeAttributes(writer, span.attributes);
      writer.uint32(span.droppedAttributesCount);
      writeEvents(writer, span.events);
      writer.uint32(span.droppedEventsCount);
      writeLinks(writer, span.links);
      writer.uint32(span.droppedLinksCount);
      encodeOrigin(writer, span.resource, span.scope);
    },
  };
}

function writeEvents(writer: RowWriter, events: SpanRecord['events']): void {
  writer.length(events.length);
  for (const event of events) {
    writer.time(event.timeUnixNano);
  }
  writer.length(events.length);
  for (const event of events) {
    writer.string(event.name);
  }
  writer.length(events.length);
  for (const event of events) {
    writeJsonAttributes(writer, event.attributes);
  }
  writer.length(events.length);
  for (const event of events) {
    writer.uint32(event.droppedAttributesCount);
  }
}

function writeLinks(writer: RowWriter, links: SpanRecord['links']): void {
  writer.length(links.length);
  for (const link of links) {
    writer.hex(link.traceId, 16);
  }
  writer.length(links.length);
  for (const link of links) {
    writer.hex(link.spanId, 8);
  }
  writer.length(links.length);
  for (const link of links) {
    writer.string(link.traceState);
  }
  writer.length(links.length);
  for (const link of links) {
    writeJsonAttributes(writer, link.attributes);
  }
  writer.length(links.length);
  for (const link of links) {
    writer.uint32(link.droppedAttributesCount);
  }
  writer.length(links.length);
  for (const link of links) {
    writer.uint32(link.flags);
  }
}
