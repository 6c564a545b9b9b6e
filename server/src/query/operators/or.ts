import type { OrQuery } from '../ast.ts';
import type { QueryOperator } from './operator.ts';

/** At least one term matches. `AND` binds tighter; the parentheses around it are for the reader. */
export const or: QueryOperator<OrQuery> = {
  print: (query, inner) =>
    query.terms.map((term) => (term.kind === 'and' ? `(${inner(term)})` : inner(term))).join(' OR '),
  toSql: (query, _signal, inner) => `(${query.terms.map(inner).join(' OR ')})`,
  matcher: (query, inner) => {
    const matchers = query.terms.map(inner);
    return (record) => matchers.some((matches) => matches(record));
  },
};
