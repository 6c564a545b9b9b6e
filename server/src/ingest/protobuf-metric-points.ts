import type { Exemplar, ExponentialBuckets, MetricPoint, MetricPointBase } from '../telemetry/records.ts';
import { completeExemplar, completePoint, type ReadId } from './complete-records.ts';
import { type DecodeContext, RECORD_COST } from './decode-context.ts';
import { addExemplar, type MetricHeader, newPoint } from './metric-header.ts';
import { ownAttributes, readAttribute } from './protobuf-common.ts';
import { FIXED64, LENGTH, type ProtobufReader, VARINT } from './protobuf-reader.ts';
import { type AttributeMap, bucketsFit, type Draft, NO_ATTRIBUTES, REJECTIONS } from './record-parts.ts';

/** Field numbers of what all kinds of points have, which differ from kind to kind. Times are 2 and 3 in all of them. */
interface CommonFields {
  attributes: number;
  exemplars: number;
  flags: number;
}
const NUMBER_FIELDS: CommonFields = commonFields(7, 5, 8);
const HISTOGRAM_FIELDS: CommonFields = commonFields(9, 8, 10);
const EXPONENTIAL_FIELDS: CommonFields = commonFields(1, 11, 10);
const SUMMARY_FIELDS: CommonFields = commonFields(7, -1, 8);

function commonFields(attributes: number, exemplars: number, flags: number): CommonFields {
  return {
    attributes: (attributes << 3) | LENGTH,
    exemplars: exemplars < 0 ? -1 : (exemplars << 3) | LENGTH,
    flags: (flags << 3) | VARINT,
  };
}

/** Reads a field that all kinds of points have, or passes over one that is not known. */
function readCommonField(
  reader: ProtobufReader,
  context: DecodeContext,
  tag: number,
  fields: CommonFields,
  point: Draft<MetricPointBase>,
): void {
  if (tag === fields.attributes) {
    point.attributes = ownAttributes(point.attributes);
    readAttribute(reader, context, point.attributes as AttributeMap);
  } else if (tag === ((2 << 3) | FIXED64)) {
    point.startTimeUnixNano = reader.fixed64();
  } else if (tag === ((3 << 3) | FIXED64)) {
    point.timeUnixNano = reader.fixed64();
  } else if (tag === fields.flags) {
    point.flags = reader.varint32();
  } else if (tag === fields.exemplars) {
    addExemplar(point, readExemplar(reader, context));
  } else {
    reader.skip(tag);
  }
}

export function readNumberPoint(
  reader: ProtobufReader,
  context: DecodeContext,
  header: MetricHeader,
  type: 'gauge' | 'sum',
): MetricPoint {
  context.spend(RECORD_COST);
  const end = reader.valueEnd();
  const base = newPoint(header);
  let value: number | bigint | null = null;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === ((4 << 3) | FIXED64)) value = reader.double();
    else if (tag === ((6 << 3) | FIXED64)) value = reader.sfixed64();
    else readCommonField(reader, context, tag, NUMBER_FIELDS, base);
  }
  reader.finish(end);
  const { temporality, monotonic } = header;
  return completePoint(
    context,
    type === 'gauge' ? { ...base, type, value } : { ...base, type, value, temporality, monotonic },
  );
}

export function readHistogramPoint(
  reader: ProtobufReader,
  context: DecodeContext,
  header: MetricHeader,
): MetricPoint | null {
  context.spend(RECORD_COST);
  const end = reader.valueEnd();
  const base = newPoint(header);
  let count = 0n;
  let sum: number | null = null;
  let min: number | null = null;
  let max: number | null = null;
  const bucketCounts: bigint[] = [];
  const explicitBounds: number[] = [];
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (4 << 3) | FIXED64:
        count = reader.fixed64();
        break;
      case (5 << 3) | FIXED64:
        sum = reader.double();
        break;
      case (6 << 3) | LENGTH:
      case (6 << 3) | FIXED64:
        readRepeated(reader, context, tag, () => bucketCounts.push(reader.fixed64()));
        break;
      case (7 << 3) | LENGTH:
      case (7 << 3) | FIXED64:
        readRepeated(reader, context, tag, () => explicitBounds.push(reader.double()));
        break;
      case (11 << 3) | FIXED64:
        min = reader.double();
        break;
      case (12 << 3) | FIXED64:
        max = reader.double();
        break;
      default:
        readCommonField(reader, context, tag, HISTOGRAM_FIELDS, base);
    }
  }
  reader.finish(end);
  if (!bucketsFit(bucketCounts.length, explicitBounds.length)) {
    context.reject(REJECTIONS.buckets);
    return null;
  }
  const { temporality } = header;
  return completePoint(context, {
    ...base,
    type: 'histogram',
    temporality,
    count,
    sum,
    min,
    max,
    bucketCounts,
    explicitBounds,
  });
}

export function readExponentialHistogramPoint(
  reader: ProtobufReader,
  context: DecodeContext,
  header: MetricHeader,
): MetricPoint {
  context.spend(RECORD_COST);
  const end = reader.valueEnd();
  const base = newPoint(header);
  let count = 0n;
  let sum: number | null = null;
  let min: number | null = null;
  let max: number | null = null;
  let scale = 0;
  let zeroCount = 0n;
  let zeroThreshold = 0;
  const positive: DraftBuckets = { offset: 0, counts: [] };
  const negative: DraftBuckets = { offset: 0, counts: [] };
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (4 << 3) | FIXED64:
        count = reader.fixed64();
        break;
      case (5 << 3) | FIXED64:
        sum = reader.double();
        break;
      case (6 << 3) | VARINT:
        scale = reader.sint32();
        break;
      case (7 << 3) | FIXED64:
        zeroCount = reader.fixed64();
        break;
      case (8 << 3) | LENGTH:
        readBuckets(reader, context, positive);
        break;
      case (9 << 3) | LENGTH:
        readBuckets(reader, context, negative);
        break;
      case (12 << 3) | FIXED64:
        min = reader.double();
        break;
      case (13 << 3) | FIXED64:
        max = reader.double();
        break;
      case (14 << 3) | FIXED64:
        zeroThreshold = reader.double();
        break;
      default:
        readCommonField(reader, context, tag, EXPONENTIAL_FIELDS, base);
    }
  }
  reader.finish(end);
  const { temporality } = header;
  return completePoint(context, {
    ...base,
    type: 'exponential_histogram',
    temporality,
    count,
    sum,
    min,
    max,
    scale,
    zeroCount,
    zeroThreshold,
    positive,
    negative,
  });
}

export function readSummaryPoint(reader: ProtobufReader, context: DecodeContext, header: MetricHeader): MetricPoint {
  context.spend(RECORD_COST);
  const end = reader.valueEnd();
  const base = newPoint(header);
  let count = 0n;
  let sum = 0;
  const quantiles: { quantile: number; value: number }[] = [];
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (4 << 3) | FIXED64:
        count = reader.fixed64();
        break;
      case (5 << 3) | FIXED64:
        sum = reader.double();
        break;
      case (6 << 3) | LENGTH:
        quantiles.push(readQuantile(reader, context));
        break;
      default:
        readCommonField(reader, context, tag, SUMMARY_FIELDS, base);
    }
  }
  reader.finish(end);
  return completePoint(context, { ...base, type: 'summary', count, sum, quantiles });
}

type DraftBuckets = Draft<ExponentialBuckets> & { counts: bigint[] };

function readBuckets(reader: ProtobufReader, context: DecodeContext, buckets: DraftBuckets): void {
  const end = reader.valueEnd();
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | VARINT:
        buckets.offset = reader.sint32();
        break;
      case (2 << 3) | LENGTH:
      case (2 << 3) | VARINT:
        readRepeated(reader, context, tag, () => buckets.counts.push(reader.uint64()));
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
}

/** Repeated numbers come packed in one length-delimited field or one by one; a parser must take both. */
function readRepeated(reader: ProtobufReader, context: DecodeContext, tag: number, readOne: () => void): void {
  if ((tag & 7) !== LENGTH) {
    context.spend(1);
    readOne();
    return;
  }
  const end = reader.valueEnd();
  while (reader.pos < end) {
    context.spend(1);
    readOne();
  }
  reader.finish(end);
}

function readQuantile(reader: ProtobufReader, context: DecodeContext): { quantile: number; value: number } {
  context.spend(1);
  const end = reader.valueEnd();
  const pair = { quantile: 0, value: 0 };
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | FIXED64)) pair.quantile = reader.double();
    else if (tag === ((2 << 3) | FIXED64)) pair.value = reader.double();
    else reader.skip(tag);
  }
  reader.finish(end);
  return pair;
}

function readExemplar(reader: ProtobufReader, context: DecodeContext): Exemplar {
  context.spend(1);
  const end = reader.valueEnd();
  const exemplar: Draft<Exemplar> = {
    timeUnixNano: 0n,
    value: null,
    traceId: '',
    spanId: '',
    attributes: NO_ATTRIBUTES,
  };
  let traceId: ReadId = '';
  let spanId: ReadId = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    switch (tag) {
      case (2 << 3) | FIXED64:
        exemplar.timeUnixNano = reader.fixed64();
        break;
      case (3 << 3) | FIXED64:
        exemplar.value = reader.double();
        break;
      case (6 << 3) | FIXED64:
        exemplar.value = reader.sfixed64();
        break;
      case (4 << 3) | LENGTH:
        spanId = reader.spanId(reader.valueEnd());
        break;
      case (5 << 3) | LENGTH:
        traceId = reader.traceId(reader.valueEnd());
        break;
      case (7 << 3) | LENGTH:
        exemplar.attributes = ownAttributes(exemplar.attributes);
        readAttribute(reader, context, exemplar.attributes as AttributeMap);
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.finish(end);
  return completeExemplar(context, exemplar, traceId, spanId);
}
