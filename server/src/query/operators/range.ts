import type { RangeTest } from '../ast.ts';
import { printBound } from '../escape.ts';
import { intervalMatcher, intervalSql } from './interval.ts';
import type { TestOperator } from './operator.ts';

/** `[200 TO 299]` with both bounds, `{0 TO 1}` without them, `[500 TO *]` open; otherwise as the comparisons. */
export const range: TestOperator<RangeTest> = {
  print: (test) =>
    `${test.includesLow ? '[' : '{'}${printBound(test.low)} TO ${printBound(test.high)}${test.includesHigh ? ']' : '}'}`,
  toSql: (test, target, params) => intervalSql(test, target, params),
  matcher: (test, target) => intervalMatcher(test, target),
};
