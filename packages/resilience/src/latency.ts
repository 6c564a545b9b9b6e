const FACTOR = 1.1;
const LOWEST_MS = 0.05;
/** Up to about two hours. */
const BUCKETS = 200;
/** Samples at which all that is known begins to weigh half. */
const FULL = 1000;

/**
 * A live picture of how long calls take, in fixed memory (one array of 200 numbers): buckets 10 % wide, and all counts
 * are halved when there are 1000, so that old ones fade.
 */
export class LatencyWindow {
  readonly #counts: Float64Array = new Float64Array(BUCKETS);
  #total = 0;

  /** What is no duration is left out. */
  record(durationMs: number): void {
    if (!(durationMs >= 0)) return;
    const bucket = Math.ceil(Math.log(durationMs / LOWEST_MS) / Math.log(FACTOR));
    this.#counts[Math.min(Math.max(0, bucket), BUCKETS - 1)]!++;
    if (++this.#total < FULL) return;
    this.#total = 0;
    for (let index = 0; index < BUCKETS; index++) this.#total += this.#counts[index]! /= 2;
  }

  /**
   * The duration that a share `q` (0 to 1) of the calls did not exceed, rounded up by at most 10 %; `undefined` while fewer
   * than `minimumSamples` (by weight) are known.
   */
  quantile(q: number, minimumSamples: number): number | undefined {
    if (this.#total < minimumSamples) return undefined;
    let left = q * this.#total;
    let bucket = -1;
    while (left > 0 && bucket < BUCKETS - 1) left -= this.#counts[++bucket]!;
    return LOWEST_MS * FACTOR ** bucket;
  }
}
