import type { CompareTest, Literal } from '../ast.ts';
import { printLiteral } from '../escape.ts';
import { type Interval, intervalMatcher, intervalSql } from './interval.ts';
import type { TestOperator } from './operator.ts';

/**
 * `>500`, `>=1.5`, `<100ms`, `>=warn`. A number compares with integers and doubles, each exactly in its own type; other
 * text compares with texts, by their UTF-8 bytes.
 */
export const compare: TestOperator<CompareTest> = {
  print: (test) => `${test.comparison}${printLiteral(test.value)}`,
  toSql: (test, target, params) => intervalSql(intervalOf(test), target, params),
  matcher: (test, target) => intervalMatcher(intervalOf(test), target),
};

function intervalOf({ comparison, value }: CompareTest): Interval<Literal> {
  const includes = comparison.endsWith('=');
  const above = comparison.startsWith('>');
  return { low: above ? value : null, high: above ? null : value, includesLow: includes, includesHigh: includes };
}
