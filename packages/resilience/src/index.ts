// The shape of a policy, and what policies are built of.

// Circuit breaker
export {
  type BreakerEvent,
  type BreakerSnapshot,
  type CircuitBreaker,
  createBreaker,
  type Isolation,
  type OpenReason,
} from './breaker/breaker.ts';
export type { BreakerOptions, WindowOptions } from './breaker/options.ts';
export { type BreakerStore, type SharedBreaker, type ShareOptions, shareBreaker } from './breaker/shared.ts';
export type { Counts } from './breaker/window.ts';
// Bulkhead
export {
  type Bulkhead,
  type BulkheadEvent,
  type BulkheadOptions,
  type BulkheadRefusal,
  createBulkhead,
} from './bulkhead/bulkhead.ts';
export {
  createWorkerBulkhead,
  type WorkerBulkhead,
  type WorkerBulkheadOptions,
  WorkerCrashedError,
  type WorkerMemory,
} from './bulkhead/worker.ts';
export { type Call, run, start } from './call.ts';
export { type Clock, type Random, systemClock } from './clock.ts';
export { type ComposedPolicy, compose, type EventOf } from './compose.ts';
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
// Chains by name, and what they tell
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
export { createRegistry, type Makers, type PipelineConfig, type Registry } from './registry.ts';
// Retry
export type { Backoff, Jitter } from './retry/backoff.ts';
export { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from './retry/budget.ts';
export { attemptErrors } from './retry/history.ts';
export { createRetry, type RetryEvent, type RetryOptions, type RetryPolicy } from './retry/retry.ts';
export { type LogLevel, logEvents, type WriteLine } from './telemetry/log.ts';
export { connectTelemetry, type TelemetryOptions } from './telemetry/otel.ts';
// Timeout
export {
  type AdaptiveTimeout,
  createTimeout,
  type TimeoutExpired,
  type TimeoutOptions,
  type TimeoutPolicy,
} from './timeout.ts';
export { type Timed, Timer, Timers, timersOf } from './timers.ts';
