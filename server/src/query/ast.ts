/**
 * The query language as data. A parsed query is one of these values, already in normal form: `and` and `or` hold at
 * least two terms and never one of their own kind. Build them with {@link andOf}, {@link orOf} and {@link notOf}.
 */

/** Which table a query is run on. The same text may mean a built-in field on one and an attribute on the other. */
export type Signal = 'logs' | 'spans';

export type Query = AllQuery | AndQuery | OrQuery | NotQuery | TextQuery | FieldQuery;

/** Matches every record. */
export interface AllQuery {
  readonly kind: 'all';
}
export interface AndQuery {
  readonly kind: 'and';
  readonly terms: readonly Query[];
}
export interface OrQuery {
  readonly kind: 'or';
  readonly terms: readonly Query[];
}
export interface NotQuery {
  readonly kind: 'not';
  readonly term: Query;
}
/** Free text: looked for in the body of a log record, in the name of a span. */
export interface TextQuery {
  readonly kind: 'text';
  readonly test: TextTest;
}
export interface FieldQuery {
  readonly kind: 'field';
  readonly field: FieldRef;
  readonly test: FieldTest;
}

/**
 * `word`: written without quotes. `phrase`: written in quotes. `prefix`: a word with a `*` behind it, kept without it.
 * `text` is never empty.
 */
export interface TextTest {
  readonly op: 'text';
  readonly mode: 'word' | 'phrase' | 'prefix';
  readonly text: string;
}

/** A built-in field of some signal, an attribute of the record, or an attribute of its resource. */
export interface FieldRef {
  readonly scope: 'field' | 'attribute' | 'resource';
  readonly name: string;
}

export type FieldTest = EqualsTest | WildcardTest | ExistsTest | CompareTest | RangeTest | TextTest;

/** A value as written. In quotes it is text; without, text that may also be read as a number, a boolean, a level … */
export interface Literal {
  readonly text: string;
  readonly quoted: boolean;
}
export interface EqualsTest {
  readonly op: 'equals';
  readonly value: Literal;
}
/** The literal parts between the stars: `a*b` is `['a', 'b']`, `*a*` is `['', 'a', '']`. At least two, not all empty. */
export interface WildcardTest {
  readonly op: 'wildcard';
  readonly parts: readonly string[];
}
export interface ExistsTest {
  readonly op: 'exists';
}
export type Comparison = '>' | '>=' | '<' | '<=';
export interface CompareTest {
  readonly op: 'compare';
  readonly comparison: Comparison;
  readonly value: Literal;
}
/** At least one bound is given. */
export interface RangeTest {
  readonly op: 'range';
  readonly low: Literal | null;
  readonly high: Literal | null;
  readonly includesLow: boolean;
  readonly includesHigh: boolean;
}

export const ALL: AllQuery = { kind: 'all' };

/** All of the terms. No term is {@link ALL}, one is the term itself; nested `and`s are flattened. */
export function andOf(terms: readonly Query[]): Query {
  const flat = terms.flatMap((term) => (term.kind === 'and' ? term.terms : [term]));
  if (flat.length === 0) return ALL;
  return flat.length === 1 ? flat[0]! : { kind: 'and', terms: flat };
}

/** At least one of the terms, of which there must be one. One is the term itself; nested `or`s are flattened. */
export function orOf(terms: readonly Query[]): Query {
  const flat = terms.flatMap((term) => (term.kind === 'or' ? term.terms : [term]));
  if (flat.length === 0) throw new TypeError('orOf needs at least one term');
  return flat.length === 1 ? flat[0]! : { kind: 'or', terms: flat };
}

export function notOf(term: Query): NotQuery {
  return { kind: 'not', term };
}
