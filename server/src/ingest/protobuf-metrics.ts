import type { Attributes, MetricPoint, Resource, Scope } from '../telemetry/records.ts';
import type { DecodeContext } from './decode-context.ts';
import type { MetricHeader } from './metric-header.ts';
import { ownAttributes, readAttribute, readName, readText } from './protobuf-common.ts';
import { readExportRequest } from './protobuf-export.ts';
import {
  readExponentialHistogramPoint,
  readHistogramPoint,
  readNumberPoint,
  readSummaryPoint,
} from './protobuf-metric-points.ts';
import { LENGTH, type ProtobufReader, VARINT } from './protobuf-reader.ts';
import { type AttributeMap, type Draft, NO_ATTRIBUTES, TEMPORALITIES } from './record-parts.ts';

const GAUGE = (5 << 3) | LENGTH;
const SUM = (7 << 3) | LENGTH;
const HISTOGRAM = (9 << 3) | LENGTH;
const EXPONENTIAL_HISTOGRAM = (10 << 3) | LENGTH;
const SUMMARY = (11 << 3) | LENGTH;

/** The points of a protobuf ExportMetricsServiceRequest (metrics.proto v1). Throws as {@link readExportRequest} does. */
export function decodeMetricsProtobuf(bytes: Uint8Array, context: DecodeContext): MetricPoint[] {
  const points: MetricPoint[] = [];
  readExportRequest(bytes, context, (reader, resource, scope) => readMetric(reader, context, resource, scope, points));
  return points;
}

function readMetric(
  reader: ProtobufReader,
  context: DecodeContext,
  resource: Resource,
  scope: Scope,
  points: MetricPoint[],
): void {
  context.spend(1);
  const end = reader.valueEnd();
  let name = '';
  let description = '';
  let unit = '';
  let metadata: Attributes = NO_ATTRIBUTES;
  // The points need fields that come after them, so the data is read last.
  let dataTag = 0;
  let dataPos = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | LENGTH:
        name = readName(reader, context);
        break;
      case (2 << 3) | LENGTH:
        description = readText(reader, context);
        break;
      case (3 << 3) | LENGTH:
        unit = readName(reader, context);
        break;
      case (12 << 3) | LENGTH:
        metadata = ownAttributes(metadata);
        readAttribute(reader, context, metadata as AttributeMap);
        break;
      case GAUGE:
      case SUM:
      case HISTOGRAM:
      case EXPONENTIAL_HISTOGRAM:
      case SUMMARY:
        dataTag = tag;
        dataPos = reader.pos;
        reader.skip(tag);
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
  if (dataTag === 0) return;
  const header: Draft<MetricHeader> = {
    resource,
    scope,
    name,
    description,
    unit,
    metadata,
    temporality: 'unspecified',
    monotonic: false,
  };
  reader.pos = dataPos;
  readData(reader, context, dataTag, header, points);
  reader.pos = end;
}

/** Gauge, Sum, Histogram, ExponentialHistogram, Summary: `data_points = 1; aggregation_temporality = 2; is_monotonic = 3`. */
function readData(
  reader: ProtobufReader,
  context: DecodeContext,
  dataTag: number,
  header: Draft<MetricHeader>,
  points: MetricPoint[],
): void {
  const end = reader.valueEnd();
  const start = reader.pos;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === ((2 << 3) | VARINT)) header.temporality = TEMPORALITIES[reader.varint32()] ?? 'unspecified';
    else if (tag === ((3 << 3) | VARINT)) header.monotonic = reader.bool();
    else reader.skip(tag);
  }
  reader.finish(end);
  reader.pos = start;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | LENGTH)) {
      const point = readPoint(reader, context, dataTag, header);
      if (point !== null) points.push(point);
    } else {
      reader.skip(tag);
    }
  }
  reader.finish(end);
}

function readPoint(
  reader: ProtobufReader,
  context: DecodeContext,
  dataTag: number,
  header: MetricHeader,
): MetricPoint | null {
  switch (dataTag) {
    case GAUGE:
      return readNumberPoint(reader, context, header, 'gauge');
    case SUM:
      return readNumberPoint(reader, context, header, 'sum');
    case HISTOGRAM:
      return readHistogramPoint(reader, context, header);
    case EXPONENTIAL_HISTOGRAM:
      return readExponentialHistogramPoint(reader, context, header);
    default:
      return readSummaryPoint(reader, context, header);
  }
}
