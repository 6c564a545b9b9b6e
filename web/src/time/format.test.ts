import { expect, test } from 'vitest';
import {
  formatAgo,
  formatBytes,
  formatExact,
  formatInput,
  formatLatency,
  formatShare,
  nanoToMs,
  parseDateTime,
} from './format.ts';

test('nanoseconds survive formatting', () => {
  expect(formatExact('1764072189123456789', 'utc')).toBe('2025-11-25 12:03:09.123456789 UTC');
  expect(nanoToMs('1764072189123999999')).toBe(1764072189123);
  expect(nanoToMs('')).toBe(0);
});

test('a typed time is read in the chosen zone and printed back the same', () => {
  const ms = Date.parse('2026-11-25T14:03:09Z');
  expect(parseDateTime('2026-11-25 14:03:09', 'utc')).toBe(ms);
  expect(parseDateTime('2026-11-25 14:03:09Z', 'local')).toBe(ms);
  expect(parseDateTime(formatInput(ms, 'local'), 'local')).toBe(ms);
  for (const wrong of ['', 'today', '2026-13-01', '2026-11-25 25:00', '14:03'])
    expect(parseDateTime(wrong, 'utc')).toBeUndefined();
});

test('figures keep three significant digits', () => {
  expect([820, 1_240, 12_400_000, 3_100_000_000, 124e9].map(formatLatency)).toEqual([
    '820 ns',
    '1.24 µs',
    '12.4 ms',
    '3.10 s',
    '2m 4s',
  ]);
  expect([0, 999, 1_000, 4_200_000, 123e9].map(formatBytes)).toEqual(['0 B', '999 B', '1.0 kB', '4.2 MB', '123 GB']);
  expect([0, 0.00001, 0.0042, 0.032, 1].map(formatShare)).toEqual(['0%', '<0.01%', '0.42%', '3.2%', '100%']);
  expect([formatAgo(0, 500), formatAgo(0, 65_000), formatAgo(40_000, 0)]).toEqual(['now', '1m ago', 'in 40s']);
});
