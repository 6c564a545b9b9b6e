import type { RateLimitDecision } from './algorithms.ts';

/**
 * The header fields that tell a client its limit: `RateLimit-Policy`, `RateLimit` (draft-ietf-httpapi-ratelimit-headers),
 * and `Retry-After` when the call was refused. All times in whole seconds, rounded up, so that nobody comes back early.
 * `name`: the name of the limit, printable ASCII; other characters are left out. Default `default`.
 */
export function toRateLimitHeaders(decision: RateLimitDecision, name = 'default'): Record<string, string> {
  const quoted = `"${name.replace(/[^ -~]/g, '').replace(/["\\]/g, '\\$&')}"`;
  const headers: Record<string, string> = {
    'RateLimit-Policy': `${quoted};q=${decision.limit};w=${seconds(decision.windowMs)}`,
    RateLimit: `${quoted};r=${decision.remaining};t=${seconds(decision.retryAfterMs ?? decision.resetMs)}`,
  };
  if (decision.retryAfterMs !== undefined) headers['Retry-After'] = String(seconds(decision.retryAfterMs));
  return headers;
}

function seconds(ms: number): number {
  // Microseconds of rounding error must not become a second.
  return Math.ceil(Math.round(ms * 1000) / 1e6);
}
