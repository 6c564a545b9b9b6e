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
export type { Counts } from './breaker/window.ts';
// Bulkhead
export {
  type Bulkhead,
  type BulkheadEvent,
  type BulkheadOptions,
  type BulkheadRefusal,
  createBulkhead,
} from './bulkhead/bulkhead.ts';
export { type Call, type Plan, run, start, toPlan } from './call.ts';
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
// Retry
export type { Backoff, Jitter } from './retry/backoff.ts';
export { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from './retry/budget.ts';
export { attemptErrors } from './retry/history.ts';
export { createRetry, type RetryEvent, type RetryOptions, type RetryPolicy } from './retry/retry.ts';
// Timeout
export {
  type AdaptiveTimeout,
  createTimeout,
  type TimeoutExpired,
  type TimeoutOptions,
  type TimeoutPolicy,
} from './timeout.ts';
export { type Timed, Timer, Timers, timersOf } from './timers.ts';
