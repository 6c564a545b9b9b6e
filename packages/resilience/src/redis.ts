// `@breakwater/resilience/redis`: what a fleet shares.

export { createRedisBreakerStore, type RedisBreakerStoreOptions } from './breaker/redis-store.ts';
export { type BreakerStore, type SharedBreaker, type ShareOptions, shareBreaker } from './breaker/shared.ts';
export { createRedisRateLimit, type RedisRateLimiter, type RedisRateLimitOptions } from './rate-limit/redis.ts';
export type { RedisLike } from './redis-client.ts';
