import type { NotQuery } from '../ast.ts';
import type { QueryOperator } from './operator.ts';

/** The term does not match. A record without the field is one that does not match. */
export const not: QueryOperator<NotQuery> = {
  print: ({ term }, inner) => (term.kind === 'and' || term.kind === 'or' ? `-(${inner(term)})` : `-${inner(term)}`),
  toSql: ({ term }, _signal, inner) => `NOT (${inner(term)})`,
  matcher: ({ term }, inner) => {
    const matches = inner(term);
    return (record) => !matches(record);
  },
};
