import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDuration, parseNumber } from './number.ts';

test('a number is read with the exact integers around it', () => {
  const cases: [text: string, double: number, floor: bigint, ceil: bigint][] = [
    ['0', 0, 0n, 0n],
    ['-0.5', -0.5, -1n, 0n],
    ['1.5', 1.5, 1n, 2n],
    ['500.0', 500, 500n, 500n],
    ['5e2', 500, 500n, 500n],
    ['25e-1', 2.5, 2n, 3n],
    ['9007199254740993', 9007199254740992, 9007199254740993n, 9007199254740993n],
    ['-9223372036854775809', -(2 ** 63), -9223372036854775809n, -9223372036854775809n],
  ];
  for (const [text, double, floor, ceil] of cases) assert.deepEqual(parseNumber(text), { double, floor, ceil }, text);
});

test('what nobody means as a number is none', () => {
  for (const text of ['', 'NaN', 'Infinity', '0x10', '1_000', '1.', '.5', '1e', '1e99999', '1'.repeat(101), ' 1']) {
    assert.equal(parseNumber(text), undefined, text);
  }
});

test('the integers around a finite double are its floor and ceiling', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), (double) => {
      const text = double.toString();
      const number = parseNumber(text);
      assert.ok(number, text);
      assert.equal(number.double, double + 0, 'of -0 the sign is not written');
      assert.equal(number.floor, BigInt(Math.floor(double)));
      assert.equal(number.ceil, BigInt(Math.ceil(double)));
    }),
  );
});

test('a duration is read in nanoseconds, without a unit as milliseconds', () => {
  const cases: [text: string, nanos: bigint][] = [
    ['100ms', 100_000_000n],
    ['100', 100_000_000n],
    ['1.5s', 1_500_000_000n],
    ['250us', 250_000n],
    ['250µs', 250_000n],
    ['7ns', 7n],
    ['2m', 120_000_000_000n],
    ['1h', 3_600_000_000_000n],
    ['1d', 86_400_000_000_000n],
  ];
  for (const [text, nanos] of cases) assert.equal(parseDuration(text)?.floor, nanos, text);
  assert.deepEqual(parseDuration('0.0000001ms'), { double: 0, floor: 0n, ceil: 1n });
  for (const text of ['-1s', '1 s', 's', '1w', '1e3ms', '']) assert.equal(parseDuration(text), undefined, text);
});
