import { OptionError } from '@breakwater/errors';
import type { Random } from '../clock.ts';
import { checkOptions, delayMs, number, oneOf, type Rule } from '../options.ts';

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

/** The waits between attempts, in milliseconds. */
export type Backoff =
  | { readonly kind: 'fixed'; readonly delayMs: number; readonly jitter?: Jitter | undefined }
  | {
      readonly kind: 'linear';
      /** The first wait, and what each further one adds. */
      readonly stepMs: number;
      /** Default 30 000. */
      readonly maxMs?: number | undefined;
      readonly jitter?: Jitter | undefined;
    }
  | {
      readonly kind: 'exponential';
      /** The first wait. Default 100. */
      readonly baseMs?: number | undefined;
      /** Default 2. */
      readonly factor?: number | undefined;
      /** Default 30 000. */
      readonly maxMs?: number | undefined;
      /** Default `full`. */
      readonly jitter?: Jitter | undefined;
    };

/** The wait before attempt `retry + 1`, `retry` from 1; `previousMs` is the wait before, 0 at first. */
export type Delays = (retry: number, previousMs: number) => number;

const jitter: Rule = oneOf('full', 'equal', 'decorrelated', 'none');
const kinds: Record<Backoff['kind'], Record<string, Rule>> = {
  fixed: { kind: oneOf('fixed'), delayMs, jitter },
  linear: { kind: oneOf('linear'), stepMs: delayMs, maxMs: delayMs, jitter },
  exponential: { kind: oneOf('exponential'), baseMs: delayMs, factor: number(1), maxMs: delayMs, jitter },
};
const required = { fixed: ['delayMs'], linear: ['stepMs'], exponential: [] };

/** Turns a description into a function. Throws `OptionError` naming `at` and the option. */
export function toDelays(at: string, backoff: Backoff, random: Random): Delays {
  const { kind } = backoff;
  if (!Object.hasOwn(kinds, kind)) throw new OptionError(`${at}.kind`, kind, 'one of fixed, linear, exponential');
  checkOptions(at, backoff, kinds[kind], required[kind]);
  const spread = backoff.jitter ?? 'full';
  const [baseMs, maxMs, plain] = toPlain(backoff);
  if (baseMs > maxMs) throw new OptionError(`${at}.maxMs`, maxMs, `at least the first wait (${baseMs})`);
  return (retry, previousMs) => {
    const fullMs = Math.min(plain(retry), maxMs);
    if (spread === 'none') return fullMs;
    if (spread === 'full') return random() * fullMs;
    if (spread === 'equal') return (fullMs / 2) * (1 + random());
    const topMs = Math.min(Math.max(previousMs, baseMs) * 3, maxMs);
    return baseMs + random() * Math.max(0, topMs - baseMs);
  };
}

function toPlain(backoff: Backoff): [baseMs: number, maxMs: number, plain: (retry: number) => number] {
  if (backoff.kind === 'fixed') {
    const { delayMs } = backoff;
    // Decorrelated jitter needs room above the base.
    return [delayMs, backoff.jitter === 'decorrelated' ? delayMs * 3 : delayMs, () => delayMs];
  }
  const { maxMs = 30_000 } = backoff;
  if (backoff.kind === 'linear') {
    const { stepMs } = backoff;
    return [stepMs, maxMs, (retry) => stepMs * retry];
  }
  const { baseMs = 100, factor = 2 } = backoff;
  return [baseMs, maxMs, (retry) => baseMs * factor ** Math.min(retry - 1, 1000)];
}
