/**
 * Running sums of the series from the bottom up, the highest first: the order in which bars are drawn over one another.
 * Series may differ in length; what is missing counts as 0.
 */
export function stack(series: readonly (readonly number[])[]): number[][] {
  const length = Math.max(0, ...series.map((counts) => counts.length));
  const sums: number[][] = [];
  let below: readonly number[] = [];
  for (const counts of series) {
    const base = below;
    below = Array.from({ length }, (_, index) => (base[index] ?? 0) + (counts[index] ?? 0));
    sums.push(below as number[]);
  }
  return sums.reverse();
}
