import {
  ATTRIBUTE_COLUMNS,
  type AttributeMaps,
  doubleOf,
  keyValuesOf,
  keyValuesOfJson,
  ORIGIN_COLUMNS,
  type OriginRow,
  resourceView,
  scopeView,
} from './attributes-view.ts';
import type { MetricName } from './types.ts';

/** What to select from `metric_points` for {@link metricPointView}. */
export const METRIC_POINT_COLUMNS: string = `id, toUnixTimestamp64Nano(ts) AS time_ns,
  toUnixTimestamp64Nano(start_ts) AS start_ns, name, type, description, unit, metadata, temporality, monotonic,
  ${ATTRIBUTE_COLUMNS}, flags, value_kind, value, value_int, count, sum, min, max, bucket_counts, explicit_bounds,
  scale, zero_count, zero_threshold, positive_offset, positive_counts, negative_offset, negative_counts, quantiles,
  exemplars, ${ORIGIN_COLUMNS}`;

type Double = number | string;

export interface MetricPointRow extends OriginRow, AttributeMaps<'attrs'> {
  readonly id: string;
  readonly time_ns: string;
  readonly start_ns: string;
  readonly name: string;
  readonly type: MetricName['type'];
  readonly description: string;
  readonly unit: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly temporality: 'unspecified' | 'delta' | 'cumulative';
  readonly monotonic: boolean;
  readonly flags: number;
  readonly value_kind: 'none' | 'double' | 'int';
  readonly value: Double;
  readonly value_int: string;
  readonly count: string;
  readonly sum: Double | null;
  readonly min: Double | null;
  readonly max: Double | null;
  readonly bucket_counts: readonly string[];
  readonly explicit_bounds: readonly Double[];
  readonly scale: number;
  readonly zero_count: string;
  readonly zero_threshold: Double;
  readonly positive_offset: number;
  readonly positive_counts: readonly string[];
  readonly negative_offset: number;
  readonly negative_counts: readonly string[];
  readonly quantiles: readonly (readonly [quantile: Double, value: Double])[];
  readonly exemplars: string;
}

const TEMPORALITIES = ['unspecified', 'delta', 'cumulative'];

/** The point with OTLP/JSON field names; `aggregationTemporality` is the enumeration's number. Nothing is left out. */
export function metricPointView(row: MetricPointRow): Record<string, unknown> {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    description: row.description,
    unit: row.unit,
    metadata: keyValuesOfJson(row.metadata),
    resource: resourceView(row),
    scope: scopeView(row),
    attributes: keyValuesOf(row, 'attrs'),
    startTimeUnixNano: row.start_ns,
    timeUnixNano: row.time_ns,
    flags: row.flags,
    exemplars: row.exemplars === '' ? [] : JSON.parse(row.exemplars),
    ...valueView(row),
  };
}

function valueView(row: MetricPointRow): Record<string, unknown> {
  const aggregationTemporality = TEMPORALITIES.indexOf(row.temporality);
  switch (row.type) {
    case 'gauge':
      return numberView(row);
    case 'sum':
      return { ...numberView(row), aggregationTemporality, isMonotonic: row.monotonic };
    case 'histogram':
      return {
        ...distributionView(row),
        aggregationTemporality,
        bucketCounts: row.bucket_counts,
        explicitBounds: row.explicit_bounds.map(doubleOf),
      };
    case 'exponential_histogram':
      return {
        ...distributionView(row),
        aggregationTemporality,
        scale: row.scale,
        zeroCount: row.zero_count,
        zeroThreshold: doubleOf(row.zero_threshold),
        positive: { offset: row.positive_offset, bucketCounts: row.positive_counts },
        negative: { offset: row.negative_offset, bucketCounts: row.negative_counts },
      };
    case 'summary':
      return {
        count: row.count,
        sum: doubleOf(row.sum ?? 0),
        quantileValues: row.quantiles.map(([quantile, value]) => ({
          quantile: doubleOf(quantile),
          value: doubleOf(value),
        })),
      };
  }
}

/** Neither field where the point has no recorded value. */
function numberView(row: MetricPointRow): Record<string, unknown> {
  if (row.value_kind === 'int') return { asInt: row.value_int };
  return row.value_kind === 'double' ? { asDouble: doubleOf(row.value) } : {};
}

function distributionView(row: MetricPointRow): Record<string, unknown> {
  return {
    count: row.count,
    ...(row.sum !== null && { sum: doubleOf(row.sum) }),
    ...(row.min !== null && { min: doubleOf(row.min) }),
    ...(row.max !== null && { max: doubleOf(row.max) }),
  };
}
