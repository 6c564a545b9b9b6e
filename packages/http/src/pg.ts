// `@breakwater/http/pg`: a pool of `pg` that fails well.

export type { Access } from './dependency/access.ts';
export {
  ConnectionGivenUpError,
  PoolExhaustedError,
  ReadOnlyError,
  TransactionRolledBackError,
} from './dependency/errors.ts';
export type { ConnectionCounts, DependencyEvent, DependencyGuard, GuardOptions } from './dependency/guard.ts';
export { connectDependencyTelemetry, type DependencyMeter } from './dependency/telemetry.ts';
export { type GuardablePgPool, guardPgPool, type PgGuardOptions } from './pg/guard-pool.ts';
export { inTransaction } from './pg/transaction.ts';
