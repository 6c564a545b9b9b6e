import { RejectedError } from '@breakwater/resilience';

/**
 * No place was free in time: too much work for the connections there are. Overload of this service, no failure of the
 * dependency, which was not asked. Answered with 503 and `Retry-After`.
 */
export class PoolExhaustedError extends RejectedError {
  constructor(name: string, reason: 'wait-limit' | 'queue-full') {
    const why = reason === 'queue-full' ? 'too many callers wait already' : 'none was free in time';
    super('PoolExhaustedError', 'POOL_EXHAUSTED', 'pool', name, reason, 1000, `No connection of "${name}": ${why}`);
  }
}

/**
 * A write was refused because the dependency is read-only for now: `by-hand`, `by-server` (known, not asked again), or
 * `refused` by the server just now, with its error as `cause`. It had no effect. Answered with 503 and `Retry-After`.
 */
export class ReadOnlyError extends RejectedError {
  constructor(name: string, reason: 'by-hand' | 'by-server' | 'refused', retryAfterMs: number, cause?: unknown) {
    super('ReadOnlyError', 'READ_ONLY', 'read-only', name, reason, retryAfterMs, `"${name}" is read-only: ${reason}`);
    if (cause !== undefined) this.cause = cause;
  }
}

/** There was no connection in time, and nothing was sent. A failure of the dependency. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly code = 'DEPENDENCY_UNREACHABLE';
  readonly category = 'transient';
  readonly retryable = true;
  readonly outcome = 'not-applied';
  constructor(name: string, waitedMs: number) {
    super(`No connection to "${name}" within ${waitedMs} ms`);
  }
}

/**
 * A transaction ended without effect although nothing was thrown: a statement in it had failed, the work caught that, and
 * PostgreSQL answers such a `COMMIT` by rolling back. Use a savepoint, or let the error through.
 */
export class TransactionRolledBackError extends Error {
  override readonly name = 'TransactionRolledBackError';
  readonly code = 'TRANSACTION_ROLLED_BACK';
  readonly category = 'permanent';
  readonly retryable = false;
  readonly outcome = 'not-applied';
  constructor() {
    super('The transaction was rolled back: a statement in it had failed, and the work went on');
  }
}

/** The connection was given up, after a time-out or because it broke, and takes no more statements: release it. */
export class ConnectionGivenUpError extends Error {
  override readonly name = 'ConnectionGivenUpError';
  readonly code = 'CONNECTION_GIVEN_UP';
  readonly category = 'transient';
  readonly retryable = true;
  readonly outcome = 'not-applied';
  constructor(name: string, cause: unknown) {
    super(`This connection of "${name}" was given up`, { cause });
  }
}
