import {
  type Resource,
  type Scope,
  SPAN_KINDS,
  SPAN_STATUSES,
  type SpanEvent,
  type SpanLink,
  type SpanRecord,
} from '../telemetry/records.ts';
import { completeLink, completeSpan, type ReadId, type ReadSpanIds } from './complete-records.ts';
import { type DecodeContext, RECORD_COST } from './decode-context.ts';
import { ownAttributes, readAttribute, readName, readText } from './protobuf-common.ts';
import { readExportRequest } from './protobuf-export.ts';
import { FIXED32, FIXED64, LENGTH, type ProtobufReader, VARINT } from './protobuf-reader.ts';
import { type AttributeMap, type Draft, NO_ATTRIBUTES, WARNINGS } from './record-parts.ts';

const NO_EVENTS: SpanEvent[] = [];
const NO_LINKS: SpanLink[] = [];

/** The spans of a protobuf ExportTraceServiceRequest (trace.proto v1). Throws as {@link readExportRequest} does. */
export function decodeTracesProtobuf(bytes: Uint8Array, context: DecodeContext): SpanRecord[] {
  const spans: SpanRecord[] = [];
  readExportRequest(bytes, context, (reader, resource, scope) => {
    const span = readSpan(reader, context, resource, scope);
    if (span !== null) spans.push(span);
  });
  return spans;
}

function readSpan(reader: ProtobufReader, context: DecodeContext, resource: Resource, scope: Scope): SpanRecord | null {
  context.spend(RECORD_COST);
  const end = reader.valueEnd();
  const span: Draft<SpanRecord> = {
    id: 0n,
    resource,
    scope,
    traceId: '',
    spanId: '',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: '',
    kind: 'unspecified',
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    status: 'unset',
    statusMessage: '',
    attributes: NO_ATTRIBUTES,
    droppedAttributesCount: 0,
    events: NO_EVENTS,
    droppedEventsCount: 0,
    links: NO_LINKS,
    droppedLinksCount: 0,
  };
  const ids: ReadSpanIds = { traceId: '', spanId: '', parentSpanId: '' };
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | LENGTH:
        ids.traceId = reader.traceId(reader.valueEnd());
        break;
      case (2 << 3) | LENGTH:
        ids.spanId = reader.spanId(reader.valueEnd());
        break;
      case (3 << 3) | LENGTH:
        span.traceState = readName(reader, context);
        break;
      case (4 << 3) | LENGTH:
        ids.parentSpanId = reader.spanId(reader.valueEnd());
        break;
      case (16 << 3) | FIXED32:
        span.flags = reader.fixed32();
        break;
      case (5 << 3) | LENGTH:
        span.name = readName(reader, context);
        break;
      case (6 << 3) | VARINT:
        span.kind = known(SPAN_KINDS, reader.varint32(), context, WARNINGS.kind);
        break;
      case (7 << 3) | FIXED64:
        span.startTimeUnixNano = reader.fixed64();
        break;
      case (8 << 3) | FIXED64:
        span.endTimeUnixNano = reader.fixed64();
        break;
      case (9 << 3) | LENGTH:
        span.attributes = ownAttributes(span.attributes);
        readAttribute(reader, context, span.attributes as AttributeMap);
        break;
      case (10 << 3) | VARINT:
        span.droppedAttributesCount = reader.varint32();
        break;
      case (11 << 3) | LENGTH:
        if (span.events === NO_EVENTS) span.events = [];
        (span.events as SpanEvent[]).push(readEvent(reader, context));
        break;
      case (12 << 3) | VARINT:
        span.droppedEventsCount = reader.varint32();
        break;
      case (13 << 3) | LENGTH: {
        const link = readLink(reader, context);
        if (span.links === NO_LINKS) span.links = [];
        if (link !== null) (span.links as SpanLink[]).push(link);
        break;
      }
      case (14 << 3) | VARINT:
        span.droppedLinksCount = reader.varint32();
        break;
      case (15 << 3) | LENGTH:
        readStatus(reader, context, span);
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
  return completeSpan(context, span, ids);
}

function readStatus(reader: ProtobufReader, context: DecodeContext, span: Draft<SpanRecord>): void {
  const end = reader.valueEnd();
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (2 << 3) | LENGTH:
        span.statusMessage = readText(reader, context);
        break;
      case (3 << 3) | VARINT:
        span.status = known(SPAN_STATUSES, reader.varint32(), context, WARNINGS.status);
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
}

function readEvent(reader: ProtobufReader, context: DecodeContext): SpanEvent {
  context.spend(1);
  const end = reader.valueEnd();
  const event: Draft<SpanEvent> = {
    timeUnixNano: 0n,
    name: '',
    attributes: NO_ATTRIBUTES,
    droppedAttributesCount: 0,
  };
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | FIXED64:
        event.timeUnixNano = reader.fixed64();
        break;
      case (2 << 3) | LENGTH:
        event.name = readName(reader, context);
        break;
      case (3 << 3) | LENGTH:
        event.attributes = ownAttributes(event.attributes);
        readAttribute(reader, context, event.attributes as AttributeMap);
        break;
      case (4 << 3) | VARINT:
        event.droppedAttributesCount = reader.varint32();
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
  return event;
}

function readLink(reader: ProtobufReader, context: DecodeContext): SpanLink | null {
  context.spend(1);
  const end = reader.valueEnd();
  const link: Draft<SpanLink> = {
    traceId: '',
    spanId: '',
    traceState: '',
    attributes: NO_ATTRIBUTES,
    droppedAttributesCount: 0,
    flags: 0,
  };
  let traceId: ReadId = '';
  let spanId: ReadId = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | LENGTH:
        traceId = reader.traceId(reader.valueEnd());
        break;
      case (2 << 3) | LENGTH:
        spanId = reader.spanId(reader.valueEnd());
        break;
      case (3 << 3) | LENGTH:
        link.traceState = readName(reader, context);
        break;
      case (4 << 3) | LENGTH:
        link.attributes = ownAttributes(link.attributes);
        readAttribute(reader, context, link.attributes as AttributeMap);
        break;
      case (5 << 3) | VARINT:
        link.droppedAttributesCount = reader.varint32();
        break;
      case (6 << 3) | FIXED32:
        link.flags = reader.fixed32();
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
  return completeLink(context, link, traceId, spanId);
}

/** The name of an enum's number; the first name, with a warning, where the number has none. */
function known<T extends string>(names: readonly T[], number: number, context: DecodeContext, warning: string): T {
  const name = names[number];
  if (name !== undefined) return name;
  context.warn(warning);
  return names[0] as T;
}
