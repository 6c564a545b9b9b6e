import type { Query, Signal } from './ast.ts';
import { FREE_TEXT, targetOf } from './fields.ts';
import { and } from './operators/and.ts';
import { not } from './operators/not.ts';
import { or } from './operators/or.ts';
import { operatorOf } from './operators/tests.ts';
import { text } from './operators/text.ts';
import { createSqlParams } from './sql-params.ts';

export interface SqlCondition {
  /** A condition for `WHERE`, safe inside AND and OR, with `{q0:String}` placeholders. Never NULL. */
  readonly where: string;
  /** The placeholders' values. Their names begin with `prefix` and a digit. */
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * The query as a condition on the `logs` or the `spans` table. No text of the query is in `where` itself.
 * Defined for every query: a test that makes no sense for its field never matches.
 */
export function toSql(query: Query, signal: Signal, prefix = 'q'): SqlCondition {
  const params = createSqlParams(prefix);
  const part = (inner: Query): string => {
    switch (inner.kind) {
      case 'all':
        return '1';
      case 'and':
        return and.toSql(inner, signal, part);
      case 'or':
        return or.toSql(inner, signal, part);
      case 'not':
        return not.toSql(inner, signal, part);
      case 'text':
        return text.toSql(inner.test, FREE_TEXT[signal], params);
      case 'field':
        return operatorOf(inner.test).toSql(inner.test, targetOf(inner.field, signal), params);
    }
  };
  return { where: part(query), params: params.values };
}
