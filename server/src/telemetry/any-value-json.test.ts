import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { attributeText, fromAnyValueJson, fromKeyValuesJson, toAnyValueJson, toKeyValues } from './any-value-json.ts';
import type { AttributeValue } from './records.ts';

const { value: attributeValues } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    // JSON has no negative zero that survives JSON.stringify.
    fc.double().map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.uint8Array(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  ) as fc.Arbitrary<AttributeValue>,
}));

test('every value survives its JSON text, with its type', () => {
  fc.assert(
    fc.property(attributeValues, (value) => {
      const text = JSON.stringify(toAnyValueJson(value));
      assert.deepEqual(fromAnyValueJson(JSON.parse(text)), value);
    }),
    { numRuns: 200 },
  );
});

test('attributes keep their order and keys such as __proto__', () => {
  const attributes = new Map<string, AttributeValue>([
    ['z', 1n],
    ['__proto__', 'x'],
    ['', null],
  ]);
  assert.deepEqual([...fromKeyValuesJson(toKeyValues(attributes))], [...attributes]);
});

test('the JSON form is the one of OTLP/JSON', () => {
  const value = new Map<string, AttributeValue>([
    ['i', 9_007_199_254_740_993n],
    ['n', Number.NaN],
    ['b', new Uint8Array([1, 2])],
    ['l', [true, null]],
  ]);
  assert.deepEqual(toAnyValueJson(value), {
    kvlistValue: {
      values: [
        { key: 'i', value: { intValue: '9007199254740993' } },
        { key: 'n', value: { doubleValue: 'NaN' } },
        { key: 'b', value: { bytesValue: 'AQI=' } },
        { key: 'l', value: { arrayValue: { values: [{ boolValue: true }, {}] } } },
      ],
    },
  });
});

test('reads numbers that others write as number or string, and absent lists', () => {
  assert.equal(fromAnyValueJson({ intValue: 5 }), 5n);
  assert.equal(fromAnyValueJson({ doubleValue: '-Infinity' }), Number.NEGATIVE_INFINITY);
  assert.equal(fromAnyValueJson({ doubleValue: '1.5' }), 1.5);
  assert.deepEqual(fromAnyValueJson({ arrayValue: {} }), []);
  assert.deepEqual(fromAnyValueJson({ kvlistValue: { values: null } }), new Map());
  assert.equal(fromAnyValueJson({ stringValue: null }), null);
});

test('a value that does not fit its field is refused by name', () => {
  assert.throws(() => fromAnyValueJson({ stringValue: 1 }), /stringValue must be a string/);
  assert.throws(() => fromAnyValueJson({ intValue: 1.5 }), /intValue must be an integer/);
  assert.throws(() => fromAnyValueJson({ doubleValue: 'x' }), /doubleValue must be a number/);
  assert.throws(() => fromAnyValueJson({ arrayValue: { values: 'x' } }), /arrayValue.values must be an array/);
  assert.throws(() => fromAnyValueJson('x'), TypeError);
});

test('text is plain: scalars as printed, structures as JSON without wrappers', () => {
  assert.equal(attributeText('a "b"'), 'a "b"');
  assert.equal(attributeText(2n ** 62n), '4611686018427387904');
  assert.equal(attributeText(1.5), '1.5');
  assert.equal(attributeText(null), '');
  assert.equal(attributeText(new Uint8Array([255])), '/w==');
  const nested = new Map<string, AttributeValue>([
    ['a "b"', [1n, 1.5, 'x', null, Number.NaN, new Uint8Array([255])]],
    ['m', new Map([['k', false]])],
  ]);
  assert.equal(attributeText(nested), '{"a \\"b\\"":[1,1.5,"x",null,"NaN","/w=="],"m":{"k":false}}');
});
