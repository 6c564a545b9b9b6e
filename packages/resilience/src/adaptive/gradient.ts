/** Settings of a {@link Gradient}, with defaults applied. */
export interface GradientSettings {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  readonly tolerance: number;
  readonly smoothing: number;
  readonly windowMs: number;
  readonly minimumSamples: number;
  readonly probeEveryMs: number;
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
  #set: GradientSettings;
  #limit: number;
  #base = 0;
  #windowEnds: number;
  #count = 0;
  #sum = 0;
  #busiest = 0;
  #failures = 0;
  /** `settling`: calls begun before the limit was halved still end; `measuring`: what ends now is the base. */
  #probe: 'none' | 'settling' | 'measuring' = 'none';
  /** Mean latency before the limit was halved. */
  #full = 0;
  #nextProbeAt: number;
  readonly #random: () => number;

  constructor(set: GradientSettings, now: number, random: () => number) {
    this.#set = set;
    this.#limit = set.initial;
    this.#random = random;
    this.#windowEnds = now + set.windowMs;
    this.#nextProbeAt = this.#later(now);
  }

  /** The limit in force, a whole number. */
  get limit(): number {
    const { min } = this.#set;
    return Math.max(min, Math.floor(this.#probe === 'none' ? this.#limit : this.#limit / 2));
  }
  /** Mean latency without load, as last measured; 0: not known yet. */
  get baseMs(): number {
    return this.#base;
  }
  set settings(set: GradientSettings) {
    this.#set = set;
    this.#limit = Math.min(set.max, Math.max(set.min, this.#limit));
  }

  /** A call ended. `active`: how many there were with it. Returns why the limit changed, if it did. */
  record(now: number, durationMs: number, active: number, failed: boolean): LimitReason | undefined {
    if (failed) this.#failures++;
    else {
      this.#count++;
      this.#sum += durationMs;
    }
    if (active > this.#busiest) this.#busiest = active;
    if (now < this.#windowEnds || this.#count + this.#failures < this.#set.minimumSamples) return undefined;
    const before = this.limit;
    const reason = this.#close(now);
    this.#windowEnds = now + this.#set.windowMs;
    this.#count = this.#sum = this.#failures = this.#busiest = 0;
    return this.limit === before ? undefined : reason;
  }

  #close(now: number): LimitReason {
    const { min, max, tolerance, smoothing } = this.#set;
    // Timeouts tell more than latency: a share of them is a queue that nobody waits for any more.
    const failing = this.#failures > (this.#count + this.#failures) * 0.1;
    if (failing) {
      this.#probe = 'none';
      this.#limit = Math.max(min, this.#limit * 0.9);
      return 'failures';
    }
    const mean = this.#sum / this.#count;
    if (this.#probe === 'settling') {
      this.#probe = 'measuring';
      return 'probe';
    }
    if (this.#probe === 'measuring') {
      this.#base = mean;
      if (mean < this.#full * QUEUEING && this.#limit > min) {
        // Half as many calls, and each hardly more than half as long: half of them only queued. Without them there may
        // still be a queue, so the latency is not yet that without load.
        this.#limit = Math.max(min, this.#limit / 2);
        this.#full = mean;
        this.#probe = 'settling';
        return 'probe';
      }
      this.#probe = 'none';
      this.#nextProbeAt = this.#later(now);
      return 'probe';
    }
    this.#base = this.#base === 0 ? mean : Math.min(this.#base, mean);
    if (now >= this.#nextProbeAt) {
      this.#full = mean;
      this.#probe = 'settling';
      return 'probe';
    }
    const gradient = Math.min(1, Math.max(0.5, (tolerance * this.#base) / mean));
    const wanted = this.#limit * gradient + Math.sqrt(this.#limit);
    // A limit that is not used says nothing: without load it would grow for ever.
    if (wanted > this.#limit && this.#busiest < this.#limit / 2) return 'room';
    const next = this.#limit + smoothing * (wanted - this.#limit);
    const reason = next > this.#limit ? 'room' : 'latency';
    this.#limit = Math.min(max, Math.max(min, next));
    return reason;
  }

  /** Members of a fleet must not halve their limits in step. */
  #later(now: number): number {
    return now + this.#set.probeEveryMs * (0.75 + this.#random() / 2);
  }
}
