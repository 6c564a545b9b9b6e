import { OptionError } from '@breakwater/errors';
import { durationMs, oneOf, type Rule, whole } from '../options.ts';

/** How many calls in how much time. */
export interface RateLimitSpec {
  /**
   * - `gcra` (default): even spacing with a burst; one number per key (ITU-T I.371).
   * - `token-bucket`: the same limit, told as tokens that flow back.
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

export function toAlgorithm(spec: RateLimitSpec): Algorithm {
  const { algorithm = 'gcra', limit, windowMs, burst = limit } = spec;
  if (algorithm === 'sliding-window') return slidingWindow(limit, windowMs);
  return algorithm === 'gcra'
    ? gcra(windowMs / limit, burst, windowMs)
    : tokenBucket(windowMs / limit, burst, windowMs);
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
      return {
        allowed,
        limit: burst,
        windowMs,
        remaining: Math.max(0, Math.floor(burst - resetMs / spacingMs + EPSILON)),
        resetMs,
        retryAfterMs: allowed || cost > burst ? undefined : lackMs,
      };
    },
  };
}

/** `a`: tokens there were at time `at`. */
function tokenBucket(spacingMs: number, burst: number, windowMs: number): Algorithm {
  return {
    fresh: (now) => ({ a: burst, b: 0, at: now }),
    take(state, now, cost) {
      let tokens = Math.min(burst, state.a + Math.max(0, now - state.at) / spacingMs);
      const allowed = tokens + EPSILON >= cost;
      if (allowed) tokens = Math.max(0, tokens - cost);
      state.a = tokens;
      state.at = now;
      return {
        allowed,
        limit: burst,
        windowMs,
        remaining: Math.floor(tokens + EPSILON),
        resetMs: (burst - tokens) * spacingMs,
        retryAfterMs: allowed || cost > burst ? undefined : (cost - tokens) * spacingMs,
      };
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
      const elapsedMs = now - state.at;
      const fading = state.a * (1 - elapsedMs / windowMs);
      const allowed = fading + state.b + cost <= limit + EPSILON;
      if (allowed) state.b += cost;
      return {
        allowed,
        limit,
        windowMs,
        remaining: Math.max(0, Math.floor(limit - fading - state.b + EPSILON)),
        resetMs: state.b > 0 ? 2 * windowMs - elapsedMs : state.a > 0 ? windowMs - elapsedMs : 0,
        retryAfterMs: allowed || cost > limit ? undefined : waitFor(state, limit - cost, windowMs, elapsedMs),
      };
    },
  };
}

/** Until no more than `room` is counted. */
function waitFor(state: LimitState, room: number, windowMs: number, elapsedMs: number): number {
  if (state.b <= room) return windowMs * (1 - (room - state.b) / state.a) - elapsedMs;
  return windowMs - elapsedMs + windowMs * (1 - room / state.b);
}
