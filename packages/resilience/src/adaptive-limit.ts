import { LatencyWindow } from './latency.ts';
import { checkOptions, durationMs, number, whole } from './options.ts';
import { NEVER } from './policy.ts';

/** How to find the limit from the durations of recent calls. */
export interface AdaptiveLimitOptions {
  /** The share of calls that must fit. Default 0.99. */
  readonly quantile?: number | undefined;
  /** The quantile is multiplied by this. Default 2. */
  readonly factor?: number | undefined;
  /** Never below this many milliseconds. */
  readonly floorMs: number;
  /** Never above this many milliseconds; also the limit until `minimumSamples` are known. */
  readonly ceilingMs: number;
  /** Default 20. */
  readonly minimumSamples?: number | undefined;
}

/** A time limit that follows the latency seen. Timeouts that share one also share what they have seen. */
export interface AdaptiveLimit {
  /** The limit now, in milliseconds. */
  readonly currentMs: number;
  /** A call took this long. */
  record(durationMs: number): void;
  /** Takes over what another has seen. */
  follow(other: AdaptiveLimit): void;
}

/** Makes the limit for `createTimeout({ timeoutMs: adaptiveLimit({ … }) })`. Throws `OptionError` on bad options. */
export function adaptiveLimit(options: AdaptiveLimitOptions): AdaptiveLimit {
  const rules = {
    quantile: number(0, 1, true),
    factor: number(1),
    ceilingMs: durationMs,
    floorMs: number(0, options?.ceilingMs, true),
    minimumSamples: whole(1),
  };
  checkOptions('adaptiveLimit', options, rules, ['ceilingMs', 'floorMs']);
  return new AdaptiveLimitImpl({ ...options });
}

class AdaptiveLimitImpl implements AdaptiveLimit {
  readonly #options: AdaptiveLimitOptions;
  #latency: LatencyWindow = new LatencyWindow();

  constructor(options: AdaptiveLimitOptions) {
    this.#options = options;
  }

  get currentMs(): number {
    const { floorMs, ceilingMs, quantile = 0.99, factor = 2, minimumSamples = 20 } = this.#options;
    const seenMs = this.#latency.quantile(quantile, minimumSamples) ?? NEVER;
    return Math.min(ceilingMs, Math.max(floorMs, seenMs * factor));
  }

  record(durationMs: number): void {
    this.#latency.record(durationMs);
  }

  follow(other: AdaptiveLimit): void {
    if (other instanceof AdaptiveLimitImpl) this.#latency = other.#latency;
  }
}
