import type { FieldTest } from '../ast.ts';
import { compare } from './compare.ts';
import { equals } from './equals.ts';
import { exists } from './exists.ts';
import type { TestOperator } from './operator.ts';
import { range } from './range.ts';
import { text } from './text.ts';
import { wildcard } from './wildcard.ts';

const OPERATORS: { readonly [Op in FieldTest['op']]: TestOperator<Extract<FieldTest, { op: Op }>> } = {
  equals,
  wildcard,
  exists,
  compare,
  range,
  text,
};

/** The operator that runs a test. */
export function operatorOf(test: FieldTest): TestOperator<FieldTest> {
  return OPERATORS[test.op] as TestOperator<FieldTest>;
}
