import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '@breakwater/testing';
import { LatencyWindow } from './latency.ts';

test('a quantile is at most 10 % above the exact one, and never below', () => {
  const random = createRandom(3);
  const window = new LatencyWindow();
  const samples = Array.from({ length: 999 }, () => 1 + 500 * random() ** 3);
  for (const sample of samples) window.record(sample);
  samples.sort((a, b) => a - b);
  for (const q of [0.1, 0.5, 0.9, 0.99, 1]) {
    const exact = samples[Math.ceil(q * samples.length) - 1]!;
    const found = window.quantile(q, 1)!;
    assert.ok(found >= exact * 0.999 && found <= exact * 1.101, `${q}: ${found} for ${exact}`);
  }
});

test('old latencies fade; nothing known, nothing said; extremes are kept in range', () => {
  const window = new LatencyWindow();
  assert.equal(window.quantile(0.5, 1), undefined);
  for (let index = 0; index < 1000; index++) window.record(10);
  for (let index = 0; index < 600; index++) window.record(100);
  assert.ok(window.quantile(0.5, 1)! >= 100);
  for (const extreme of [0, -5, 1e12, Number.NaN, Number.POSITIVE_INFINITY]) window.record(extreme);
  assert.ok(window.quantile(1, 1)! < 1e8);
});

test('known mistake: a million samples take no more memory than one', () => {
  const window = new LatencyWindow();
  for (let index = 0; index < 1_000_000; index++) window.record(index % 1000);
  assert.equal(window.quantile(1, 1000), undefined, 'fewer than a thousand count');
});
