import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalize, parseCanonical } from './canonical.ts';
import { isAuditError } from './errors.ts';

const refused = (error: unknown): boolean => isAuditError(error, 'AUDIT_NOT_CANONICAL');

test('R1: the vectors of RFC 8785', () => {
  const input = String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`;
  assert.equal(
    canonicalize(JSON.parse(input)),
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
  const sorted = canonicalize({
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    1: 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  });
  assert.deepEqual(Object.values(JSON.parse(sorted.replace('"1"', '"one"')) as object), [
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ]);
  const numbers: [number, string][] = [
    [5e-324, '5e-324'],
    [-5e-324, '-5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [9007199254740992, '9007199254740992'],
    [2 ** 68, '295147905179352830000'],
    [9.999999999999997e22, '9.999999999999997e+22'],
    [1e23, '1e+23'],
    [-0, '0'],
    [333333333.3333332, '333333333.3333332'],
  ];
  for (const [value, text] of numbers) assert.equal(canonicalize(value), text);
});

test('R1: what has no JSON form is refused with its place', () => {
  for (const value of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined,
    () => 1,
    1n,
    Symbol('s'),
    new Date(0),
    new Map(),
    '\ud800',
  ]) {
    assert.throws(
      () => canonicalize({ deep: [value] }),
      (error: unknown) => {
        assert.match((error as Error).message, /deep\/0/);
        return refused(error);
      },
    );
  }
  assert.throws(() => canonicalize({ '\udc00': 1 }), refused);
  // biome-ignore lint/suspicious/noSparseArray: sparse arrays are what is tested
  assert.throws(() => canonicalize([1, , 2]), refused);
  let deep: unknown = 1;
  for (let i = 0; i < 65; i += 1) deep = [deep];
  assert.throws(() => canonicalize(deep), refused);
  const cycle: unknown[] = [];
  cycle.push(cycle);
  assert.throws(() => canonicalize(cycle), refused);
});

test('R2: only canonical text parses', () => {
  for (const text of [
    '{"a":1,"a":2}',
    '{"b":1,"a":2}',
    '{ "a":1}',
    '1.0',
    '1e2',
    '-0',
    String.raw`"\u0041"`,
    '"\ud800"',
    '{"a":1}\n',
    '',
  ]) {
    assert.throws(() => parseCanonical(text), refused, text);
  }
  assert.deepEqual(parseCanonical('{"a":[1,"x",null]}'), { a: [1, 'x', null] });
});

test('R1: any JSON value survives, whatever the order of its keys', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = canonicalize(value);
      assert.equal(canonicalize(parseCanonical(text)), text);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.equal(canonicalize(reversed(value)), text);
    }),
    { numRuns: 300 },
  );
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}
