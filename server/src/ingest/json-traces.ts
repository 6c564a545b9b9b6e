import {
  SPAN_KINDS,
  SPAN_STATUSES,
  type SpanEvent,
  type SpanKind,
  type SpanLink,
  type SpanRecord,
  type SpanStatus,
} from '../telemetry/records.ts';
import { completeLink, completeSpan } from './complete-records.ts';
import { type DecodeContext, RECORD_COST } from './decode-context.ts';
import { attributesField, type ExportNames, readExportRequestJson } from './json-common.ts';
import {
  enumField,
  idField,
  type JsonObject,
  listField,
  objectField,
  textField,
  toObject,
  uint32Field,
  uint64Field,
} from './json-fields.ts';
import { WARNINGS } from './record-parts.ts';

const NAMES: ExportNames = { resources: 'resourceSpans', scopes: 'scopeSpans', records: 'spans' };

/** The spans of an OTLP/JSON ExportTraceServiceRequest. Throws as {@link readExportRequestJson} does. */
export function decodeTracesJson(bytes: Buffer, context: DecodeContext): SpanRecord[] {
  const spans: SpanRecord[] = [];
  readExportRequestJson(bytes, context, NAMES, (json, resource, scope) => {
    context.spend(RECORD_COST);
    const status = objectField(json, 'status', context) ?? {};
    const draft = {
      id: 0n,
      resource,
      scope,
      traceId: '',
      spanId: '',
      parentSpanId: '',
      traceState: textField(json, 'traceState', context),
      flags: uint32Field(json, 'flags', context),
      name: textField(json, 'name', context),
      kind: readKind(json, context),
      startTimeUnixNano: uint64Field(json, 'startTimeUnixNano', context),
      endTimeUnixNano: uint64Field(json, 'endTimeUnixNano', context),
      status: readStatusCode(status, context),
      statusMessage: textField(status, 'message', context),
      attributes: attributesField(json, 'attributes', context),
      droppedAttributesCount: uint32Field(json, 'droppedAttributesCount', context),
      events: listField(json, 'events', context).map((event) => readEvent(toObject(event, 'event'), context)),
      droppedEventsCount: uint32Field(json, 'droppedEventsCount', context),
      links: listField(json, 'links', context)
        .map((link) => readLink(toObject(link, 'link'), context))
        .filter((link) => link !== null),
      droppedLinksCount: uint32Field(json, 'droppedLinksCount', context),
    };
    const span = completeSpan(context, draft, {
      traceId: idField(json, 'traceId', 16, context),
      spanId: idField(json, 'spanId', 8, context),
      parentSpanId: idField(json, 'parentSpanId', 8, context),
    });
    if (span !== null) spans.push(span);
  });
  return spans;
}

function readKind(json: JsonObject, context: DecodeContext): SpanKind {
  const kind = SPAN_KINDS[enumField(json, 'kind', 'SPAN_KIND_', SPAN_KINDS, context)];
  if (kind === undefined) context.warn(WARNINGS.kind);
  return kind ?? 'unspecified';
}

function readStatusCode(json: JsonObject, context: DecodeContext): SpanStatus {
  const status = SPAN_STATUSES[enumField(json, 'code', 'STATUS_CODE_', SPAN_STATUSES, context)];
  if (status === undefined) context.warn(WARNINGS.status);
  return status ?? 'unset';
}

function readEvent(json: JsonObject, context: DecodeContext): SpanEvent {
  context.spend(1);
  return {
    timeUnixNano: uint64Field(json, 'timeUnixNano', context),
    name: textField(json, 'name', context),
    attributes: attributesField(json, 'attributes', context),
    droppedAttributesCount: uint32Field(json, 'droppedAttributesCount', context),
  };
}

function readLink(json: JsonObject, context: DecodeContext): SpanLink | null {
  context.spend(1);
  const link = {
    traceId: '',
    spanId: '',
    traceState: textField(json, 'traceState', context),
    attributes: attributesField(json, 'attributes', context),
    droppedAttributesCount: uint32Field(json, 'droppedAttributesCount', context),
    flags: uint32Field(json, 'flags', context),
  };
  return completeLink(context, link, idField(json, 'traceId', 16, context), idField(json, 'spanId', 8, context));
}
