import type { Clock, Random } from '../clock.ts';

export interface AdaptiveConcurrencyOptions {
  /** Default 20, within the bounds. */
  readonly initialLimit?: number | undefined;
  /** Default 1. */
  readonly minLimit?: number | undefined;
  /** Default 1000. */
  readonly maxLimit?: number | undefined;
  /** How much slower than without load calls may be before the limit falls. Default 1.5. */
  readonly tolerance?: number | undefined;
  /** The share of a change that is made per window. Default 0.2. */
  readonly smoothing?: number | undefined;
  /** The limit is looked at this often at most. Default 100. */
  readonly windowMs?: number | undefined;
  /** Calls that must have ended in a window. Default 10. */
  readonly minimumSamples?: number | undefined;
  /** About how often the latency without load is measured anew. Default 10 000. */
  readonly probeEveryMs?: number | undefined;
  /** Default `adaptive-concurrency`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** Latency at half the limit, relative to that before, below which half of the calls were only queueing. */
const QUEUEING = 0.6;

/** Why the limit changed. */
export type LimitReason = 'latency' | 'room' | 'failures' | 'probe';

/**
 * Finds how many calls at a time a dependency takes without queueing, from their latency (the gradient algorithm of
 * Netflix' concurrency-limits). In each window the mean latency is compared to that without load, the base:
 * `limit * clamp(tolerance * base / latency, 0.5, 1) + sqrt(limit)`, smoothed.
 *
 * A base that is only ever the least, or an average, goes wrong: the first never learns that calls have become slower
 * for good, the second takes a standing queue for normal. So at intervals the limit is halved for a moment, the queue
 * drains, and the base is measured anew.
 */
export class Gradient {
  #options!: AdaptiveConcurrencyOptions;
  #limit: number;
  #base = 0;
  /** When the window began. */
  #since: number;
  #count = 0;
  #sum = 0;
  #busiest = 0;
  #failures = 0;
  /** `settling`: calls begun before the limit was halved still end; `measuring`: what ends now is the base. */
  #probe: 'none' | 'settling' | 'measuring' = 'none';
  /** Mean latency before the limit was halved. */
  #full = 0;
  #nextProbeAt: number;

  constructor(options: AdaptiveConcurrencyOptions, now: number) {
    this.#limit = options.initialLimit ?? 20;
    this.options = options;
    this.#since = now;
    this.#nextProbeAt = this.#later(now);
  }

  /** The limit in force, a whole number. */
  get limit(): number {
    return this.#bounded(Math.floor(this.#probe === 'none' ? this.#limit : this.#limit / 2));
  }
  set options(options: AdaptiveConcurrencyOptions) {
    this.#options = options;
    this.#limit = this.#bounded(this.#limit);
  }

  #bounded(limit: number): number {
    const { minLimit = 1, maxLimit = 1000 } = this.#options;
    return Math.min(maxLimit, Math.max(minLimit, limit));
  }

  /** A call ended. `active`: how many there were with it. Returns why the limit changed, if it did. */
  record(now: number, durationMs: number, active: number, failed: boolean): LimitReason | undefined {
    if (failed) this.#failures++;
    else {
      this.#count++;
      this.#sum += durationMs;
    }
    if (active > this.#busiest) this.#busiest = active;
    const { windowMs = 100, minimumSamples = 10 } = this.#options;
    if (now - this.#since < windowMs || this.#count + this.#failures < minimumSamples) return undefined;
    const before = this.limit;
    const reason = this.#close(now);
    this.#since = now;
    this.#count = this.#sum = this.#failures = this.#busiest = 0;
    return this.limit === before ? undefined : reason;
  }

  #close(now: number): LimitReason {
    const { tolerance = 1.5, smoothing = 0.2, minLimit = 1 } = this.#options;
    // Timeouts tell more than latency: a share of them is a queue that nobody waits for any more.
    if (this.#failures > (this.#count + this.#failures) * 0.1) {
      this.#probe = 'none';
      this.#limit = this.#bounded(this.#limit * 0.9);
      return 'failures';
    }
    const mean = this.#sum / this.#count;
    if (this.#probe === 'settling') {
      this.#probe = 'measuring';
      return 'probe';
    }
    if (this.#probe === 'measuring') {
      this.#base = mean;
      if (mean < this.#full * QUEUEING && this.#limit > minLimit) {
        // Half as many calls, and each hardly more than half as long: half of them only queued. Without them there may
        // still be a queue, so the latency is not yet that without load.
        this.#limit = this.#bounded(this.#limit / 2);
        this.#full = mean;
        this.#probe = 'settling';
      } else {
        this.#probe = 'none';
        this.#nextProbeAt = this.#later(now);
      }
      return 'probe';
    }
    this.#base = this.#base === 0 ? mean : Math.min(this.#base, mean);
    if (now >= this.#nextProbeAt) {
      this.#full = mean;
      this.#probe = 'settling';
      return 'probe';
    }
    const gradient = Math.min(1, Math.max(0.5, (tolerance * this.#base) / mean));
    const change = this.#limit * gradient + Math.sqrt(this.#limit) - this.#limit;
    const reason = change > 0 ? 'room' : 'latency';
    // A limit that is not used says nothing: without load it would grow for ever.
    if (change <= 0 || this.#busiest >= this.#limit / 2) this.#limit = this.#bounded(this.#limit + smoothing * change);
    return reason;
  }

  /** Members of a fleet must not halve their limits in step. */
  #later(now: number): number {
    const { probeEveryMs = 10_000, random = Math.random } = this.#options;
    return now + probeEveryMs * (0.75 + random() / 2);
  }
}
