import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../index.ts';
import { toOtlpJson, toOtlpProtobuf } from '../otlp.ts';
import { toRecord } from '../sink-kit.ts';
import { memorySink } from '../testing.ts';
import { toAnswer } from './answer.ts';
import { postByChild } from './last-post.ts';
import { partialSuccessIn } from './protobuf.ts';

test('R64 a single executable application is not started once more to post its last batch', (t) => {
  const own = process.getBuiltinModule;
  const asked: string[] = [];
  t.mock.method(process, 'getBuiltinModule', (id: string) => {
    asked.push(id);
    return id === 'node:sea' ? { isSea: () => true } : own(id);
  });
  assert.equal(postByChild('http://127.0.0.1:9', {}, {}, new Uint8Array(), 'json', 1000), undefined);
  assert.deepEqual(asked, ['node:sea']);
});

/** Fields of one message: number, and an integer or bytes. */
function read(bytes: Uint8Array): [number, bigint | Uint8Array][] {
  const result: [number, bigint | Uint8Array][] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = tag >> 3;
    if ((tag & 7) === 0) result.push([field, varint()]);
    else if ((tag & 7) === 1) {
      result.push([field, view.getBigUint64(at, true)]);
      at += 8;
    } else if ((tag & 7) === 5) {
      result.push([field, BigInt(view.getUint32(at, true))]);
      at += 4;
    } else {
      const length = Number(varint());
      result.push([field, bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  return result;
}

const all = (bytes: Uint8Array, field: number): (bigint | Uint8Array)[] =>
  read(bytes)
    .filter(([number]) => number === field)
    .map(([, value]) => value);
const inner = (bytes: Uint8Array, ...path: number[]): Uint8Array =>
  path.reduce((at, field) => all(at, field)[0] as Uint8Array, bytes);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

async function record() {
  const sink = memorySink();
  const logger = createLogger({ service: 'shop', sinks: [sink], flushAtExit: false, now: () => 1_764_032_523_007 });
  logger.module('m').log(
    'error',
    'body',
    {
      big: 9_007_199_254_740_993n,
      low: -(2n ** 63n),
      int: -5,
      double: 1.5,
      yes: true,
      none: null,
      list: [1, 'a'],
      map: { k: 'v' },
    },
    'some.event',
  );
  await logger.close();
  return toRecord(sink.lines[0]!);
}

test('R60 protobuf: every field at its number, 64-bit integers exact', async () => {
  const request = toOtlpProtobuf([await record()]);
  const [resourceLogs] = all(request, 1) as Uint8Array[];
  assert.equal(text(inner(resourceLogs!, 1, 1, 1)), 'service.name');
  assert.equal(text(inner(resourceLogs!, 1, 1, 2, 1)), 'shop');
  assert.equal(text(inner(resourceLogs!, 2, 1, 1)), 'm');
  const log = inner(resourceLogs!, 2, 2);
  assert.equal(all(log, 1)[0], 1_764_032_523_007_000_000n);
  assert.equal(all(log, 2)[0], 17n);
  assert.equal(text(inner(log, 3)), 'ERROR');
  assert.equal(text(inner(log, 5, 1)), 'body');
  assert.equal(text(inner(log, 12)), 'some.event');
  const attributes = new Map(
    (all(log, 6) as Uint8Array[]).map((pair) => [text(inner(pair, 1)), inner(pair, 2)] as const),
  );
  const int = (name: string): bigint => BigInt.asIntN(64, all(attributes.get(name)!, 3)[0] as bigint);
  assert.equal(int('big'), 9_007_199_254_740_993n);
  assert.equal(int('low'), -(2n ** 63n));
  assert.equal(int('int'), -5n);
  assert.equal(all(attributes.get('yes')!, 2)[0], 1n);
  assert.deepEqual(read(attributes.get('none')!), []);
  assert.equal(text(inner(attributes.get('map')!, 6, 1, 2, 1)), 'v');
  assert.equal(all(inner(attributes.get('list')!, 5), 1).length, 2);
});

test('R60 JSON: integers are texts, doubles numbers', async () => {
  const request = JSON.parse(toOtlpJson([await record()])) as {
    resourceLogs: { scopeLogs: { logRecords: Record<string, unknown>[] }[] }[];
  };
  const log = request.resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!;
  assert.equal(log['timeUnixNano'], '1764032523007000000');
  assert.equal(log['eventName'], 'some.event');
  const attributes = log['attributes'] as { key: string; value: unknown }[];
  assert.deepEqual(attributes.find(({ key }) => key === 'big')!.value, { intValue: '9007199254740993' });
  assert.deepEqual(attributes.find(({ key }) => key === 'double')!.value, { doubleValue: 1.5 });
});

test('R60 a number beyond 64 bits is no integer of OTLP, wherever it comes from', async () => {
  const sink = memorySink();
  const logger = createLogger({ service: 's', sinks: [sink], flushAtExit: false });
  logger.info('x', { edge: 2 ** 63, below: -(2 ** 63), far: [-1e20], most: 2n ** 63n - 1n });
  await logger.close();
  const { attributes } = sink.records()[0]!;
  assert.deepEqual(attributes, { edge: 2 ** 63, below: -(2 ** 63), far: [-1e20], most: 2n ** 63n - 1n });
  const records = [{ ...sink.records()[0]!, attributes: { ...attributes, foreign: 2n ** 64n } }];
  const [log] = (
    JSON.parse(toOtlpJson(records)) as { resourceLogs: { scopeLogs: { logRecords: { attributes: unknown }[] }[] }[] }
  ).resourceLogs[0]!.scopeLogs[0]!.logRecords;
  assert.deepEqual(log!.attributes, [
    { key: 'edge', value: { doubleValue: 2 ** 63 } },
    { key: 'below', value: { doubleValue: -(2 ** 63) } },
    { key: 'far', value: { arrayValue: { values: [{ doubleValue: -1e20 }] } } },
    { key: 'most', value: { intValue: '9223372036854775807' } },
    { key: 'foreign', value: { stringValue: '18446744073709551616' } },
  ]);
  const values = (all(inner(toOtlpProtobuf(records), 1, 2, 2), 6) as Uint8Array[]).map((pair) => inner(pair, 2));
  assert.deepEqual(
    values.map((value) => read(value)[0]![0]),
    [4, 4, 5, 3, 1],
  );
});

test('R61 the number of rejected records and the words for it are read from the answer, in any order', () => {
  const none = { rejected: 0, message: '' };
  assert.deepEqual(partialSuccessIn(new Uint8Array()), none);
  assert.deepEqual(partialSuccessIn(new Uint8Array([10, 3, 8, 0xac, 2])), { rejected: 300, message: '' });
  assert.deepEqual(partialSuccessIn(new Uint8Array([10, 6, 18, 2, 110, 111, 8, 5])), { rejected: 5, message: 'no' });
  assert.deepEqual(partialSuccessIn(new Uint8Array([10, 4, 18, 2, 110, 111])), { rejected: 0, message: 'no' });
  for (const foreign of [
    [1, 2, 3],
    [10, 90, 8],
    [255, 255, 255],
    [10, 11, 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
  ])
    assert.deepEqual(partialSuccessIn(new Uint8Array(foreign)), none);
  const json = (text: string) => toAnswer(200, undefined, Buffer.from(text), 'json', 0);
  assert.equal(json('{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}').rejected, 2);
  assert.equal(json('{"partialSuccess":{"rejectedLogRecords":-1}}').rejected, 0);
  assert.equal(json('<html>').rejected, 0);
});

test('R62 Retry-After is seconds or a date, never more than an hour', () => {
  const now = Date.UTC(2026, 10, 25, 10, 0, 0);
  const delay = (header: string | undefined) => toAnswer(503, header, Buffer.of(), 'json', now).retryAfterMs;
  assert.equal(delay(undefined), undefined);
  assert.equal(delay(''), undefined);
  assert.equal(delay('soon'), undefined);
  assert.equal(delay('1.5'), 1500);
  assert.equal(delay('-4'), 0);
  assert.equal(delay('Wed, 25 Nov 2026 10:00:07 GMT'), 7000);
  assert.equal(delay('Wed, 25 Nov 2026 09:00:00 GMT'), 0);
  assert.equal(delay('1e12'), 3_600_000);
});
