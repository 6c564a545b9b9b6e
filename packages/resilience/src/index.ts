// The shape of a policy, and what policies are built of.
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
  type Outcome,
  type Policy,
  type Repeater,
  SUCCEEDED,
  WAIT,
  type Work,
} from './policy.ts';
// Timeout
export {
  type AdaptiveTimeout,
  createTimeout,
  type TimeoutExpired,
  type TimeoutOptions,
  type TimeoutPolicy,
} from './timeout.ts';
export { type Timed, Timer, Timers, timersOf } from './timers.ts';
