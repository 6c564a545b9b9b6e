/** Records back to OTLP messages in the form of OTLP/JSON, for tests: the inverse of the decoders. */
import { toAnyValueJson, toKeyValues } from '../../telemetry/any-value-json.ts';
import {
  type Exemplar,
  type ExponentialBuckets,
  type LogRecord,
  type MetricPoint,
  type Resource,
  type Scope,
  SPAN_KINDS,
  SPAN_STATUSES,
  type SpanRecord,
} from '../../telemetry/records.ts';
import { TEMPORALITIES } from '../record-parts.ts';
import { encodeOtlp } from './otlp-schema.ts';

function resourceMessage(resource: Resource): object {
  return {
    attributes: toKeyValues(resource.attributes),
    droppedAttributesCount: resource.droppedAttributesCount,
  };
}

function scopeMessage(scope: Scope): object {
  return {
    name: scope.name,
    version: scope.version,
    attributes: toKeyValues(scope.attributes),
    droppedAttributesCount: scope.droppedAttributesCount,
  };
}

/** One resource and scope per record. */
export function logsMessage(records: readonly LogRecord[]): object {
  return {
    resourceLogs: records.map((log) => ({
      resource: resourceMessage(log.resource),
      schemaUrl: log.resource.schemaUrl,
      scopeLogs: [
        { scope: scopeMessage(log.scope), schemaUrl: log.scope.schemaUrl, logRecords: [logRecordMessage(log)] },
      ],
    })),
  };
}

export function logRecordMessage(log: LogRecord): object {
  return {
    timeUnixNano: String(log.timeUnixNano),
    observedTimeUnixNano: String(log.observedTimeUnixNano),
    severityNumber: log.severityNumber,
    severityText: log.severityText,
    body: toAnyValueJson(log.body),
    attributes: toKeyValues(log.attributes),
    droppedAttributesCount: log.droppedAttributesCount,
    flags: log.flags,
    traceId: log.traceId,
    spanId: log.spanId,
    eventName: log.eventName,
  };
}

export function tracesMessage(spans: readonly SpanRecord[]): object {
  return {
    resourceSpans: spans.map((span) => ({
      resource: resourceMessage(span.resource),
      schemaUrl: span.resource.schemaUrl,
      scopeSpans: [{ scope: scopeMessage(span.scope), schemaUrl: span.scope.schemaUrl, spans: [spanMessage(span)] }],
    })),
  };
}

function spanMessage(span: SpanRecord): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    traceState: span.traceState,
    flags: span.flags,
    name: span.name,
    kind: SPAN_KINDS.indexOf(span.kind),
    startTimeUnixNano: String(span.startTimeUnixNano),
    endTimeUnixNano: String(span.endTimeUnixNano),
    status: { code: SPAN_STATUSES.indexOf(span.status), message: span.statusMessage },
    attributes: toKeyValues(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map((event) => ({
      timeUnixNano: String(event.timeUnixNano),
      name: event.name,
      attributes: toKeyValues(event.attributes),
      droppedAttributesCount: event.droppedAttributesCount,
    })),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) => ({ ...link, attributes: toKeyValues(link.attributes) })),
    droppedLinksCount: span.droppedLinksCount,
  };
}

/** One resource, scope and metric per point. */
export function metricsMessage(points: readonly MetricPoint[]): object {
  return {
    resourceMetrics: points.map((point) => ({
      resource: resourceMessage(point.resource),
      schemaUrl: point.resource.schemaUrl,
      scopeMetrics: [
        {
          scope: scopeMessage(point.scope),
          schemaUrl: point.scope.schemaUrl,
          metrics: [
            {
              name: point.name,
              description: point.description,
              unit: point.unit,
              metadata: toKeyValues(point.metadata),
              ...dataMessage(point),
            },
          ],
        },
      ],
    })),
  };
}

function dataMessage(point: MetricPoint): object {
  const base = {
    attributes: toKeyValues(point.attributes),
    startTimeUnixNano: String(point.startTimeUnixNano),
    timeUnixNano: String(point.timeUnixNano),
    flags: point.flags,
    exemplars: point.exemplars.map(exemplarMessage),
  };
  switch (point.type) {
    case 'gauge':
      return { gauge: { dataPoints: [{ ...base, ...numberMessage(point.value) }] } };
    case 'sum':
      return {
        sum: {
          dataPoints: [{ ...base, ...numberMessage(point.value) }],
          aggregationTemporality: TEMPORALITIES.indexOf(point.temporality),
          isMonotonic: point.monotonic,
        },
      };
    case 'histogram':
      return {
        histogram: {
          aggregationTemporality: TEMPORALITIES.indexOf(point.temporality),
          dataPoints: [
            {
              ...base,
              ...distributionMessage(point),
              bucketCounts: point.bucketCounts.map(String),
              explicitBounds: point.explicitBounds.map(doubleJson),
            },
          ],
        },
      };
    case 'exponential_histogram':
      return {
        exponentialHistogram: {
          aggregationTemporality: TEMPORALITIES.indexOf(point.temporality),
          dataPoints: [
            {
              ...base,
              ...distributionMessage(point),
              scale: point.scale,
              zeroCount: String(point.zeroCount),
              zeroThreshold: doubleJson(point.zeroThreshold),
              positive: bucketsMessage(point.positive),
              negative: bucketsMessage(point.negative),
            },
          ],
        },
      };
    case 'summary':
      return {
        summary: {
          dataPoints: [
            {
              ...base,
              count: String(point.count),
              sum: doubleJson(point.sum),
              quantileValues: point.quantiles.map(({ quantile, value }) => ({
                quantile: doubleJson(quantile),
                value: doubleJson(value),
              })),
            },
          ],
        },
      };
  }
}

function distributionMessage(point: {
  count: bigint;
  sum: number | null;
  min: number | null;
  max: number | null;
}): object {
  const { count, sum, min, max } = point;
  return {
    count: String(count),
    ...(sum === null ? {} : { sum: doubleJson(sum) }),
    ...(min === null ? {} : { min: doubleJson(min) }),
    ...(max === null ? {} : { max: doubleJson(max) }),
  };
}

function bucketsMessage(buckets: ExponentialBuckets): object {
  return { offset: buckets.offset, bucketCounts: buckets.counts.map(String) };
}

function exemplarMessage(exemplar: Exemplar): object {
  const { traceId, spanId, timeUnixNano, value, attributes } = exemplar;
  return {
    timeUnixNano: String(timeUnixNano),
    ...numberMessage(value),
    traceId,
    spanId,
    filteredAttributes: toKeyValues(attributes),
  };
}

function numberMessage(value: number | bigint | null): object {
  if (value === null) return {};
  return typeof value === 'bigint' ? { asInt: String(value) } : { asDouble: doubleJson(value) };
}

function doubleJson(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** The message in protobuf, encoded by protobufjs. */
export function toProtobuf(type: 'LogsRequest' | 'TracesRequest' | 'MetricsRequest', message: object): Uint8Array {
  return encodeOtlp(type, withIdBytes(message) as object);
}

/** The message as OTLP/JSON bytes. */
export function toJson(message: object): Buffer {
  return Buffer.from(JSON.stringify(message));
}

const ID_FIELDS = new Set(['traceId', 'spanId', 'parentSpanId']);

function withIdBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withIdBytes);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      ID_FIELDS.has(key) && typeof item === 'string' ? Buffer.from(item, 'hex') : withIdBytes(item),
    ]),
  );
}
