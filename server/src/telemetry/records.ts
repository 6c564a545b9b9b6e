/**
 * The records that flow through the server: what ingest decodes, the pipeline enriches and the store writes.
 *
 * One shape per signal, close to the OpenTelemetry data model (https://opentelemetry.io/docs/specs/otel/), without
 * protobuf wrappers. Ids are lower-case hexadecimal text, '' where absent. Times are nanoseconds since 1970 (UTC).
 */

/**
 * An OpenTelemetry AnyValue as a JavaScript value. The JavaScript type carries the OpenTelemetry type:
 * string = string, boolean = bool, bigint = int (64 bit), number = double, Uint8Array = bytes,
 * array = array, Map = kvlist, null = an AnyValue that is not set.
 */
export type AttributeValue =
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | null
  | readonly AttributeValue[]
  | ReadonlyMap<string, AttributeValue>;

/** Attributes by key, in the order of arrival. Of duplicate keys the last one stands. */
export type Attributes = ReadonlyMap<string, AttributeValue>;

/** One object per resource of an export request, shared by all its records: identity may be used as a cache key. */
export interface Resource {
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly schemaUrl: string;
  /** `service.name`, or `unknown_service`. */
  readonly serviceName: string;
  /** `deployment.environment.name`, else `deployment.environment`, else ''. */
  readonly environment: string;
}

/** One object per instrumentation scope of an export request, shared by all its records. */
export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly schemaUrl: string;
}

export interface LogRecord {
  /** Assigned by the server at receipt, unique, increasing with the time of receipt. */
  readonly id: bigint;
  readonly resource: Resource;
  readonly scope: Scope;
  /** `time_unix_nano`; the observed time, else the time of receipt, where it is 0. */
  readonly timeUnixNano: bigint;
  readonly observedTimeUnixNano: bigint;
  /** 0 (unspecified) to 24. */
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AttributeValue;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly flags: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
}

export interface SpanEvent {
  readonly timeUnixNano: bigint;
  readonly name: string;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly flags: number;
}

/** Index = the number on the wire. */
export const SPAN_KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export type SpanKind = (typeof SPAN_KINDS)[number];
export const SPAN_STATUSES = ['unset', 'ok', 'error'] as const;
export type SpanStatus = (typeof SPAN_STATUSES)[number];

export interface SpanRecord {
  readonly id: bigint;
  readonly resource: Resource;
  readonly scope: Scope;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint;
  readonly status: SpanStatus;
  readonly statusMessage: string;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly events: readonly SpanEvent[];
  readonly droppedEventsCount: number;
  readonly links: readonly SpanLink[];
  readonly droppedLinksCount: number;
}

export type AggregationTemporality = 'unspecified' | 'delta' | 'cumulative';

/** What every metric point has, whatever its type. */
export interface MetricPointBase {
  readonly id: bigint;
  readonly resource: Resource;
  readonly scope: Scope;
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly metadata: Attributes;
  readonly attributes: Attributes;
  readonly startTimeUnixNano: bigint;
  readonly timeUnixNano: bigint;
  readonly flags: number;
  readonly exemplars: readonly Exemplar[];
}

export interface Exemplar {
  readonly timeUnixNano: bigint;
  readonly value: number | bigint | null;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export interface ExponentialBuckets {
  readonly offset: number;
  readonly counts: readonly bigint[];
}

export type MetricPoint = MetricPointBase &
  (
    | { readonly type: 'gauge'; readonly value: number | bigint | null }
    | {
        readonly type: 'sum';
        readonly value: number | bigint | null;
        readonly temporality: AggregationTemporality;
        readonly monotonic: boolean;
      }
    | {
        readonly type: 'histogram';
        readonly temporality: AggregationTemporality;
        readonly count: bigint;
        readonly sum: number | null;
        readonly min: number | null;
        readonly max: number | null;
        readonly bucketCounts: readonly bigint[];
        readonly explicitBounds: readonly number[];
      }
    | {
        readonly type: 'exponential_histogram';
        readonly temporality: AggregationTemporality;
        readonly count: bigint;
        readonly sum: number | null;
        readonly min: number | null;
        readonly max: number | null;
        readonly scale: number;
        readonly zeroCount: bigint;
        readonly zeroThreshold: number;
        readonly positive: ExponentialBuckets;
        readonly negative: ExponentialBuckets;
      }
    | {
        readonly type: 'summary';
        readonly count: bigint;
        readonly sum: number;
        readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
      }
  );

/** One error that happened: an `exception` event of a span, or a log record of level error or above. */
export interface ErrorEvent {
  readonly id: bigint;
  readonly timeUnixNano: bigint;
  readonly service: string;
  readonly environment: string;
  /** `service.version` of the resource, or ''. */
  readonly release: string;
  /** 16 lower-case hexadecimal digits: the fingerprint. */
  readonly groupId: string;
  readonly fingerprintVersion: number;
  readonly source: 'span' | 'log';
  /** `exception.type`, or `error.type`, or ''. */
  readonly type: string;
  readonly message: string;
  readonly stacktrace: string;
  /** The first in-app frame as `function (file)`, or ''. */
  readonly culprit: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Name of the span, or the event name of the log record, or ''. */
  readonly operation: string;
}
