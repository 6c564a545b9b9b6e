import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AttributeValue } from '../telemetry/records.ts';
import { createAttributesEncoder, createOriginEncoder } from './encode-attributes.ts';
import { createFieldCatalogue, MAX_KEYS, MAX_KEYS_OF_SERVICE } from './field-catalogue.ts';
import { RowWriter } from './row-writer.ts';
import { createRowReader } from './testing/row-reader.ts';

const HALF_DAY_MS = 12 * 60 * 60 * 1000;

describe('attributes as rows', () => {
  it('go to one map per type, the rest as OTLP/JSON', () => {
    const catalogue = createFieldCatalogue({ now: () => 0, log: () => {} });
    const encode = createAttributesEncoder(catalogue, 'logs', 'attribute');
    const attributes = new Map<string, AttributeValue>([
      ['s', 'text'],
      ['', ''],
      ['i', -5n],
      ['d', Number.NaN],
      ['b', true],
      ['list', ['a', 1n]],
      ['unset', null],
    ]);
    const writer = new RowWriter(16);
    encode(writer, attributes);
    encode(writer, new Map());
    const reader = createRowReader(writer.view(0, writer.position));
    assert.deepEqual(
      [reader.length(), reader.string(), reader.string(), reader.string(), reader.string()],
      [2, 's', 'text', '', ''],
    );
    assert.deepEqual([reader.length(), reader.string(), reader.int64()], [1, 'i', -5n]);
    assert.deepEqual([reader.length(), reader.string(), reader.float64()], [1, 'd', Number.NaN]);
    assert.deepEqual([reader.length(), reader.string(), reader.uint8()], [1, 'b', 1]);
    assert.deepEqual(
      [reader.length(), reader.string(), reader.string(), reader.string(), reader.string()],
      [2, 'list', '{"arrayValue":{"values":[{"stringValue":"a"},{"intValue":"1"}]}}', 'unset', '{}'],
    );
    assert.deepEqual(
      [reader.length(), reader.length(), reader.length(), reader.length(), reader.length()],
      [0, 0, 0, 0, 0],
    );
    assert.ok(reader.atEnd());
  });

  it('are noticed once per key and type, and again after half a day', () => {
    let now = 0;
    const catalogue = createFieldCatalogue({ now: () => now, log: () => {} });
    const encode = createAttributesEncoder(catalogue, 'spans', 'attribute');
    const writer = new RowWriter(16);
    encode(
      writer,
      new Map<string, AttributeValue>([
        ['k', 'x'],
        ['n', 1n],
      ]),
    );
    encode(
      writer,
      new Map<string, AttributeValue>([
        ['k', 2],
        ['n', 2n],
      ]),
    );
    const fields = catalogue.takeNew();
    assert.deepEqual(
      fields.map(({ signal, level, key, type }) => `${signal} ${level} ${key} ${type}`),
      ['spans attribute k string', 'spans attribute n int', 'spans attribute k double'],
    );
    encode(writer, new Map([['k', 'y']]));
    assert.deepEqual(catalogue.takeNew(), []);
    catalogue.putBack(fields);
    assert.equal(catalogue.takeNew().length, 3);
    now = HALF_DAY_MS;
    assert.deepEqual(catalogue.takeNew(), []);
    encode(writer, new Map([['k', 'y']]));
    assert.equal(catalogue.takeNew().length, 1);
  });

  it('are still written when a service sends more keys than are remembered', () => {
    const lines: string[] = [];
    const catalogue = createFieldCatalogue({ now: () => 0, log: (line) => lines.push(line) });
    const keys = catalogue.keys('logs', 'attribute', 'string');
    const writer = new RowWriter(16);
    for (let i = 0; i < 10_001; i++) {
      keys.write(writer, `key-${i}`);
    }
    const reader = createRowReader(writer.view(0, writer.position));
    for (let i = 0; i < 10_001; i++) {
      assert.equal(reader.string(), `key-${i}`);
    }
    assert.equal(catalogue.takeNew().length, MAX_KEYS_OF_SERVICE);
    assert.equal(lines.length, 1);
  });

  it('of a service that makes them up do not keep those of others from being noticed, nor its own frequent ones', () => {
    let now = 0;
    const catalogue = createFieldCatalogue({ now: () => now, log: () => {} });
    const keys = catalogue.keys('logs', 'attribute', 'string');
    const write = (source: string, key: string): void => {
      catalogue.source = source;
      keys.write(new RowWriter(16), key);
    };
    for (let i = 0; i < 30_000; i++) {
      write('hostile', `id-${i}`);
      write('hostile', 'http.route');
      if (i % 10 === 0) write('honest', 'order.id');
    }
    write('honest', 'new.key');
    const fields = catalogue.takeNew();
    const tiersOf = (wanted: string) => fields.filter(({ key }) => key === wanted).map(({ seen }) => seen);
    assert.deepEqual(tiersOf('http.route'), [1, 10, 100, 1_000, 10_000]);
    assert.deepEqual(tiersOf('order.id'), [1, 10, 100, 1_000]);
    assert.deepEqual(
      fields.filter(({ key }) => key === 'new.key'),
      [{ signal: 'logs', level: 'attribute', key: 'new.key', type: 'string', seen: 1, service: 'honest' }],
    );
    assert.ok(fields.length < MAX_KEYS_OF_SERVICE + 20, `${fields.length} rows`);
    now = HALF_DAY_MS;
    catalogue.takeNew();
    write('honest', 'order.id');
    assert.deepEqual(
      catalogue.takeNew().map(({ key, seen }) => [key, seen]),
      [['order.id', 1_501]],
    );
  });

  it('from services that are made up leave the frequent ones, and new ones are noticed at their 10th sight', () => {
    const lines: string[] = [];
    const catalogue = createFieldCatalogue({ now: () => 0, log: (line) => lines.push(line) });
    const keys = catalogue.keys('spans', 'attribute', 'string');
    const write = (source: string, key: string): void => {
      catalogue.source = source;
      keys.write(new RowWriter(16), key);
    };
    for (let i = 0; i < 100; i++) write('honest', 'order.id');
    for (let i = 0; i < 2 * MAX_KEYS; i++) write(`service-${i}`, `id-${i}`);
    assert.equal(lines.length, 1);
    catalogue.takeNew();
    write('honest', 'order.id');
    assert.deepEqual(catalogue.takeNew(), [], 'still known');
    for (let i = 0; i < 10; i++) write('honest', 'new.key');
    assert.deepEqual(
      catalogue.takeNew().map(({ key, seen }) => [key, seen]),
      [['new.key', 10]],
    );
  });

  it('of resources and scopes are encoded per object', () => {
    const encode = createOriginEncoder(createFieldCatalogue({ now: () => 0, log: () => {} }), 'logs');
    const scope = { name: 'lib', version: '1', attributes: new Map(), droppedAttributesCount: 3, schemaUrl: 'u' };
    const resource = (serviceName: string) => ({
      attributes: new Map([['service.name', serviceName]]),
      droppedAttributesCount: 0,
      schemaUrl: '',
      serviceName,
      environment: 'prod',
    });
    const [a, b] = [resource('a'), resource('b')];
    const writer = new RowWriter(16);
    for (const origin of [a, b, a]) {
      encode(writer, origin, scope);
    }
    const third = writer.position / 3;
    assert.deepEqual(writer.view(0, third), writer.view(2 * third, writer.position));
    const reader = createRowReader(writer.view(third, 2 * third));
    assert.deepEqual([reader.string(), reader.string(), reader.length()], ['b', 'prod', 1]);
  });
});
