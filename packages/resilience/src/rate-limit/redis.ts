import type { Call } from '../call.ts';
import type { Clock } from '../clock.ts';
import { requireKey } from '../keyed.ts';
import { delayMs, durationMs, oneOf, text } from '../options.ts';
import { type Fusible, type Gate, type Policy, WAIT } from '../policy.ts';
import { type Kind, PolicyBase } from '../policy-base.ts';
import { type RedisLike, redisClient } from '../redis-client.ts';
import { createTimeout } from '../timeout.ts';
import { burstRules, type RateLimitDecision, type RateLimitSpec, rateLimitRules, slides } from './algorithms.ts';
import { type RateLimitEvent, RateLimitedError, requireTakable } from './rate-limit.ts';

export interface RedisRateLimitOptions extends RateLimitSpec {
  readonly redis: RedisLike;
  /** Calls while Redis does not answer: let them pass (`open`, default) or refuse them (`closed`). */
  readonly onFailure?: 'open' | 'closed' | undefined;
  /** Longest wait for Redis. Default 100. */
  readonly timeoutMs?: number | undefined;
  /** After a failure Redis is not asked for this long, so that an outage of it does not slow every call. Default 1000. */
  readonly pauseMs?: number | undefined;
  /**
   * Begins every key in Redis; `gcra:` or `window:` and the key of the call follow. Limits with the same prefix share what is
   * spent, so let none begin another's. Default `breakwater:rate:`, the name (percent-encoded) and `:`.
   */
  readonly prefix?: string | undefined;
  /** Default `rate-limit`. */
  readonly name?: string | undefined;
  readonly clock?: Clock | undefined;
}

/** A rate limit that all processes of a fleet share. */
export interface RedisRateLimiter extends Policy<RateLimitEvent>, Fusible {
  readonly kind: 'rate-limit';
  /** As `RateLimiter.take`, in one round trip. Rejects when Redis fails or is paused; `execute` then goes by `onFailure`. */
  take(key?: string, cost?: number): Promise<RateLimitDecision>;
  /** Puts new options in force; what was spent stays in Redis. Throws as `createRedisRateLimit`. */
  reconfigure(options: RedisRateLimitOptions): void;
}

const kind: Kind<RedisRateLimitOptions> = {
  kind: 'rate-limit',
  maker: 'createRedisRateLimit',
  rules: {
    ...rateLimitRules,
    redis: redisClient,
    onFailure: oneOf('open', 'closed'),
    timeoutMs: durationMs,
    pauseMs: delayMs,
    prefix: text,
  },
  required: ['redis', 'limit', 'windowMs'],
  more: burstRules,
};

/**
 * The algorithms of `createRateLimit`, by the clock of the server. Answers { allowed, remaining, reset, retry after };
 * times as text, because Redis cuts numbers to integers.
 */
const SCRIPT = `
local limit, window, burst, cost = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local spacing, eps = window / limit, 0.001
local allowed, left, reset, retry
if ARGV[1] == 'sliding-window' then
  local saved = redis.call('HMGET', KEYS[1], 'a', 'b', 'at')
  local a, b, at = tonumber(saved[1] or 0), tonumber(saved[2] or 0), tonumber(saved[3] or now)
  local windows = math.floor((now - at) / window)
  if windows > 0 then
    a, b, at = windows == 1 and b or 0, 0, at + windows * window
  end
  local gone = math.max(0, now - at)
  local fading = a * (1 - gone / window)
  allowed = fading + b + cost <= limit + eps
  if not allowed then
    if cost > limit then retry = -1
    elseif b <= limit - cost then retry = window * (1 - (limit - cost - b) / a) - gone
    else retry = window - gone + window * (1 - (limit - cost) / b) end
  end
  if allowed then b = b + cost end
  left = limit - fading - b
  reset = b > 0 and 2 * window - gone or a > 0 and window - gone or 0
  if allowed and cost > 0 then
    redis.call('HSET', KEYS[1], 'a', a, 'b', b, 'at', string.format('%.3f', at))
    redis.call('PEXPIRE', KEYS[1], math.ceil(reset))
  end
else
  local tat = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now))
  local nextTat = tat + cost * spacing
  local lack = nextTat - burst * spacing - now
  allowed = lack <= eps
  reset = (allowed and nextTat or tat) - now
  left = burst - reset / spacing
  if not allowed then retry = cost > burst and -1 or lack end
  if allowed and cost > 0 then
    redis.call('SET', KEYS[1], string.format('%.3f', nextTat), 'PX', math.max(1, math.ceil(reset)))
  end
end
return { allowed and 1 or 0, math.max(0, math.floor(left + eps)), string.format('%.3f', reset), string.format('%.3f', retry or 0) }
`;

/**
 * A rate limit kept in Redis, for all processes together: one script, so one atomic round trip, and the time of the
 * server, so that the clocks of the processes do not matter. `token-bucket` is kept as its equal, `gcra`. Keys expire by
 * themselves when their limit is full again. Throws `OptionError` on bad options.
 */
export function createRedisRateLimit(options: RedisRateLimitOptions): RedisRateLimiter {
  return new RedisRateLimitImpl(kind, options);
}

class RedisRateLimitImpl extends PolicyBase<RedisRateLimitOptions, RateLimitEvent> implements RedisRateLimiter, Gate {
  declare readonly kind: 'rate-limit';
  readonly holds = false;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #lastError: unknown;

  async take(key = '', cost = 1): Promise<RateLimitDecision> {
    requireTakable(key, cost);
    if (this.clock.now() < this.#pausedUntil) throw this.#lastError;
    const {
      algorithm = 'gcra',
      limit,
      windowMs,
      burst = limit,
      // Encoded: else `a` with key `b:c` would be `a:b` with key `c`.
      prefix = `breakwater:rate:${encodeURIComponent(this.name.toWellFormed())}:`,
      timeoutMs = 100,
      redis,
    } = this.options;
    const inTime = createTimeout({ timeoutMs, name: `redis of ${this.name}`, clock: this.clock });
    // What the algorithms keep is of different types; members that change from one to the other must not disturb the rest.
    const kept = slides(this.options) ? 'window:' : 'gcra:';
    const args = [algorithm, limit, windowMs, burst, cost].map(String);
    try {
      const reply = await inTime.execute(() => redis.eval(SCRIPT, [prefix + kept + key], args));
      const [allowed, remaining, resetMs, retryAfterMs] = toNumbers(reply);
      const refusedFor = allowed === 1 || retryAfterMs! < 0 ? undefined : retryAfterMs;
      return {
        allowed: allowed === 1,
        limit: burst,
        windowMs,
        remaining: remaining!,
        resetMs: resetMs!,
        retryAfterMs: refusedFor,
      };
    } catch (error) {
      this.#lastError = error;
      this.#pausedUntil = this.clock.now() + (this.options.pauseMs ?? 1000);
      throw error;
    }
  }

  enter(call: Call): typeof WAIT {
    const { key = '' } = call;
    // A mistake of the caller is not a failure of Redis.
    requireKey(key);
    const refuseFor = (reason: 'limit' | 'store-failed', decision: RateLimitDecision | undefined): void => {
      const retryAfterMs = decision?.retryAfterMs;
      this.tell?.(call, { type: 'rate-limit.rejected', reason, key, retryAfterMs });
      call.refuse(new RateLimitedError(this.name, reason, decision));
    };
    this.take(key).then(
      (decision) => {
        if (call.ended) return;
        if (decision.allowed) call.resume();
        else refuseFor('limit', decision);
      },
      (error: unknown) => {
        if (call.ended) return;
        const open = this.options.onFailure !== 'closed';
        const reason = open ? 'allowed' : 'refused';
        this.tell?.(call, { type: 'rate-limit.store-failed', reason, error });
        if (open) call.resume();
        else refuseFor('store-failed', undefined);
      },
    );
    return WAIT;
  }

  leave(): void {
    // Only the beginning of a call counts.
  }
}

function toNumbers(reply: unknown): number[] {
  const numbers = Array.isArray(reply) ? reply.map(Number) : [];
  if (numbers.length === 4 && numbers.every(Number.isFinite)) return numbers;
  throw new TypeError(`rate limit: Redis gave an unexpected reply: ${JSON.stringify(reply)}`);
}
