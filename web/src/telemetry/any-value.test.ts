import type { AnyValue } from '@breakwater/server/api-types';
import { expect, test } from 'vitest';
import { attributeText, valuePretty, valueText } from './any-value.ts';

const NESTED: AnyValue = {
  kvlistValue: {
    values: [
      { key: 'big', value: { intValue: '9007199254740993' } },
      {
        key: 'tags',
        value: { arrayValue: { values: [{ stringValue: 'a"b' }, { doubleValue: 'NaN' }, {}, { boolValue: false }] } },
      },
      { key: 'none', value: { kvlistValue: { values: [] } } },
    ],
  },
};

test('values keep every digit and lose their wrappers', () => {
  expect(valueText(NESTED)).toBe('{"big":9007199254740993,"tags":["a\\"b",NaN,null,false],"none":{}}');
  expect(valuePretty(NESTED).split('\n')).toHaveLength(10);
  expect(
    [{ stringValue: 'x' }, { intValue: '-9223372036854775808' }, { bytesValue: 'AAE=' }, {}].map(valueText),
  ).toEqual(['x', '-9223372036854775808', 'AAE=', '']);
});

test('of duplicate keys the last one stands', () => {
  const attributes = [
    { key: 'a', value: { stringValue: '1' } },
    { key: 'a', value: { intValue: '2' } },
  ];
  expect(attributeText(attributes, 'a')).toBe('2');
  expect(attributeText(attributes, 'b')).toBeUndefined();
});
