import type { AndQuery } from '../ast.ts';
import type { QueryOperator } from './operator.ts';

/** Every term matches. Written side by side; an `or` among the terms stands in parentheses. */
export const and: QueryOperator<AndQuery> = {
  print: (query, inner) => query.terms.map((term) => (term.kind === 'or' ? `(${inner(term)})` : inner(term))).join(' '),
  toSql: (query, _signal, inner) => `(${query.terms.map(inner).join(' AND ')})`,
  matcher: (query, inner) => {
    const matchers = query.terms.map(inner);
    return (record) => matchers.every((matches) => matches(record));
  },
};
