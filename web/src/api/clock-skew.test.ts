import { expect, test } from 'vitest';
import { skewOf } from './clock-skew.ts';

test('a clock that is ahead or behind is told by how much', () => {
  expect(skewOf(1_000_000, 1_300_000, 1_300_100)).toBe(299_000);
  expect(skewOf(1_000_000, 699_900, 700_000)).toBe(-300_000);
});

test('a slow answer is no difference of clocks', () => {
  expect(skewOf(1_000_000, 1_000_000, 1_060_000)).toBe(0);
  expect(skewOf(1_000_000, 940_000, 1_000_500)).toBe(0);
});

test('a few seconds are not told', () => {
  expect(skewOf(1_000_000, 1_020_000, 1_020_100)).toBe(0);
  expect(skewOf(1_000_000, 979_000, 980_000)).toBe(0);
});
