import { durationMs, oneOf, type Rule, whole } from '../options.ts';

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

/** What is kept per key: of a sliding window, the counts of the window before and of the one that began at `at`; else `at` alone. */
export interface LimitState {
  before: number;
  count: number;
  /** For `gcra`, the theoretical arrival time, up to which everything is spent. */
  at: number;
}

/** Sums of fractions miss whole numbers by a little; a millionth of a millisecond is not a reason to refuse. */
const EPSILON = 1e-6;

export const rateLimitRules: Record<string, Rule> = {
  algorithm: oneOf('gcra', 'token-bucket', 'sliding-window'),
  limit: whole(1),
  windowMs: durationMs,
};

/** A sliding window has no burst. */
export function burstRules(spec: RateLimitSpec | undefined): Record<string, Rule> {
  return spec?.algorithm === 'sliding-window' ? {} : { burst: whole(1) };
}

export function slides({ algorithm }: RateLimitSpec): boolean {
  return algorithm === 'sliding-window';
}

/** Takes `cost` when it is there. A cost of 0 only looks. */
export function takeFrom(state: LimitState, spec: RateLimitSpec, now: number, cost: number): RateLimitDecision {
  const { windowMs, burst: limit = spec.limit } = spec;
  const { allowed, left, resetMs, waitMs } = (slides(spec) ? slide : space)(state, spec, now, cost);
  const remaining = Math.max(0, Math.floor(left + EPSILON));
  return { allowed, limit, windowMs, remaining, resetMs, retryAfterMs: allowed || cost > limit ? undefined : waitMs };
}

interface Step {
  readonly allowed: boolean;
  readonly left: number;
  readonly resetMs: number;
  /** Until a call that was refused would be allowed. */
  readonly waitMs: number;
}

function space(state: LimitState, { limit, windowMs, burst = limit }: RateLimitSpec, now: number, cost: number): Step {
  const spacingMs = windowMs / limit;
  const spent = Math.max(state.at, now);
  const next = spent + cost * spacingMs;
  const waitMs = next - burst * spacingMs - now;
  const allowed = waitMs <= EPSILON;
  if (allowed) state.at = next;
  const resetMs = (allowed ? next : spent) - now;
  return { allowed, left: burst - resetMs / spacingMs, resetMs, waitMs };
}

function slide(state: LimitState, { limit, windowMs }: RateLimitSpec, now: number, cost: number): Step {
  const windows = Math.floor((now - state.at) / windowMs);
  if (windows > 0) {
    state.before = windows === 1 ? state.count : 0;
    state.count = 0;
    state.at += windows * windowMs;
  }
  const leftMs = state.at + windowMs - now;
  const { before } = state;
  const fading = (before * leftMs) / windowMs;
  const allowed = fading + state.count + cost <= limit + EPSILON;
  if (allowed) state.count += cost;
  const { count } = state;
  const resetMs = count > 0 ? windowMs + leftMs : before > 0 ? leftMs : 0;
  // Until no more than this is counted: in this window, while what was before fades, or in the next, while this one does.
  const room = limit - cost;
  const waitMs = leftMs - windowMs * (count > room ? room / count - 1 : (room - count) / before);
  return { allowed, left: limit - fading - count, resetMs, waitMs };
}
