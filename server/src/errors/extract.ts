import { createHash } from 'node:crypto';
import { attributeText } from '../telemetry/any-value-json.ts';
import type { Attributes, ErrorEvent, LogRecord, Resource, SpanRecord } from '../telemetry/records.ts';
import { fingerprint } from './fingerprint.ts';
import { createOnce } from './once.ts';

/** `severity_number` 17 is ERROR (OpenTelemetry log data model). */
const SEVERITY_ERROR = 17;
const MAX_TYPE_CHARACTERS = 200;
const MAX_MESSAGE_CHARACTERS = 65_536;
const MAX_STACK_CHARACTERS = 262_144;

/**
 * One error event per log record of severity error or above. Type and stack trace come from the `exception.*`
 * attributes (`error.type` for the type); the message from `exception.message`, else the body.
 *
 * Type, message and stack trace are kept up to 200, 65,536 and 262,144 characters; the record itself is stored whole.
 */
export function errorEventsOfLogs(records: readonly LogRecord[]): ErrorEvent[] {
  const events: ErrorEvent[] = [];
  for (const record of records) {
    if (record.severityNumber < SEVERITY_ERROR) continue;
    const message = text(record.attributes, 'exception.message');
    events.push(
      toErrorEvent({
        id: record.id,
        timeUnixNano: record.timeUnixNano,
        resource: record.resource,
        attributes: record.attributes,
        message: message === '' ? attributeText(record.body) : message,
        source: 'log',
        traceId: record.traceId,
        spanId: record.spanId,
        operation: record.eventName,
      }),
    );
  }
  return events;
}

/** One error event per `exception` event of a span (OpenTelemetry semantic conventions), in the order of the spans. */
export function errorEventsOfSpans(records: readonly SpanRecord[]): ErrorEvent[] {
  const events: ErrorEvent[] = [];
  for (const span of records) {
    let ordinal = 0;
    for (const event of span.events) {
      if (event.name !== 'exception') continue;
      events.push(
        toErrorEvent({
          id: ordinal === 0 ? span.id : furtherId(span.id, ordinal),
          timeUnixNano: timeOfEvent(event.timeUnixNano, span),
          resource: span.resource,
          attributes: event.attributes,
          message: text(event.attributes, 'exception.message'),
          source: 'span',
          traceId: span.traceId,
          spanId: span.spanId,
          operation: span.name,
        }),
      );
      ordinal += 1;
    }
  }
  return events;
}

const DAY_NANOS = 86_400_000_000_000n;

/** An event without time, or from long before its span (a wrong clock or unit), is an error of the time of the span. */
function timeOfEvent(eventUnixNano: bigint, span: SpanRecord): bigint {
  if (eventUnixNano === 0n) return span.endTimeUnixNano;
  return eventUnixNano < span.startTimeUnixNano - DAY_NANOS ? span.endTimeUnixNano : eventUnixNano;
}

/** For the pipeline's `toErrorEvents`: both extractions, each error once across the two signals. */
export interface ErrorExtraction {
  logs: (records: readonly LogRecord[]) => ErrorEvent[];
  spans: (records: readonly SpanRecord[]) => ErrorEvent[];
}

/** `now` in milliseconds; see `createOnce` for what counting once promises. */
export function createErrorExtraction(options: { now?: () => number } = {}): ErrorExtraction {
  const once = createOnce({ now: options.now ?? Date.now });
  return {
    logs: (records) => once(errorEventsOfLogs(records)),
    spans: (records) => once(errorEventsOfSpans(records)),
  };
}

interface Occurrence {
  id: bigint;
  timeUnixNano: bigint;
  resource: Resource;
  attributes: Attributes;
  message: string;
  source: ErrorEvent['source'];
  traceId: string;
  spanId: string;
  operation: string;
}

function toErrorEvent(occurrence: Occurrence): ErrorEvent {
  const { resource, attributes } = occurrence;
  const stacktrace = text(attributes, 'exception.stacktrace').slice(0, MAX_STACK_CHARACTERS);
  const message = occurrence.message.slice(0, MAX_MESSAGE_CHARACTERS);
  const type = (text(attributes, 'exception.type') || text(attributes, 'error.type')).slice(0, MAX_TYPE_CHARACTERS);
  const { id: groupId, version, culprit, ...resolved } = fingerprint({ type, message, stacktrace });
  return {
    id: occurrence.id,
    timeUnixNano: occurrence.timeUnixNano,
    service: resource.serviceName,
    environment: resource.environment,
    release: text(resource.attributes, 'service.version'),
    groupId,
    fingerprintVersion: version,
    source: occurrence.source,
    type: resolved.type,
    message: resolved.message,
    stacktrace,
    culprit,
    traceId: occurrence.traceId,
    spanId: occurrence.spanId,
    operation: occurrence.operation,
  };
}

function text(attributes: Attributes, key: string): string {
  const value = attributes.get(key);
  return value === undefined || value === null ? '' : attributeText(value);
}

/** A span has one id but may carry several exceptions: the further ones get ids of their own, the same on every run. */
function furtherId(id: bigint, ordinal: number): bigint {
  return createHash('sha256').update(`${id}:${ordinal}`).digest().readBigUInt64BE(0);
}
