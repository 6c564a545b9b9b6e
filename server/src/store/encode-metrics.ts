import { toKeyValues } from '../telemetry/any-value-json.ts';
import type { Exemplar, ExponentialBuckets, MetricPoint } from '../telemetry/records.ts';
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

const TYPES = { gauge: 1, sum: 2, histogram: 3, exponential_histogram: 4, summary: 5 } as const;
const TEMPORALITIES = { unspecified: 0, delta: 1, cumulative: 2 } as const;
const NO_BUCKETS: ExponentialBuckets = { offset: 0, counts: [] };

export function createMetricEncoder(catalogue: FieldCatalogue): RowEncoder<MetricPoint> {
  const encodeAttributes = createAttributesEncoder(catalogue, 'metrics', 'attribute');
  const encodeOrigin = createOriginEncoder(catalogue, 'metrics');
  return {
    table: 'metric_points',
    columns: [
      ['id', 'UInt64'],
      ['ts', "DateTime64(9, 'UTC')"],
      ['start_ts', "DateTime64(9, 'UTC')"],
      ['name', 'String'],
      ['type', 'Int8'],
      ['description', 'String'],
      ['unit', 'String'],
      ['metadata', 'Map(String, String)'],
      ['temporality', 'Int8'],
      ['monotonic', 'Bool'],
      ...attributeColumns('attrs'),
      ['flags', 'UInt32'],
      ['value_kind', 'Int8'],
      ['value', 'Float64'],
      ['value_int', 'Int64'],
      ['count', 'UInt64'],
      ['sum', 'Nullable(Float64)'],
      ['min', 'Nullable(Float64)'],
      ['max', 'Nullable(Float64)'],
      ['bucket_counts', 'Array(UInt64)'],
      ['explicit_bounds', 'Array(Float64)'],
      ['scale', 'Int32'],
      ['zero_count', 'UInt64'],
      ['zero_threshold', 'Float64'],
      ['positive_offset', 'Int32'],
      ['positive_counts', 'Array(UInt64)'],
      ['negative_offset', 'Int32'],
      ['negative_counts', 'Array(UInt64)'],
      ['quantiles', 'Array(Tuple(Float64, Float64))'],
      ['exemplars', 'String'],
      ...RESOURCE_COLUMNS,
      ...SCOPE_COLUMNS,
    ],
    encode(writer, point) {
      catalogue.source = point.resource.serviceName;
      writer.uint64(point.id);
      writer.time(point.timeUnixNano);
      writer.time(point.startTimeUnixNano);
      writer.string(point.name);
      writer.uint8(TYPES[point.type]);
      writer.string(point.description);
      writer.string(point.unit);
      writeJsonAttributes(writer, point.metadata);
      writer.uint8('temporality' in point ? TEMPORALITIES[point.temporality] : 0);
      writer.bool(point.type === 'sum' && point.monotonic);
      encodeAttributes(writer, point.attributes);
      writer.uint32(point.flags);
      writeValue(writer, point.type === 'gauge' || point.type === 'sum' ? point.value : null);
      writeAggregate(writer, point);
      const exponential = point.type === 'exponential_histogram' ? point : undefined;
      writer.int32(exponential?.scale ?? 0);
      writer.uint64(exponential?.zeroCount ?? 0n);
      writer.float64(exponential?.zeroThreshold ?? 0);
      writeBuckets(writer, exponential?.positive ?? NO_BUCKETS);
      writeBuckets(writer, exponential?.negative ?? NO_BUCKETS);
      const quantiles = point.type === 'summary' ? point.quantiles : [];
      writer.length(quantiles.length);
      for (const { quantile, value } of quantiles) {
        writer.float64(quantile);
        writer.float64(value);
      }
      writer.string(point.exemplars.length === 0 ? '' : JSON.stringify(point.exemplars.map(toExemplarJson)));
      encodeOrigin(writer, point.resource, point.scope);
    },
  };
}

/** value_kind, value, value_int */
function writeValue(writer: RowWriter, value: number | bigint | null): void {
  writer.uint8(value === null ? 0 : typeof value === 'number' ? 1 : 2);
  writer.float64(Number(value ?? 0));
  writer.int64(typeof value === 'bigint' ? value : 0n);
}

/** count, sum, min, max, bucket_counts, explicit_bounds */
function writeAggregate(writer: RowWriter, point: MetricPoint): void {
  const histogram = point.type === 'histogram' || point.type === 'exponential_histogram' ? point : undefined;
  const counted = point.type === 'summary' ? point : histogram;
  writer.uint64(counted?.count ?? 0n);
  writer.nullableFloat64(counted?.sum ?? null);
  writer.nullableFloat64(histogram?.min ?? null);
  writer.nullableFloat64(histogram?.max ?? null);
  const buckets = point.type === 'histogram' ? point : undefined;
  writeCounts(writer, buckets?.bucketCounts ?? []);
  const bounds = buckets?.explicitBounds ?? [];
  writer.length(bounds.length);
  for (const bound of bounds) {
    writer.float64(bound);
  }
}

function writeBuckets(writer: RowWriter, buckets: ExponentialBuckets): void {
  writer.int32(buckets.offset);
  writeCounts(writer, buckets.counts);
}

function writeCounts(writer: RowWriter, counts: readonly bigint[]): void {
  writer.length(counts.length);
  for (const count of counts) {
    writer.uint64(count);
  }
}

/** The field names of OTLP/JSON. */
function toExemplarJson(exemplar: Exemplar): Record<string, unknown> {
  const { value, traceId, spanId } = exemplar;
  return {
    timeUnixNano: exemplar.timeUnixNano.toString(),
    ...(typeof value === 'bigint' ? { asInt: value.toString() } : {}),
    ...(typeof value === 'number' ? { asDouble: Number.isFinite(value) ? value : String(value) } : {}),
    ...(traceId === '' ? {} : { traceId }),
    ...(spanId === '' ? {} : { spanId }),
    filteredAttributes: toKeyValues(exemplar.attributes),
  };
}
