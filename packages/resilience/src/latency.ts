const FACTOR = 1.1;
const LOWEST_MS = 0.05;
/** Up to about two hours. */
const BUCKETS = 200;

/**
 * A live picture of how long calls take, in fixed memory (one array of 200 numbers): buckets 10 % wide, and all counts
 * are halved each time `memory` samples have come in, so that old ones fade.
 */
export class LatencyWindow {
  readonly #counts: Float64Array = new Float64Array(BUCKETS);
  readonly #memory: number;
  #total = 0;
  #sinceHalved = 0;

  /** `memory`: samples until everything known weighs half. Default 500. */
  constructor(memory = 500) {
    this.#memory = memory;
  }

  /** Samples known, by weight. */
  get count(): number {
    return this.#total;
  }

  record(durationMs: number): void {
    const bucket = Math.ceil(Math.log(Math.max(durationMs, LOWEST_MS) / LOWEST_MS) / Math.log(FACTOR));
    this.#counts[Math.min(bucket, BUCKETS - 1)]!++;
    this.#total++;
    if (++this.#sinceHalved < this.#memory) return;
    this.#sinceHalved = 0;
    this.#total = 0;
    for (let index = 0; index < BUCKETS; index++) this.#total += this.#counts[index]! /= 2;
  }

  /** The duration that a share `q` (0 to 1) of the calls did not exceed, rounded up by at most 10 %; `undefined` without samples. */
  quantile(q: number): number | undefined {
    if (this.#total === 0) return undefined;
    const wanted = q * this.#total;
    let seen = 0;
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.#counts[index]!;
      if (seen >= wanted) return LOWEST_MS * FACTOR ** index;
    }
    return LOWEST_MS * FACTOR ** (BUCKETS - 1);
  }
}
