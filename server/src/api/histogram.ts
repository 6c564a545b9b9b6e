import type { QueryResult } from '../store/store.ts';
import type { TimeRange } from './parameters.ts';
import type { Histogram } from './types.ts';

/** Widths people can read on an axis. */
const STEPS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3_600_000),
  ...[1, 2, 5, 7, 14, 30, 90, 365, 3_650].map((days) => days * 86_400_000),
];

/** The buckets of a range: they begin at multiples of the step, the first at or before `from`. */
export interface Buckets {
  readonly stepMs: number;
  readonly times: readonly number[];
}

/** At most `count` buckets that lie wholly in the range, and one more for its ends. */
export function bucketsOf({ from, to }: TimeRange, count: number): Buckets {
  const stepMs = STEPS_MS.find((step) => (to - from) / step <= count) ?? STEPS_MS.at(-1)!;
  const times: number[] = [];
  for (let time = Math.floor(from / stepMs) * stepMs; time < to; time += stepMs) times.push(time);
  return { stepMs, times };
}

/** The start of a row's bucket in epoch milliseconds; needs the parameter `step_ms`. */
export const BUCKET_SQL = 'intDiv(toUnixTimestamp64Milli(ts), {step_ms:Int64}) * {step_ms:Int64}';

export interface BucketRow {
  readonly bucket: string;
  readonly name: string;
  readonly n: string;
}

/** The answer from rows of bucket, series and count; series in the order of `names`, those without a count left out. */
export function histogramOf(
  buckets: Buckets,
  names: readonly string[],
  { rows, stats }: QueryResult<BucketRow>,
): Histogram {
  const indexes = new Map(buckets.times.map((time, index) => [time, index]));
  const counts = new Map<string, number[]>();
  let total = 0;
  for (const { bucket, name, n } of rows) {
    const index = indexes.get(Number(bucket));
    if (index === undefined) continue;
    const series = counts.get(name) ?? Array.from({ length: buckets.times.length }, () => 0);
    series[index] = (series[index] ?? 0) + Number(n);
    counts.set(name, series);
    total += Number(n);
  }
  const series = names.filter((name) => counts.has(name)).map((name) => ({ name, counts: counts.get(name)! }));
  return { stepMs: buckets.stepMs, times: [...buckets.times], series, total, stats };
}
