import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DecodeContext } from './decode-context.ts';
import { DecodeError } from './decode-error.ts';
import { decodeLogsJson } from './json-logs.ts';
import { decodeMetricsJson } from './json-metrics.ts';
import { decodeTracesJson } from './json-traces.ts';
import { decodeLogsProtobuf } from './protobuf-logs.ts';
import { decodeMetricsProtobuf } from './protobuf-metrics.ts';
import { decodeTracesProtobuf } from './protobuf-traces.ts';
import { logRecords, metricPoints, RECEIVED_AT_MS, spanRecords } from './testing/arbitrary-telemetry.ts';
import { logsMessage, metricsMessage, toJson, toProtobuf, tracesMessage } from './testing/otlp-messages.ts';

const newContext = (): DecodeContext => new DecodeContext(RECEIVED_AT_MS, () => 0n);

interface Signal<R> {
  name: string;
  records: fc.Arbitrary<R>;
  message: (records: readonly R[]) => object;
  type: 'LogsRequest' | 'TracesRequest' | 'MetricsRequest';
  protobuf: (bytes: Uint8Array, context: DecodeContext) => R[];
  json: (bytes: Buffer, context: DecodeContext) => R[];
}

function testSignal<R>(signal: Signal<R>): void {
  const batches = fc.array(signal.records, { maxLength: 3 });

  describe(signal.name, () => {
    test('every field survives protobuf as protobufjs writes it', () => {
      fc.assert(
        fc.property(batches, (records) => {
          const context = newContext();
          assert.deepEqual(signal.protobuf(toProtobuf(signal.type, signal.message(records)), context), records);
          assert.equal(context.message(), '');
        }),
        { numRuns: 60 },
      );
    });

    test('every field survives OTLP/JSON', () => {
      fc.assert(
        fc.property(batches, (records) => {
          const context = newContext();
          assert.deepEqual(signal.json(toJson(signal.message(records)), context), records);
          assert.equal(context.message(), '');
        }),
        { numRuns: 60 },
      );
    });

    test('cut or changed protobuf bytes give records or a DecodeError, nothing else', () => {
      const sample = toProtobuf(signal.type, signal.message(fc.sample(signal.records, { numRuns: 3, seed: 1 })));
      fc.assert(
        fc.property(mutations(sample), (bytes) => {
          recordsOrDecodeError(() => signal.protobuf(bytes, newContext()));
        }),
        { numRuns: 400 },
      );
      for (let length = 0; length < sample.length; length++) {
        recordsOrDecodeError(() => signal.protobuf(sample.subarray(0, length), newContext()));
      }
    });

    test('random bytes give records or a DecodeError, nothing else', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
          recordsOrDecodeError(() => signal.protobuf(bytes, newContext()));
          recordsOrDecodeError(() => signal.json(Buffer.from(bytes), newContext()));
        }),
        { numRuns: 300 },
      );
    });

    test('cut or changed JSON, and JSON of any shape, give records or a DecodeError, nothing else', () => {
      const sample = toJson(signal.message(fc.sample(signal.records, { numRuns: 2, seed: 1 })));
      fc.assert(
        fc.property(mutations(sample), (bytes) => {
          recordsOrDecodeError(() => signal.json(Buffer.from(bytes), newContext()));
        }),
        { numRuns: 150 },
      );
      const replaced = JSON.parse(sample.toString());
      fc.assert(
        fc.property(fc.nat(400), fc.jsonValue({ maxDepth: 2 }), (at, value) => {
          const shape = replaceNode(structuredClone(replaced), at, value);
          recordsOrDecodeError(() => signal.json(toJson(shape as object), newContext()));
        }),
        { numRuns: 150 },
      );
    });
  });
}

function recordsOrDecodeError(decode: () => unknown[]): void {
  try {
    assert.ok(Array.isArray(decode()));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}

function mutations(sample: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(sample.length - 1), fc.nat(255));
  return fc.tuple(fc.array(change, { maxLength: 4 }), fc.nat(sample.length)).map(([changes, length]) => {
    const bytes = Uint8Array.from(sample);
    for (const [at, byte] of changes) bytes[at] = byte;
    return length % 3 === 0 ? bytes.subarray(0, length) : bytes;
  });
}

/** Puts `value` in place of the `at`-th node of the tree, in depth-first order. */
function replaceNode(tree: unknown, at: number, value: unknown): unknown {
  let left = at;
  const visit = (node: unknown): unknown => {
    if (left-- === 0) return value;
    if (typeof node !== 'object' || node === null) return node;
    const holder = node as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      if (left < 0) break;
      holder[key] = visit(holder[key]);
    }
    return node;
  };
  return visit(tree);
}

testSignal({
  name: 'logs',
  records: logRecords,
  message: logsMessage,
  type: 'LogsRequest',
  protobuf: decodeLogsProtobuf,
  json: decodeLogsJson,
});
testSignal({
  name: 'spans',
  records: spanRecords,
  message: tracesMessage,
  type: 'TracesRequest',
  protobuf: decodeTracesProtobuf,
  json: decodeTracesJson,
});
testSignal({
  name: 'metric points',
  records: metricPoints,
  message: metricsMessage,
  type: 'MetricsRequest',
  protobuf: decodeMetricsProtobuf,
  json: decodeMetricsJson,
});
