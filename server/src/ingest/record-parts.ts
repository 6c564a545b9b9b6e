/** What the protobuf and the JSON decoder share about the parts of records. */
import { attributeText } from '../telemetry/any-value-json.ts';
import type { AggregationTemporality, Attributes, AttributeValue, Resource, Scope } from '../telemetry/records.ts';
import { INGEST_LIMITS } from './limits.ts';

export type AttributeMap = Map<string, AttributeValue>;

/** A record type while it is being put together. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] };

export const NO_ATTRIBUTES: Attributes = new Map();

/** Index = the number on the wire. */
export const TEMPORALITIES: readonly AggregationTemporality[] = ['unspecified', 'delta', 'cumulative'];

/** Key under which a map that was cut says so. */
export const TRUNCATED_KEY = 'breakwater.truncated';
export const TOO_DEEP_MARKER: string = `[nested deeper than ${INGEST_LIMITS.maxNestingDepth} levels]`;

type Warning =
  | 'cutText'
  | 'cutBytes'
  | 'cutList'
  | 'tooDeep'
  | 'severity'
  | 'kind'
  | 'status'
  | 'logTraceId'
  | 'logSpanId'
  | 'parentSpanId'
  | 'link'
  | 'exemplarId'
  | 'spanStart'
  | 'spanEnd'
  | 'pointTime';
export const WARNINGS: Readonly<Record<Warning, string>> = {
  cutText: `a text longer than ${INGEST_LIMITS.maxValueBytes} bytes was cut`,
  cutBytes: `a bytes value longer than ${INGEST_LIMITS.maxValueBytes} bytes was cut`,
  cutList: `an array or map larger than ${INGEST_LIMITS.maxValueBytes} bytes was cut`,
  tooDeep: `a value nested deeper than ${INGEST_LIMITS.maxNestingDepth} levels was replaced`,
  severity: 'severity_number is not between 0 and 24 and was set to 0',
  kind: 'an unknown span kind was set to unspecified',
  status: 'an unknown status code was set to unset',
  logTraceId: 'trace_id of a log record is not 16 bytes long and was left out',
  logSpanId: 'span_id of a log record is not 8 bytes long and was left out',
  parentSpanId: 'parent_span_id is not 8 bytes long and was left out',
  link: 'a link without a valid trace_id and span_id was left out',
  exemplarId: 'trace_id or span_id of an exemplar has the wrong length and was left out',
  spanStart: 'a span without start time got its end time, or the time of receipt',
  spanEnd: 'a span without end time got its start time',
  pointTime: 'a metric point without time got the time of receipt',
};

export const REJECTIONS = {
  traceIdMissing: 'trace_id of a span is missing or all zeros',
  traceIdLength: 'trace_id of a span is not 16 bytes long',
  spanIdMissing: 'span_id of a span is missing or all zeros',
  spanIdLength: 'span_id of a span is not 8 bytes long',
  buckets: 'a histogram point must have one more bucket count than explicit bounds',
} as const;

/** Marker appended to a text of `byteLength` bytes that was cut. */
export function cutMarker(byteLength: number): string {
  return `… [cut by Breakwater, ${byteLength} bytes]`;
}

export function emptyResource(): Draft<Resource> {
  return {
    attributes: NO_ATTRIBUTES,
    droppedAttributesCount: 0,
    schemaUrl: '',
    serviceName: 'unknown_service',
    environment: '',
  };
}

/** Fills in what is derived from the attributes, when all of them are known. */
export function completeResource(resource: Draft<Resource>): void {
  const { attributes } = resource;
  resource.serviceName = attributeText(attributes.get('service.name') ?? null) || 'unknown_service';
  resource.environment =
    attributeText(attributes.get('deployment.environment.name') ?? null) ||
    attributeText(attributes.get('deployment.environment') ?? null);
}

export function emptyScope(): Draft<Scope> {
  return { name: '', version: '', attributes: NO_ATTRIBUTES, droppedAttributesCount: 0, schemaUrl: '' };
}

/** Whether a histogram point with so many counts and bounds can be read. Both may be absent. */
export function bucketsFit(counts: number, bounds: number): boolean {
  return counts === 0 || counts === bounds + 1;
}
