/** Arbitrary records of all signals, with every field filled, for property tests of the decoders. Ids are 0. */
import fc from 'fast-check';
import {
  type Attributes,
  type AttributeValue,
  type Exemplar,
  type LogRecord,
  type MetricPoint,
  type Resource,
  type Scope,
  SPAN_KINDS,
  SPAN_STATUSES,
  type SpanRecord,
} from '../../telemetry/records.ts';

/** When the records are received: later than all their times. */
export const RECEIVED_AT_MS = 1_800_000_000_000;

const text = fc.string({ unit: 'binary', maxLength: 12 });
// JSON.stringify writes negative zero as 0.
const double = fc.double().map((n) => (n === 0 ? 0 : n));
const finiteDouble = fc.double({ noNaN: true }).map((n) => (n === 0 ? 0 : n));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const uint32 = fc.nat(0xffff_ffff);
const sint32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const time = fc.bigInt({ min: 1n, max: BigInt(RECEIVED_AT_MS) * 1_000_000n });
const id = (bytes: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((array) => array.some((byte) => byte !== 0))
    .map((array) => Buffer.from(array).toString('hex'));
const traceId = id(16);
const spanId = id(8);
// Records with a prototype, so that they can be deep-equal to ours.
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const orAbsent = (arbitrary: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(arbitrary, fc.constant(''));

const { value: anyValues } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.boolean(),
    double,
    int64,
    fc.uint8Array({ maxLength: 8 }),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  ) as fc.Arbitrary<AttributeValue>,
})) as { value: fc.Arbitrary<AttributeValue> };

const attributes: fc.Arbitrary<Attributes> = fc
  .array(fc.tuple(text, anyValues), { maxLength: 4 })
  .map((pairs) => new Map(pairs));

const resource: fc.Arbitrary<Resource> = record({
  attributes,
  droppedAttributesCount: uint32,
  schemaUrl: text,
  service: fc.string({ minLength: 1 }),
}).map(({ service, ...rest }) => ({
  ...rest,
  attributes: new Map([...rest.attributes, ['service.name', service], ['deployment.environment', 'test']]),
  serviceName: service,
  environment: 'test',
}));

const scope: fc.Arbitrary<Scope> = record({
  name: text,
  version: text,
  attributes,
  droppedAttributesCount: uint32,
  schemaUrl: text,
});

export const logRecords: fc.Arbitrary<LogRecord> = record({
  id: fc.constant(0n),
  resource,
  scope,
  timeUnixNano: time,
  observedTimeUnixNano: time,
  severityNumber: fc.nat(24),
  severityText: text,
  body: anyValues,
  attributes,
  droppedAttributesCount: uint32,
  flags: uint32,
  traceId: orAbsent(traceId),
  spanId: orAbsent(spanId),
  eventName: text,
});

export const spanRecords: fc.Arbitrary<SpanRecord> = record({
  id: fc.constant(0n),
  resource,
  scope,
  traceId,
  spanId,
  parentSpanId: orAbsent(spanId),
  traceState: text,
  flags: uint32,
  name: text,
  kind: fc.constantFrom(...SPAN_KINDS),
  startTimeUnixNano: time,
  endTimeUnixNano: time,
  status: fc.constantFrom(...SPAN_STATUSES),
  statusMessage: text,
  attributes,
  droppedAttributesCount: uint32,
  events: fc.array(record({ timeUnixNano: time, name: text, attributes, droppedAttributesCount: uint32 }), {
    maxLength: 2,
  }),
  droppedEventsCount: uint32,
  links: fc.array(
    record({ traceId, spanId, traceState: text, attributes, droppedAttributesCount: uint32, flags: uint32 }),
    { maxLength: 2 },
  ),
  droppedLinksCount: uint32,
});

const exemplar: fc.Arbitrary<Exemplar> = record({
  timeUnixNano: time,
  value: fc.oneof(finiteDouble, int64, fc.constant(null)),
  traceId: orAbsent(traceId),
  spanId: orAbsent(spanId),
  attributes,
});

const pointBase = {
  id: fc.constant(0n),
  resource,
  scope,
  name: text,
  description: text,
  unit: text,
  metadata: attributes,
  attributes,
  startTimeUnixNano: fc.oneof(time, fc.constant(0n)),
  timeUnixNano: time,
  flags: uint32,
  exemplars: fc.array(exemplar, { maxLength: 2 }),
};
const temporality = fc.constantFrom('unspecified' as const, 'delta' as const, 'cumulative' as const);
const optionalDouble = fc.oneof(double, fc.constant(null));
const distribution = { temporality, count: uint64, sum: optionalDouble, min: optionalDouble, max: optionalDouble };
const pointValue = fc.oneof(double, int64, fc.constant(null));
const buckets = record({ offset: sint32, counts: fc.array(uint64, { maxLength: 4 }) });

export const metricPoints: fc.Arbitrary<MetricPoint> = fc.oneof(
  record({ ...pointBase, type: fc.constant('gauge' as const), value: pointValue }),
  record({
    ...pointBase,
    type: fc.constant('sum' as const),
    value: pointValue,
    temporality,
    monotonic: fc.boolean(),
  }),
  record({
    ...pointBase,
    type: fc.constant('histogram' as const),
    ...distribution,
    bucketCounts: fc.array(uint64, { minLength: 1, maxLength: 4 }),
    explicitBounds: fc.array(double, { minLength: 3, maxLength: 3 }),
  }).map((point) => ({ ...point, explicitBounds: point.explicitBounds.slice(0, point.bucketCounts.length - 1) })),
  record({
    ...pointBase,
    type: fc.constant('exponential_histogram' as const),
    ...distribution,
    scale: sint32,
    zeroCount: uint64,
    zeroThreshold: double,
    positive: buckets,
    negative: buckets,
  }),
  record({
    ...pointBase,
    type: fc.constant('summary' as const),
    exemplars: fc.constant([]),
    count: uint64,
    sum: double,
    quantiles: fc.array(record({ quantile: double, value: double }), { maxLength: 3 }),
  }),
);
