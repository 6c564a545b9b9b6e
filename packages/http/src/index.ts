export { admissionGuard } from './admit.ts';
export { edgeErrors } from './catalogue.ts';
export { type Client, type ClientOptions, type ClientRequest, createClient } from './client.ts';
export {
  type CorrelationIds,
  type IdSource,
  isSafeId,
  parseTraceparent,
  readCorrelation,
  toTraceparent,
} from './correlation.ts';
export { createEdge, type Edge, type EdgeOptions, type Guard } from './edge.ts';
export type { Ending, Exchange } from './exchange.ts';
export {
  type CheckReport,
  createHealth,
  type Health,
  type HealthCheck,
  type HealthOptions,
  type HealthReport,
  type HealthStatus,
} from './health.ts';
export { createIdempotency, type IdempotencyOptions, type Idempotent } from './idempotency/idempotency.ts';
export { memoryIdempotencyStore } from './idempotency/memory-store.ts';
export {
  type PgClient,
  type PgClientOf,
  type PgPool,
  type PostgresIdempotencyStore,
  postgresIdempotencyStore,
} from './idempotency/postgres-store.ts';
export { redisIdempotencyStore } from './idempotency/redis-store.ts';
export type { IdempotencyEntry, IdempotencyResult, IdempotencyStore } from './idempotency/store.ts';
export { type Answer, type EdgeRequest, fromNodeRequest, jsonAnswer, type NodeRequest } from './message.ts';
export {
  createPropagatingFetch,
  type PropagatedFields,
  type PropagationOptions,
  propagationHeaders,
  toHostTest,
} from './propagate.ts';
export { type RateLimitRule, rateLimitGuard } from './rate-limit.ts';
export { type BodySource, readJson } from './read-json.ts';
export { type Closer, createShutdown, type Shutdown, type ShutdownOptions } from './shutdown.ts';
export { type RequestPart, type StandardResult, type StandardSchema, validate } from './validate.ts';
