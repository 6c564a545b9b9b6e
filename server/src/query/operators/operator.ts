import type { Query, Signal } from '../ast.ts';
import type { AnyRecord, Target } from '../fields.ts';
import type { SqlParams } from '../sql-params.ts';

export type Matcher = (record: AnyRecord) => boolean;

/** How a test of one field is written, run in the store, and run in the process. The last two must agree. */
export interface TestOperator<T> {
  /** What stands behind the field's colon. */
  print(test: T): string;
  /** A condition that is 0 or 1, never NULL. A target the operator does not know never matches. */
  toSql(test: T, target: Target, params: SqlParams): string;
  matcher(test: T, target: Target): Matcher;
}

/** How a query made of other queries is written and run. `inner` does the same for a part of it. */
export interface QueryOperator<Q> {
  print(query: Q, inner: (part: Query) => string): string;
  toSql(query: Q, signal: Signal, inner: (part: Query) => string): string;
  matcher(query: Q, inner: (part: Query) => Matcher): Matcher;
}

/** The condition of a test that cannot match. */
export const NEVER_SQL = '0';
export const never: Matcher = () => false;
