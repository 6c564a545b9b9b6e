/** Generators of queries and texts for property tests. */
import fc from 'fast-check';
import { andOf, type FieldRef, type FieldTest, type Literal, notOf, orOf, type Query, type TextTest } from './ast.ts';

/** As `fc.record`, but plain objects, as the parser makes. */
function plain<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
}

/** Few words, so that queries and records meet; odd characters, so that escapes matter. */
export const words: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('timed', 'out', 'Timed', 'card', 'declined', 'üb', 'é', 'a', 'b', '500', 'x9'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('timed out', 'Timed-out', 'a*b', 'say "no"', 'c:\\temp', '100%', 'a_b', '//x'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('OR', 'AND', 'NOT', 'TO', '-', '-5', '>x', '=', '[', '{a}', ']', ':', '\\', '*'),
  },
  {
    weight: 1,
    arbitrary: fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }).map((text) => text.toWellFormed()),
  },
);

export const numbers: fc.Arbitrary<string> = fc.constantFrom(
  ...['0', '1', '-1', '2', '499.5', '500', '500.0', '5e2', '-0', '0.1', '1e400', '9223372036854775807'],
  ...['9223372036854775808', '-9223372036854775808', '9007199254740993', '1e18', '-1e19', '1.5'],
);

export const ATTRIBUTE_KEYS: readonly string[] = ['k', 'http.response.status_code', 'user id', 'level', 'a=b', 'ü', ''];

const literals: fc.Arbitrary<Literal> = fc.oneof(
  numbers.map((text) => ({ text, quoted: false })),
  fc.constantFrom('true', 'false', 'True').map((text) => ({ text, quoted: false })),
  words.map((text) => ({ text, quoted: false })),
  fc.oneof(words, numbers, fc.constantFrom('', 'true')).map((text) => ({ text, quoted: true })),
);

const textTests: fc.Arbitrary<TextTest> = plain({
  op: fc.constant('text' as const),
  mode: fc.constantFrom('word', 'phrase', 'prefix'),
  text: words,
});
const wildcards: fc.Arbitrary<FieldTest> = fc
  .array(fc.oneof(fc.constant(''), words), { minLength: 2, maxLength: 4 })
  .filter((parts) => parts.some((part) => part !== ''))
  .map((parts) => ({ op: 'wildcard', parts }));
const equals = (values: fc.Arbitrary<Literal>): fc.Arbitrary<FieldTest> =>
  values.map((value) => ({ op: 'equals', value }));
const compares = (values: fc.Arbitrary<Literal>): fc.Arbitrary<FieldTest> =>
  plain({ op: fc.constant('compare' as const), comparison: fc.constantFrom('>', '>=', '<', '<='), value: values });
const ranges = (values: fc.Arbitrary<Literal>): fc.Arbitrary<FieldTest> =>
  plain({
    op: fc.constant('range' as const),
    low: fc.option(values),
    high: fc.option(values),
    includesLow: fc.boolean(),
    includesHigh: fc.boolean(),
  }).filter(({ low, high }) => low !== null || high !== null);
const exists = fc.constant<FieldTest>({ op: 'exists' });

const isNumber = ({ text, quoted }: Literal): boolean => !quoted && /^[+-]?\d+(\.\d+)?(e[+-]?\d{1,3})?$/i.test(text);
const numericLiterals = numbers.map((text) => ({ text, quoted: false }));
const textLiterals = literals.filter((literal) => !isNumber(literal));

const attributeTests = fc.oneof(
  equals(literals),
  wildcards,
  exists,
  compares(literals),
  ranges(numericLiterals),
  ranges(textLiterals),
);
const strings = fc.oneof(equals(words.map((text) => ({ text, quoted: false }))), equals(literals), wildcards, exists);
const bare = (...texts: string[]): fc.Arbitrary<Literal> =>
  fc.constantFrom(...texts.map((text) => ({ text, quoted: false })));
const levels = bare('error', 'WARN', 'info', 'fatal', 'unspecified', '0', '9', '17', 'debug', 'trace');
const durations = bare('0', '1ns', '1.5ms', '100ms', '2s', '0.0000001ms', '250us', '1m');
const ids = (digits: number): fc.Arbitrary<Literal> =>
  bare('0'.repeat(digits), 'a1'.repeat(digits / 2), 'A1'.repeat(digits / 2));
const hexParts = fc.constantFrom<FieldTest>(
  { op: 'wildcard', parts: ['a1', ''] },
  { op: 'wildcard', parts: ['', 'A1'] },
  { op: 'wildcard', parts: ['0', ''] },
  { op: 'wildcard', parts: ['a', '1a', '1'] },
);
const ordered = (values: fc.Arbitrary<Literal>): fc.Arbitrary<FieldTest> =>
  fc.oneof(equals(values), compares(values), ranges(values), exists);

const field = (name: string, tests: fc.Arbitrary<FieldTest>): fc.Arbitrary<Query> =>
  tests.map((test) => ({ kind: 'field', field: { scope: 'field', name }, test }));
const common = [
  field('service', strings),
  field('environment', strings),
  field('scope', strings),
  field('trace', fc.oneof(equals(ids(32)), hexParts, exists)),
  field('span', fc.oneof(equals(ids(16)), hexParts, exists)),
  plain({
    scope: fc.constantFrom<FieldRef['scope']>('attribute', 'attribute', 'resource'),
    name: fc.constantFrom(...ATTRIBUTE_KEYS),
    test: attributeTests,
  }).map(({ scope, name, test }): Query => ({ kind: 'field', field: { scope, name }, test })),
  textTests.map((test): Query => ({ kind: 'text', test })),
  textTests.map((test): Query => ({ kind: 'text', test })),
];
const logLeaves = [
  field('level', ordered(levels)),
  field('body', fc.oneof(textTests, exists)),
  field('event', strings),
  field('severity_text', strings),
];
const spanLeaves = [
  field('name', strings),
  field('kind', fc.oneof(equals(bare('server', 'CLIENT', 'unspecified')), exists)),
  field('status', fc.oneof(equals(bare('ok', 'error', 'unset')), exists)),
  field('status_message', strings),
  field('duration', ordered(durations)),
  field('parent', fc.oneof(equals(ids(16)), hexParts, exists)),
];

function trees(leaves: readonly fc.Arbitrary<Query>[]): fc.Arbitrary<Query> {
  const leaf = fc.oneof(...leaves);
  const { tree } = fc.letrec<{ tree: Query }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      leaf,
      tie('tree').map(notOf),
      fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map(andOf),
      fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map(orOf),
    ),
  }));
  return tree;
}

/** Queries that a parse for the signal can give, in normal form. */
export const logQueries: fc.Arbitrary<Query> = trees([...common, ...logLeaves]);
export const spanQueries: fc.Arbitrary<Query> = trees([...common, ...spanLeaves]);
