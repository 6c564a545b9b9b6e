import type { AggregationTemporality, Exemplar, ExponentialBuckets, MetricPoint } from '../telemetry/records.ts';
import { completeExemplar, completePoint } from './complete-records.ts';
import { type DecodeContext, RECORD_COST } from './decode-context.ts';
import { attributesField, type ExportNames, orReject, readExportRequestJson } from './json-common.ts';
import {
  boolField,
  doubleField,
  enumField,
  field,
  idField,
  int32Field,
  type JsonObject,
  listField,
  objectField,
  textField,
  toDouble,
  toInt64,
  toObject,
  toUint64,
  uint32Field,
  uint64Field,
} from './json-fields.ts';
import { addExemplar, type MetricHeader, newPoint } from './metric-header.ts';
import { bucketsFit, REJECTIONS, TEMPORALITIES } from './record-parts.ts';

const NAMES: ExportNames = { resources: 'resourceMetrics', scopes: 'scopeMetrics', records: 'metrics' };

type ReadPoint = (json: JsonObject, context: DecodeContext, header: MetricHeader) => MetricPoint | null;
const DATA: readonly (readonly [name: string, read: ReadPoint])[] = [
  ['gauge', readGaugePoint],
  ['sum', readSumPoint],
  ['histogram', readHistogramPoint],
  ['exponentialHistogram', readExponentialHistogramPoint],
  ['summary', readSummaryPoint],
];

/** The points of an OTLP/JSON ExportMetricsServiceRequest. Throws as {@link readExportRequestJson} does. */
export function decodeMetricsJson(bytes: Buffer, context: DecodeContext): MetricPoint[] {
  const points: MetricPoint[] = [];
  readExportRequestJson(bytes, context, NAMES, (json, resource, scope) => {
    context.spend(1);
    for (const [name, read] of DATA) {
      const data = objectField(json, name, context);
      if (data === undefined) continue;
      const pointsJson = listField(data, 'dataPoints', context);
      // What is wrong with the metric itself makes all its points unusable.
      orReject(context, pointsJson.length, () => {
        const header: MetricHeader = {
          resource,
          scope,
          name: textField(json, 'name', context),
          description: textField(json, 'description', context),
          unit: textField(json, 'unit', context),
          metadata: attributesField(json, 'metadata', context),
          temporality: readTemporality(data, context),
          monotonic: boolField(data, 'isMonotonic', context),
        };
        for (const pointJson of pointsJson) {
          orReject(context, 1, () => {
            context.spend(RECORD_COST);
            const point = read(toObject(pointJson, 'dataPoints'), context, header);
            if (point !== null) points.push(completePoint(context, point));
          });
        }
      });
      return;
    }
  });
  return points;
}

function readTemporality(data: JsonObject, context: DecodeContext): AggregationTemporality {
  const number = enumField(data, 'aggregationTemporality', 'AGGREGATION_TEMPORALITY_', TEMPORALITIES, context);
  return TEMPORALITIES[number] ?? 'unspecified';
}

/** What every point has, whatever its kind. */
function readBase(json: JsonObject, context: DecodeContext, header: MetricHeader): ReturnType<typeof newPoint> {
  const point = newPoint(header);
  point.attributes = attributesField(json, 'attributes', context);
  point.startTimeUnixNano = uint64Field(json, 'startTimeUnixNano', context);
  point.timeUnixNano = uint64Field(json, 'timeUnixNano', context);
  point.flags = uint32Field(json, 'flags', context);
  for (const exemplar of listField(json, 'exemplars', context)) {
    addExemplar(point, readExemplar(toObject(exemplar, 'exemplar'), context));
  }
  return point;
}

function readNumber(json: JsonObject, context: DecodeContext): number | bigint | null {
  const integer = field(json, 'asInt', context);
  return integer === undefined ? doubleField(json, 'asDouble', context) : toInt64(integer, 'asInt');
}

function readGaugePoint(json: JsonObject, context: DecodeContext, header: MetricHeader): MetricPoint {
  return { ...readBase(json, context, header), type: 'gauge', value: readNumber(json, context) };
}

function readSumPoint(json: JsonObject, context: DecodeContext, header: MetricHeader): MetricPoint {
  const { temporality, monotonic } = header;
  return { ...readBase(json, context, header), type: 'sum', value: readNumber(json, context), temporality, monotonic };
}

function readHistogramPoint(json: JsonObject, context: DecodeContext, header: MetricHeader): MetricPoint | null {
  const bucketCounts = readCounts(json, context);
  const explicitBounds = readDoubles(json, 'explicitBounds', context);
  if (!bucketsFit(bucketCounts.length, explicitBounds.length)) {
    context.reject(REJECTIONS.buckets);
    return null;
  }
  return {
    ...readBase(json, context, header),
    type: 'histogram',
    temporality: header.temporality,
    count: uint64Field(json, 'count', context),
    sum: doubleField(json, 'sum', context),
    min: doubleField(json, 'min', context),
    max: doubleField(json, 'max', context),
    bucketCounts,
    explicitBounds,
  };
}

function readExponentialHistogramPoint(json: JsonObject, context: DecodeContext, header: MetricHeader): MetricPoint {
  return {
    ...readBase(json, context, header),
    type: 'exponential_histogram',
    temporality: header.temporality,
    count: uint64Field(json, 'count', context),
    sum: doubleField(json, 'sum', context),
    min: doubleField(json, 'min', context),
    max: doubleField(json, 'max', context),
    scale: int32Field(json, 'scale', context),
    zeroCount: uint64Field(json, 'zeroCount', context),
    zeroThreshold: doubleField(json, 'zeroThreshold', context) ?? 0,
    positive: readBuckets(objectField(json, 'positive', context), context),
    negative: readBuckets(objectField(json, 'negative', context), context),
  };
}

function readSummaryPoint(json: JsonObject, context: DecodeContext, header: MetricHeader): MetricPoint {
  return {
    ...readBase(json, context, header),
    type: 'summary',
    count: uint64Field(json, 'count', context),
    sum: doubleField(json, 'sum', context) ?? 0,
    quantiles: listField(json, 'quantileValues', context).map((item) => {
      context.spend(1);
      const pair = toObject(item, 'quantileValues');
      return {
        quantile: doubleField(pair, 'quantile', context) ?? 0,
        value: doubleField(pair, 'value', context) ?? 0,
      };
    }),
  };
}

function readBuckets(json: JsonObject | undefined, context: DecodeContext): ExponentialBuckets {
  if (json === undefined) return { offset: 0, counts: [] };
  return { offset: int32Field(json, 'offset', context), counts: readCounts(json, context) };
}

function readCounts(json: JsonObject, context: DecodeContext): bigint[] {
  const counts = listField(json, 'bucketCounts', context);
  context.spend(counts.length);
  return counts.map((count) => toUint64(count, 'bucketCounts'));
}

function readDoubles(json: JsonObject, name: string, context: DecodeContext): number[] {
  const doubles = listField(json, name, context);
  context.spend(doubles.length);
  return doubles.map((double) => toDouble(double, name));
}

function readExemplar(json: JsonObject, context: DecodeContext): Exemplar {
  context.spend(1);
  const exemplar = {
    timeUnixNano: uint64Field(json, 'timeUnixNano', context),
    value: readNumber(json, context),
    traceId: '',
    spanId: '',
    attributes: attributesField(json, 'filteredAttributes', context),
  };
  const traceId = idField(json, 'traceId', 16, context);
  const spanId = idField(json, 'spanId', 8, context);
  return completeExemplar(context, exemplar, traceId, spanId);
}
