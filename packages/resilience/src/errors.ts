import { inspect } from 'node:util';

/** What the errors of this package say to `classify` of `@breakwater/errors` and to anyone who catches them. */
export interface PolicyErrorFacts {
  /** Stable, upper case: `BREAKER_OPEN`. */
  readonly code: string;
  readonly category: 'transient' | 'permanent' | 'systemic' | 'business';
  /** Whether the same call, made later, may succeed without anyone doing anything. */
  readonly retryable: boolean;
  /** What is known about the effect of the call. */
  readonly outcome: 'not-applied' | 'unknown';
}

/** Which kind of policy refused a call. */
export type RejectedBy = 'breaker' | 'bulkhead' | (string & {});

/** What the errors of this package have in common. */
class PolicyError extends Error implements PolicyErrorFacts {
  // Declared and set in the constructor: field initialisers would double the cost of a refusal. So would a message given to
  // `Error` itself.
  declare readonly code: string;
  declare readonly category: 'transient';
  declare readonly retryable: boolean;
  declare readonly outcome: 'not-applied' | 'unknown';
  constructor(
    name: string,
    code: string,
    message: string,
    retryable: boolean,
    outcome: 'not-applied' | 'unknown',
    options?: ErrorOptions,
  ) {
    super(undefined, options);
    this.message = message;
    this.name = name;
    this.code = code;
    this.category = 'transient';
    this.retryable = retryable;
    this.outcome = outcome;
  }
}

/**
 * A policy refused to make the call: the dependency was not asked, and its health is unknown. Breakers, budgets and
 * statistics of other policies ignore it; retry does not repeat it unless told to.
 */
export class RejectedError extends PolicyError {
  declare readonly retryable: true;
  declare readonly outcome: 'not-applied';
  /** The kind of policy that refused. */
  declare readonly rejectedBy: RejectedBy;
  /** Name of the policy that refused. */
  declare readonly policy: string;
  /** Why, as a fixed word: `open`, `queue-full`, … */
  declare readonly reason: string;
  /** When to try again, in milliseconds from now, where the policy knows. */
  declare readonly retryAfterMs: number | undefined;
  constructor(
    name: string,
    code: string,
    rejectedBy: RejectedBy,
    policy: string,
    reason: string,
    retryAfterMs?: number,
    message = `${rejectedBy} "${policy}" refused the call: ${reason}`,
  ) {
    // The stack costs more than all the rest of a refusal, and would only show the policy. Under `--frozen-intrinsics` it is
    // recorded all the same.
    const limit = Error.stackTraceLimit;
    if (!frozen) Error.stackTraceLimit = 0;
    try {
      super(name, code, message, true, 'not-applied');
    } finally {
      if (!frozen) Error.stackTraceLimit = limit;
    }
    this.rejectedBy = rejectedBy;
    this.policy = policy;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

const frozen: boolean = /* @__PURE__ */ Object.isFrozen(Error);

/** True when a policy of this package (any copy of it) refused the call before it was made. */
export function isRejection(error: unknown): error is RejectedError {
  return error instanceof Error && typeof (error as Partial<RejectedError>).rejectedBy === 'string';
}

/** A chain of causes longer than this is not followed. */
const DEEPEST_CAUSE = 8;

/** The first that `is`, of a failure and its causes: what wrappers hide. */
export function findCause<E>(error: unknown, is: (error: unknown) => error is E): E | undefined {
  let current = error;
  for (let depth = 0; depth < DEEPEST_CAUSE && current instanceof Error; depth++) {
    if (is(current)) return current;
    current = current.cause;
  }
  return undefined;
}

/** The refusal behind a failure; found through wrappers by their `cause`. */
export function refusalIn(error: unknown): RejectedError | undefined {
  return findCause(error, isRejection);
}

/** The circuit breaker is open, isolated, or has no probe to give. `retryAfterMs` says when it will let a probe through. */
export class BreakerOpenError extends RejectedError {
  constructor(policy: string, reason: 'open' | 'isolated' | 'no-permit', retryAfterMs?: number) {
    super('BreakerOpenError', 'BREAKER_OPEN', 'breaker', policy, reason, retryAfterMs);
  }
}

/** The bulkhead has neither a free slot nor room in its queue, or the call waited too long for a slot. */
export class BulkheadFullError extends RejectedError {
  constructor(policy: string, reason: 'queue-full' | 'key-full' | 'wait-limit' | 'deadline') {
    super('BulkheadFullError', 'BULKHEAD_FULL', 'bulkhead', policy, reason);
  }
}

/** The call took longer than allowed. Its effect is unknown: the work may still go on. */
export class TimeoutError extends PolicyError {
  declare readonly retryable: true;
  declare readonly outcome: 'unknown';
  /** Which limit was passed: `attempt`, `total`, `connect`, `read`, `idle`, … */
  declare readonly kind: string;
  /** The limit that the call had: with the kind `deadline`, what was left of the caller's time. */
  declare readonly timeoutMs: number;
  declare readonly operation: string;
  constructor(operation: string, kind: string, timeoutMs: number) {
    const limit = `${Math.round(timeoutMs * 1000) / 1000} ms (${kind} timeout)`;
    super('TimeoutError', 'TIMEOUT', `${operation} took longer than ${limit}`, true, 'unknown');
    this.kind = kind;
    this.timeoutMs = timeoutMs;
    this.operation = operation;
  }
}

/** Why retry gave up on a failure it would otherwise have repeated. */
export type RetryStopReason =
  | 'attempts'
  | 'budget'
  | 'deadline'
  | 'retry-after-past-deadline'
  | 'not-idempotent'
  | 'nested';

/**
 * Retry gave up. `cause` is the last failure, `errors` holds those of all attempts in order (for an unwanted result:
 * an {@link UnwantedResultError}). Not retryable: whoever retries outside of this policy would multiply the attempts.
 */
export class RetryExhaustedError extends PolicyError {
  declare readonly retryable: false;
  declare readonly outcome: 'unknown';
  declare readonly operation: string;
  declare readonly reason: RetryStopReason;
  declare readonly errors: readonly unknown[];
  /** What the other side asked to wait, where it did: the caller may come back then. */
  declare readonly retryAfterMs: number | undefined;
  constructor(operation: string, reason: RetryStopReason, errors: readonly unknown[], retryAfterMs?: number) {
    const cause = errors.at(-1);
    const text = cause instanceof Error ? cause.message : inspect(cause);
    const message = `${operation} failed at attempt ${errors.length} (${reason}): ${text}`;
    super('RetryExhaustedError', 'RETRY_EXHAUSTED', message, false, 'unknown', { cause });
    this.operation = operation;
    this.reason = reason;
    this.errors = errors;
    this.retryAfterMs = retryAfterMs;
  }
  get attempts(): number {
    return this.errors.length;
  }
}

/** Stands for a result that `retryResult` refused, among the errors of the attempts. */
export class UnwantedResultError extends PolicyError {
  declare readonly result: unknown;
  constructor(result: unknown) {
    super('UnwantedResultError', 'UNWANTED_RESULT', 'The result counts as a failure', true, 'unknown');
    this.result = result;
  }
}
