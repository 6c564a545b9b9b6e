import { durationMs, OptionError, oneOf, type Rule, whole } from '../options.ts';

/** How many calls in how much time. */
export interface RateLimitSpec {
  /**
   * - `gcra` (default): even spacing with a burst; one number per key (ITU-T I.371).
   * - `token-bucket`: the same limit under its other name: a token flows back every `windowMs / limit`, up to `burst`. Decides as `gcra`.
   * - `sliding-window`: at most `limit` in the window before any moment, estimated from two counters: the window before
   *   is taken as evenly spread.
   */
  readonly algorithm?: 'gcra' | 'token-bucket' | 'sliding-window' | undefined;
  /** Calls per `windowMs`. */
  readonly limit: number;
  readonly windowMs: number;
  /** Calls that may come at once after a pause. Default `limit`. Not for `sliding-window`. */
  readonly burst?: number | undefined;
}

/** What a rate limit says about one call. */
export interface RateLimitDecision {
  readonly allowed: boolean;
  /** The most that can be left: `burst`, or `limit` for a sliding window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Calls that would be allowed now. */
  readonly remaining: number;
  /** Until everything is available again, if nothing more is asked. */
  readonly resetMs: number;
  /** When refused: until this call would be allowed; `undefined` when it never would (cost above the limit). */
  readonly retryAfterMs: number | undefined;
}

/** What is kept per key. What the numbers mean is the algorithm's business. */
export interface LimitState {
  a: number;
  b: number;
  at: number;
}

export interface Algorithm {
  fresh(now: number): LimitState;
  /** Takes `cost` when it is there. A cost of 0 only looks. */
  take(state: LimitState, now: number, cost: number): RateLimitDecision;
}

/** Sums of fractions miss whole numbers by a little; a millionth of a millisecond is not a reason to refuse. */
const EPSILON = 1e-6;

export const rateLimitRules: Record<string, Rule> = {
  algorithm: oneOf('gcra', 'token-bucket', 'sliding-window'),
  limit: whole(1),
  windowMs: durationMs,
  burst: whole(1),
};

export function requireBurstFits(policy: string, spec: RateLimitSpec): void {
  if (spec.algorithm !== 'sliding-window' || spec.burst === undefined) return;
  throw new OptionError(`${policy}.burst`, spec.burst, 'no burst with the sliding window');
}

export function toAlgorithm({ algorithm, limit, windowMs, burst = limit }: RateLimitSpec): Algorithm {
  return algorithm === 'sliding-window' ? slidingWindow(limit, windowMs) : gcra(windowMs / limit, burst, windowMs);
}

/** `waitMs`: until a call that was refused would be allowed. */
function decide(
  allowed: boolean,
  cost: number,
  limit: number,
  windowMs: number,
  left: number,
  resetMs: number,
  waitMs: () => number,
): RateLimitDecision {
  const remaining = Math.max(0, Math.floor(left + EPSILON));
  return { allowed, limit, windowMs, remaining, resetMs, retryAfterMs: allowed || cost > limit ? undefined : waitMs() };
}

/** `a`: the theoretical arrival time, up to which everything is spent. */
function gcra(spacingMs: number, burst: number, windowMs: number): Algorithm {
  return {
    fresh: (now) => ({ a: now, b: 0, at: 0 }),
    take(state, now, cost) {
      const spent = Math.max(state.a, now);
      const next = spent + cost * spacingMs;
      const lackMs = next - burst * spacingMs - now;
      const allowed = lackMs <= EPSILON;
      if (allowed) state.a = next;
      const resetMs = (allowed ? next : spent) - now;
      return decide(allowed, cost, burst, windowMs, burst - resetMs / spacingMs, resetMs, () => lackMs);
    },
  };
}

/** `a`: count of the window before, `b`: of the window that began at `at`. */
function slidingWindow(limit: number, windowMs: number): Algorithm {
  return {
    fresh: (now) => ({ a: 0, b: 0, at: now }),
    take(state, now, cost) {
      const windows = Math.floor((now - state.at) / windowMs);
      if (windows > 0) {
        state.a = windows === 1 ? state.b : 0;
        state.b = 0;
        state.at += windows * windowMs;
      }
      const leftMs = state.at + windowMs - now;
      const fading = (state.a * leftMs) / windowMs;
      const allowed = fading + state.b + cost <= limit + EPSILON;
      if (allowed) state.b += cost;
      const { a, b } = state;
      const resetMs = b > 0 ? windowMs + leftMs : a > 0 ? leftMs : 0;
      // Until no more than this is counted: in this window, while what was before fades, or in the next, while this one does.
      const room = limit - cost;
      const waitMs = (): number => leftMs - (b > room ? windowMs * (room / b - 1) : (windowMs * (room - b)) / a);
      return decide(allowed, cost, limit, windowMs, limit - fading - b, resetMs, waitMs);
    },
  };
}
