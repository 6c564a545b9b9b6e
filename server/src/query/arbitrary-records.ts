/** Generators of log records and spans that the queries of `arbitrary-queries.ts` have something to say about. */
import fc from 'fast-check';
import {
  type Attributes,
  type AttributeValue,
  type LogRecord,
  SPAN_KINDS,
  SPAN_STATUSES,
  type SpanRecord,
} from '../telemetry/records.ts';
import { ATTRIBUTE_KEYS, numbers, words } from './arbitrary-queries.ts';

const texts: fc.Arbitrary<string> = fc.oneof(
  words,
  numbers,
  fc.constantFrom('', 'true', 'false', 'NaN'),
  fc.array(fc.oneof(words, fc.constantFrom(' ', '-', '_', '.')), { maxLength: 5 }).map((parts) => parts.join('')),
);

const integers: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, 499n, 500n, 9007199254740993n, 2n ** 63n - 1n, -(2n ** 63n)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const doubles: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    0.1,
    499.5,
    500,
    1e18,
    2 ** 53,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ),
  fc.double(),
);

const scalars: fc.Arbitrary<AttributeValue> = fc.oneof(
  texts,
  texts,
  integers,
  doubles,
  fc.boolean(),
  fc.constant(null),
);
const values: fc.Arbitrary<AttributeValue> = fc.oneof(
  { weight: 12, arbitrary: scalars },
  { weight: 1, arbitrary: fc.array(scalars, { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }) },
);
const attributes: fc.Arbitrary<Attributes> = fc
  .array(fc.tuple(fc.constantFrom(...ATTRIBUTE_KEYS), values), { maxLength: 5 })
  .map((entries) => new Map(entries));
const ids = (digits: number): fc.Arbitrary<string> =>
  fc.constantFrom('', 'a1'.repeat(digits / 2), `0${'b'.repeat(digits - 1)}`, `a${'1'.repeat(digits - 1)}`);

const resources = fc.record({
  attributes,
  droppedAttributesCount: fc.constant(0),
  schemaUrl: fc.constant(''),
  serviceName: texts,
  environment: texts,
});
const scopes = fc.record({
  name: texts,
  version: fc.constant(''),
  attributes: fc.constant<Attributes>(new Map()),
  droppedAttributesCount: fc.constant(0),
  schemaUrl: fc.constant(''),
});

/** All at one time; rows older than the retention would vanish from the store. */
export function logRecords(timeUnixNano: bigint): fc.Arbitrary<Omit<LogRecord, 'id'>> {
  return fc.record({
    resource: resources,
    scope: scopes,
    timeUnixNano: fc.constant(timeUnixNano),
    observedTimeUnixNano: fc.constant(timeUnixNano),
    severityNumber: fc.integer({ min: 0, max: 24 }),
    severityText: texts,
    body: fc.oneof({ weight: 6, arbitrary: texts }, { weight: 1, arbitrary: values }),
    attributes,
    droppedAttributesCount: fc.constant(0),
    flags: fc.constant(0),
    traceId: ids(32),
    spanId: ids(16),
    eventName: texts,
  });
}

export function spanRecords(startTimeUnixNano: bigint): fc.Arbitrary<Omit<SpanRecord, 'id'>> {
  return fc.record({
    resource: resources,
    scope: scopes,
    traceId: ids(32),
    spanId: ids(16),
    parentSpanId: ids(16),
    traceState: fc.constant(''),
    flags: fc.constant(0),
    name: texts,
    kind: fc.constantFrom(...SPAN_KINDS),
    startTimeUnixNano: fc.constant(startTimeUnixNano),
    endTimeUnixNano: fc
      .constantFrom(-5n, 0n, 1n, 250_000n, 1_500_000n, 100_000_000n, 2_000_000_000n)
      .map((nanos) => startTimeUnixNano + nanos),
    status: fc.constantFrom(...SPAN_STATUSES),
    statusMessage: texts,
    attributes,
    droppedAttributesCount: fc.constant(0),
    events: fc.constant([]),
    droppedEventsCount: fc.constant(0),
    links: fc.constant([]),
    droppedLinksCount: fc.constant(0),
  });
}
