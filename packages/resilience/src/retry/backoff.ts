import type { Random } from '../clock.ts';
import { checkOptions, delayMs, number, oneOf, type Rule } from '../options.ts';

/**
 * The wait before attempt `retry + 1` in milliseconds, `retry` from 1; `previousMs` is the wait before, 0 at first.
 * `fixedBackoff`, `linearBackoff` and `exponentialBackoff` make some.
 */
export type Backoff = (retry: number, previousMs: number, random: Random) => number;

/**
 * How the waits between attempts are spread, so that callers that failed together do not come back together. The cap is
 * applied before the spread, which therefore never vanishes, however many attempts there were.
 *
 * - `full`: uniform between 0 and the delay. The least load (AWS Architecture Blog, 2015).
 * - `equal`: uniform between half the delay and the delay.
 * - `decorrelated`: uniform between the base and three times the wait before, capped.
 * - `none`: exactly the delay. Only where nobody else retries.
 */
export type Jitter = 'full' | 'equal' | 'decorrelated' | 'none';

/** The default of a retry: {@link exponentialBackoff} without options. */
export const defaultBackoff: Backoff = (retry, _previousMs, random) =>
  random() * Math.min(100 * 2 ** (retry - 1), 30_000);

interface JitterOption {
  /** Default `full`. */
  readonly jitter?: Jitter | undefined;
}
export interface FixedBackoffOptions extends JitterOption {
  readonly delayMs: number;
}
export interface LinearBackoffOptions extends JitterOption {
  /** The first wait, and what each further one adds. */
  readonly stepMs: number;
  /** Default 30 000, or the step where that is longer. */
  readonly maxMs?: number | undefined;
}
export interface ExponentialBackoffOptions extends JitterOption {
  /** The first wait. Default 100. */
  readonly baseMs?: number | undefined;
  /** Default 2. */
  readonly factor?: number | undefined;
  /** Default 30 000, or `baseMs` where that is longer. */
  readonly maxMs?: number | undefined;
}

const jitter: Rule = /* @__PURE__ */ oneOf('full', 'equal', 'decorrelated', 'none');

/** Each wait the same. Throws `OptionError` on bad options, as the others do. */
export function fixedBackoff(options: FixedBackoffOptions): Backoff {
  checkOptions('fixedBackoff', options, { delayMs, jitter }, ['delayMs']);
  const { delayMs: baseMs } = options;
  // Decorrelated jitter needs room above the base.
  return spread(options.jitter, baseMs, options.jitter === 'decorrelated' ? baseMs * 3 : baseMs, () => baseMs);
}

/** Each wait longer than the one before by the same step. */
export function linearBackoff(options: LinearBackoffOptions): Backoff {
  checkOptions('linearBackoff', options, { stepMs: delayMs, maxMs: number(options?.stepMs), jitter }, ['stepMs']);
  const { stepMs, maxMs = Math.max(stepMs, 30_000) } = options;
  return spread(options.jitter, stepMs, maxMs, (retry) => stepMs * retry);
}

/** Each wait `factor` times the one before. */
export function exponentialBackoff(options: ExponentialBackoffOptions = {}): Backoff {
  const { baseMs = 100, factor = 2, maxMs = Math.max(baseMs, 30_000) } = options ?? {};
  checkOptions('exponentialBackoff', options, { baseMs: delayMs, factor: number(1), maxMs: number(baseMs), jitter });
  return spread(options.jitter, baseMs, maxMs, (retry) => baseMs * factor ** Math.min(retry - 1, 1000));
}

function spread(kind: Jitter = 'full', baseMs: number, maxMs: number, plain: (retry: number) => number): Backoff {
  return (retry, previousMs, random) => {
    const fullMs = Math.min(plain(retry), maxMs);
    if (kind === 'none') return fullMs;
    if (kind === 'full') return random() * fullMs;
    if (kind === 'equal') return (fullMs / 2) * (1 + random());
    const topMs = Math.min(Math.max(previousMs, baseMs) * 3, maxMs);
    return baseMs + random() * Math.max(0, topMs - baseMs);
  };
}
