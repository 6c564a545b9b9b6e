/** The rules that both decoders apply to a record once all its fields are read. */
import type {
  Exemplar,
  LogRecord,
  MetricPoint,
  MetricPointBase,
  SpanEvent,
  SpanLink,
  SpanRecord,
} from '../telemetry/records.ts';
import type { DecodeContext } from './decode-context.ts';
import { type Draft, REJECTIONS, WARNINGS } from './record-parts.ts';

/** An id as it was read: '' where absent or all zeros, null where it has the wrong length. */
export type ReadId = string | null;

/**
 * Ids of the wrong length make a log record one without a trace (logs.proto), never a refused one: its text may be all
 * there is of an accident. A missing time becomes the observed time, a missing observed time the time of receipt.
 */
export function completeLogRecord(
  context: DecodeContext,
  log: Draft<LogRecord>,
  traceId: ReadId,
  spanId: ReadId,
): LogRecord {
  if (traceId === null) context.warn(WARNINGS.logTraceId);
  if (spanId === null) context.warn(WARNINGS.logSpanId);
  log.traceId = traceId ?? '';
  log.spanId = spanId ?? '';
  if (!(log.severityNumber >= 0 && log.severityNumber <= 24)) {
    context.warn(WARNINGS.severity);
    log.severityNumber = 0;
  }
  if (log.observedTimeUnixNano === 0n) log.observedTimeUnixNano = context.receivedUnixNano;
  else log.observedTimeUnixNano = context.clampTime(log.observedTimeUnixNano);
  if (log.timeUnixNano === 0n) log.timeUnixNano = log.observedTimeUnixNano;
  else log.timeUnixNano = context.clampTime(log.timeUnixNano);
  log.id = context.nextId();
  return log;
}

export interface ReadSpanIds {
  traceId: ReadId;
  spanId: ReadId;
  parentSpanId: ReadId;
}

/**
 * A span needs both its ids; without, it is rejected and null returned. A parent id of the wrong length is left out.
 * Events without time get the start of the span, a missing start the end, a missing end the start.
 */
export function completeSpan(context: DecodeContext, span: Draft<SpanRecord>, ids: ReadSpanIds): SpanRecord | null {
  const { traceId, spanId, parentSpanId } = ids;
  if (!traceId) {
    context.reject(traceId === null ? REJECTIONS.traceIdLength : REJECTIONS.traceIdMissing);
    return null;
  }
  if (!spanId) {
    context.reject(spanId === null ? REJECTIONS.spanIdLength : REJECTIONS.spanIdMissing);
    return null;
  }
  if (parentSpanId === null) context.warn(WARNINGS.parentSpanId);
  span.traceId = traceId;
  span.spanId = spanId;
  span.parentSpanId = parentSpanId ?? '';
  if (span.startTimeUnixNano === 0n) {
    context.warn(WARNINGS.spanStart);
    span.startTimeUnixNano = span.endTimeUnixNano === 0n ? context.receivedUnixNano : span.endTimeUnixNano;
  }
  span.startTimeUnixNano = context.clampTime(span.startTimeUnixNano);
  if (span.endTimeUnixNano === 0n) {
    context.warn(WARNINGS.spanEnd);
    span.endTimeUnixNano = span.startTimeUnixNano;
  }
  span.endTimeUnixNano = context.clampTime(span.endTimeUnixNano);
  for (const event of span.events as Draft<SpanEvent>[]) {
    event.timeUnixNano = event.timeUnixNano === 0n ? span.startTimeUnixNano : context.clampTime(event.timeUnixNano);
  }
  span.id = context.nextId();
  return span;
}

/** A link needs both its ids; without, it is left out and null returned. */
export function completeLink(
  context: DecodeContext,
  link: Draft<SpanLink>,
  traceId: ReadId,
  spanId: ReadId,
): SpanLink | null {
  if (!traceId || !spanId) {
    context.warn(WARNINGS.link);
    return null;
  }
  link.traceId = traceId;
  link.spanId = spanId;
  return link;
}

export function completeExemplar(
  context: DecodeContext,
  exemplar: Draft<Exemplar>,
  traceId: ReadId,
  spanId: ReadId,
): Exemplar {
  if (traceId === null || spanId === null) context.warn(WARNINGS.exemplarId);
  exemplar.traceId = traceId ?? '';
  exemplar.spanId = spanId ?? '';
  exemplar.timeUnixNano = context.clampTime(exemplar.timeUnixNano);
  return exemplar;
}

/** A missing start time stays 0: it means that the start is not known (metrics.proto). */
export function completePoint(context: DecodeContext, point: MetricPoint): MetricPoint {
  const draft = point as Draft<MetricPointBase>;
  draft.startTimeUnixNano = context.clampTime(draft.startTimeUnixNano);
  if (draft.timeUnixNano === 0n) {
    context.warn(WARNINGS.pointTime);
    draft.timeUnixNano = context.receivedUnixNano;
  } else {
    draft.timeUnixNano = context.clampTime(draft.timeUnixNano);
  }
  draft.id = context.nextId();
  return point;
}
