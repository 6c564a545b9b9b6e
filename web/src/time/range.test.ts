import { expect, test } from 'vitest';
import {
  absoluteRange,
  DEFAULT_RANGE,
  describeDuration,
  PRESETS,
  parseDuration,
  parseRange,
  printRange,
  toWindow,
  zoomOut,
} from './range.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');

test('every preset comes back from the URL as it went in and stays relative', () => {
  for (const preset of PRESETS) {
    const range = parseRange(preset);
    expect(range.kind).toBe('relative');
    const printed = printRange(range);
    expect(parseRange(printed)).toEqual(range);
  }
  const later = NOW + 60_000;
  expect(toWindow(parseRange('15m'), later)).toEqual({ fromMs: later - 900_000, toMs: later });
});

test('an absolute range comes back to the millisecond and does not move with the clock', () => {
  const range = absoluteRange(NOW - 1234.5, NOW);
  expect(printRange(range)).toBe('2026-11-25T11:59:58.765Z/2026-11-25T12:00:00.000Z');
  expect(parseRange(printRange(range))).toEqual(range);
  expect(toWindow(range, NOW + 1e9)).toEqual({ fromMs: NOW - 1235, toMs: NOW });
});

test('text that is not a range gives the default instead of a broken page', () => {
  const wrong = [
    '',
    undefined,
    'soon',
    '0m',
    '-',
    '9999d',
    '2026-11-25T12:00:00Z',
    '2026-11-25T12:00:00Z/2026-11-25T11:00:00Z',
    'a/b',
    '1/2/3',
    '__proto__',
  ];
  for (const text of wrong) expect(parseRange(text), String(text)).toEqual(DEFAULT_RANGE);
});

test('durations are read as people write them', () => {
  expect(parseDuration('1h30m')).toBe(5_400_000);
  expect(parseDuration('-2h')).toBe(7_200_000);
  expect(parseDuration(' 90 s ')).toBe(90_000);
  expect(parseDuration('1.5h')).toBeUndefined();
  expect(describeDuration(3_600_000)).toBe('Last hour');
  expect(describeDuration(5_400_000)).toBe('Last 90 minutes');
});

test('zooming out doubles the width and never looks into the future', () => {
  expect(zoomOut(parseRange('15m'), NOW)).toEqual({ kind: 'relative', durationMs: 1_800_000 });
  expect(zoomOut(absoluteRange(NOW - 4000, NOW - 2000), NOW)).toEqual({
    kind: 'absolute',
    fromMs: NOW - 5000,
    toMs: NOW - 1000,
  });
  expect(zoomOut(absoluteRange(NOW - 2000, NOW), NOW)).toEqual({ kind: 'absolute', fromMs: NOW - 4000, toMs: NOW });
});
