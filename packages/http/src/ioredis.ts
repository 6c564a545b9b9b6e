// `@breakwater/http/ioredis`: a client of `ioredis` that fails well.

export type { Access } from './dependency/access.ts';
export { PoolExhaustedError, ReadOnlyError, UnreachableError } from './dependency/errors.ts';
export type { ConnectionCounts, DependencyEvent, DependencyGuard, GuardOptions } from './dependency/guard.ts';
export { connectDependencyTelemetry, type DependencyMeter } from './dependency/telemetry.ts';
export { type GuardableRedis, guardRedis, type RedisGuardOptions } from './ioredis/guard-redis.ts';
