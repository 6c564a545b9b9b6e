import fc from 'fast-check';
import type { AttributeValue, LogRecord } from '../../telemetry/records.ts';
import { MAX_INT64, MAX_UINT32 } from './extreme-values.ts';
import { newLog, newResource } from './records.ts';

const text = fc.string({ unit: 'binary', maxLength: 30 });
const leaf: fc.Arbitrary<AttributeValue> = fc.oneof(
  text,
  fc.boolean(),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: MAX_INT64 }),
  fc.uint8Array({ maxLength: 10 }),
  fc.constant(null),
);
const anyValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.array(fc.tuple(text, leaf), { maxLength: 3 }).map((pairs) => new Map(pairs)),
);
const anyAttributes = fc.array(fc.tuple(text, anyValue), { maxLength: 8 }).map((pairs) => new Map(pairs));
const anyId = (bytes: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(''),
    fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((id) => Buffer.from(id).toString('hex')),
  );
/** Log records with every type of body and attribute. */
export const anyLog: fc.Arbitrary<LogRecord> = fc
  .record({
    severityNumber: fc.nat(24),
    severityText: text,
    body: anyValue,
    attributes: anyAttributes,
    droppedAttributesCount: fc.nat(MAX_UINT32),
    flags: fc.nat(MAX_UINT32),
    traceId: anyId(16),
    spanId: anyId(8),
    eventName: text,
    resource: anyAttributes.map((attributes) => newResource('any', attributes)),
  })
  .map((fields) => newLog(fields));
