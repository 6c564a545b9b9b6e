// The shape of a policy, and what policies are built of.

// Adaptive concurrency
export {
  type AdaptiveConcurrency,
  type AdaptiveConcurrencyEvent,
  ConcurrencyLimitedError,
  createAdaptiveConcurrency,
} from './adaptive/adaptive-concurrency.ts';
export type { AdaptiveConcurrencyOptions, LimitReason } from './adaptive/gradient.ts';
export { type AdaptiveLimit, type AdaptiveLimitOptions, adaptiveLimit } from './adaptive-limit.ts';
// Circuit breaker
export {
  type BreakerEvent,
  type CircuitBreaker,
  type CloseReason,
  createBreaker,
  type Isolation,
  type OpenReason,
} from './breaker/breaker.ts';
export type { BreakerOptions } from './breaker/options.ts';
export { type BreakerSnapshot, restoreBreaker, saveBreaker } from './breaker/snapshot.ts';
export { type CallWindow, type Counts, countWindow, type RateOptions, timeWindow } from './breaker/window.ts';
// Bulkhead
export {
  type Bulkhead,
  type BulkheadEvent,
  type BulkheadOptions,
  type BulkheadRefusal,
  createBulkhead,
} from './bulkhead/bulkhead.ts';
export { type FairQueueOptions, fairQueue, type QueueOrder } from './bulkhead/fair-queue.ts';
// Fallback, cache, coalescing
export { type Cache, type CacheEntry, type CacheEvent, type CacheOptions, createCache } from './cache.ts';
export { type Call, run, withContext } from './call.ts';
export { type Clock, type Random, systemClock } from './clock.ts';
export { type Coalesce, type CoalesceEvent, type CoalesceOptions, createCoalesce } from './coalesce.ts';
export { type ComposedPolicy, compose, type EventOf } from './compose.ts';
export { cooperative } from './cooperative.ts';
export {
  BreakerOpenError,
  BulkheadFullError,
  isRejection,
  type PolicyErrorFacts,
  type RejectedBy,
  RejectedError,
  RetryExhaustedError,
  type RetryStopReason,
  TimeoutError,
  UnwantedResultError,
} from './errors.ts';
export type { Listener } from './events.ts';
export {
  createFallback,
  type Fallback,
  type FallbackEvent,
  type FallbackOptions,
  type FallbackStep,
} from './fallback.ts';
// Hedging
export { createHedge, type Hedge, type HedgeEvent, type HedgeOptions } from './hedge.ts';
export type { KeyOf } from './keyed.ts';
// Load shedding
export {
  createLoadShed,
  type LoadShed,
  LoadShedError,
  type LoadShedEvent,
  type LoadShedOptions,
  type ShedReason,
} from './load-shed/load-shed.ts';
export { isOutage } from './outage.ts';
// Chains by place
export { PIPELINE_ORDER, type PipelineParts, type PipelineSlot, pipeline } from './pipeline.ts';
export { type Plan, toPlan } from './plan.ts';
export {
  CANCELLED,
  type CallContext,
  type CallOptions,
  FAILED,
  type Fusible,
  type Gate,
  Lane,
  type Outcome,
  type Policy,
  type Repeater,
  SUCCEEDED,
  WAIT,
  type Work,
} from './policy.ts';
// Provider pool
export {
  createProviderPool,
  NoProviderError,
  type ProviderHealth,
  type ProviderPool,
  type ProviderPoolEvent,
  type ProviderPoolOptions,
} from './provider-pool.ts';
// Rate limit
export type { RateLimitDecision, RateLimitSpec } from './rate-limit/algorithms.ts';
export {
  createRateLimit,
  type RateLimitEvent,
  RateLimitedError,
  type RateLimiter,
  type RateLimitOptions,
} from './rate-limit/rate-limit.ts';
// Retry
export {
  type Backoff,
  type ExponentialBackoffOptions,
  exponentialBackoff,
  type FixedBackoffOptions,
  fixedBackoff,
  type Jitter,
  type LinearBackoffOptions,
  linearBackoff,
} from './retry/backoff.ts';
export { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from './retry/budget.ts';
export { attemptErrors } from './retry/history.ts';
export { createRetry, type RetryEvent, type RetryOptions, type RetryPolicy } from './retry/retry.ts';
// Client throttling
export { createThrottle, type Throttle, ThrottledError, type ThrottleEvent, type ThrottleOptions } from './throttle.ts';
// Timeout
export {
  createTimeout,
  type TimeoutExpired,
  type TimeoutOptions,
  type TimeoutPolicy,
} from './timeout.ts';
export { type Timed, Timer, type Timers, timersOf } from './timers.ts';
