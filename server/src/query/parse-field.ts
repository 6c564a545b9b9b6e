import type { CompareTest, Comparison, FieldQuery, FieldRef, FieldTest, Literal, Query, Signal } from './ast.ts';
import { orOf } from './ast.ts';
import { checkTest } from './check.ts';
import { ALIASES, FIELDS, OPERATORS, type Target, targetOf } from './fields.ts';
import { literalOf, QuerySyntaxError, type Scanner } from './scanner.ts';
import { nearest } from './suggest.ts';

export interface NameToken {
  readonly text: string;
  /** In quotes or with a backslash: meant exactly as it is written. */
  readonly quoted: boolean;
  readonly start: number;
}

/** What a field's name refers to. Throws where it is empty, or nearly the name of a built-in field. */
export function parseFieldName(scanner: Scanner, name: NameToken, signal: Signal | undefined): FieldRef {
  const { text, start } = name;
  if (text === '' && !name.quoted) {
    const mended = `${scanner.text.slice(0, start)}\\${scanner.text.slice(start)}`;
    throw new QuerySyntaxError(start, "A field's name is missing before this colon.", mended);
  }
  if (text.startsWith('attr.')) return { scope: 'attribute', name: text.slice('attr.'.length) };
  if (text.startsWith('resource.')) return { scope: 'resource', name: text.slice('resource.'.length) };
  if (name.quoted) return { scope: 'attribute', name: text };
  const builtIn = ALIASES.get(text) ?? text;
  const known = signal ? FIELDS[signal].has(builtIn) : FIELDS.logs.has(builtIn) || FIELDS.spans.has(builtIn);
  if (known) return { scope: 'field', name: builtIn };
  const misspelt = misspeltField(text, signal);
  if (misspelt) {
    const mended = scanner.text.slice(0, start) + misspelt + scanner.text.slice(start + text.length);
    const message = `There is no field ${text}; did you mean ${misspelt}? For an attribute of that name write attr.${text}.`;
    throw new QuerySyntaxError(start, message, mended);
  }
  return { scope: 'attribute', name: text };
}

/** The built-in field (or an alias of one) that the name nearly is. Names of fields of any signal are not misspelt. */
export function misspeltField(name: string, signal?: Signal): string | undefined {
  if (isReserved(name)) return undefined;
  const fields = signal ? [...FIELDS[signal].keys()] : [...FIELDS.logs.keys(), ...FIELDS.spans.keys()];
  return nearest(name, [...fields, 'severity']);
}

/** Whether the name, without quotes, is a built-in field or an alias of one on some signal. */
export function isReserved(name: string): boolean {
  return ALIASES.has(name) || FIELDS.logs.has(name) || FIELDS.spans.has(name);
}

/** What stands behind a field's colon. Alternatives in parentheses become an `or` of the field's tests. */
export function parseTest(scanner: Scanner, field: FieldRef, signal: Signal | undefined, countTerm: () => void): Query {
  const target = checkedTarget(field, signal);
  const start = scanner.position;
  if (!scanner.take('(')) return fieldQuery(field, parseOne(scanner, field, target));
  const alternatives: Query[] = [];
  do {
    scanner.skipSpace();
    if (alternatives.length > 0) countTerm();
    alternatives.push(fieldQuery(field, parseOne(scanner, field, target)));
    scanner.skipSpace();
  } while (scanner.takeKeyword('OR'));
  if (scanner.take(')')) return orOf(alternatives);
  if (scanner.atEnd()) throw new QuerySyntaxError(start, 'This parenthesis is never closed.', `${scanner.text})`);
  const mended = `${scanner.text.slice(0, scanner.position)}OR ${scanner.text.slice(scanner.position)}`;
  throw new QuerySyntaxError(scanner.position, 'Write OR between the values of a field.', mended);
}

function fieldQuery(field: FieldRef, test: FieldTest): FieldQuery {
  return { kind: 'field', field, test };
}

/** The type that the values are checked against: of the signal, else of the one that has the field. */
function checkedTarget(field: FieldRef, signal: Signal | undefined): Target {
  if (signal) return targetOf(field, signal);
  return field.scope === 'field' && FIELDS.logs.has(field.name) ? targetOf(field, 'logs') : targetOf(field, 'spans');
}

function parseOne(scanner: Scanner, field: FieldRef, target: Target): FieldTest {
  const start = scanner.position;
  const test = readTest(scanner, target);
  if (!OPERATORS[target.type].includes(test.op)) {
    throw new QuerySyntaxError(start, `${field.name} ${UNSUPPORTED[test.op]}`);
  }
  checkTest(scanner, start, field.name, target, test);
  return test;
}

const UNSUPPORTED: Readonly<Record<FieldTest['op'], string>> = {
  equals: 'cannot be compared with a value.',
  text: 'cannot be searched for text.',
  exists: 'always has a value.',
  wildcard: 'takes no star in a value.',
  compare: 'has no order; write a value, or values in parentheses.',
  range: 'has no order; write a value, or values in parentheses.',
};

const COMPARISONS: readonly Comparison[] = ['>=', '<=', '>', '<'];

function readTest(scanner: Scanner, target: Target): FieldTest {
  const start = scanner.position;
  const comparison = COMPARISONS.find((candidate) => scanner.take(candidate));
  if (comparison) return { op: 'compare', comparison, value: readValue(scanner) } satisfies CompareTest;
  if (scanner.peek() === '[' || scanner.peek() === '{') return readRange(scanner);
  if (scanner.peek() === '"') {
    const text = scanner.quoted();
    if (target.type !== 'text') return { op: 'equals', value: { text, quoted: true } };
    if (text === '') throw new QuerySyntaxError(start, 'These quotes are empty.');
    return { op: 'text', mode: 'phrase', text };
  }
  const bare = scanner.bare('');
  if (bare.start === bare.end) throw new QuerySyntaxError(start, 'A value is missing here.', withStar(scanner, start));
  if (bare.parts.length > 1 && bare.parts.every((part) => part === '')) return { op: 'exists' };
  const [text = '', ...rest] = bare.parts;
  if (target.type === 'text') {
    if (rest.length === 0) return { op: 'text', mode: 'word', text };
    if (rest.every((part) => part === '')) return { op: 'text', mode: 'prefix', text };
    const longest = bare.parts.reduce((best, part) => (part.length > best.length ? part : best));
    const quoted = `"${longest.replace(/["\\]/g, '\\$&')}"`;
    throw new QuerySyntaxError(
      start,
      'In text a star can only stand at the end of a word; quoted text matches anywhere.',
      scanner.text.slice(0, start) + quoted + scanner.text.slice(bare.end),
    );
  }
  if (rest.length > 0) return { op: 'wildcard', parts: bare.parts };
  return { op: 'equals', value: { text, quoted: false } };
}

function withStar(scanner: Scanner, at: number): string {
  return `${scanner.text.slice(0, at)}*${scanner.text.slice(at)}`;
}

function readValue(scanner: Scanner): Literal {
  const start = scanner.position;
  if (scanner.peek() === '"') return { text: scanner.quoted(), quoted: true };
  const bare = scanner.bare('');
  if (bare.start === bare.end) throw new QuerySyntaxError(start, 'A value is missing behind this comparison.');
  const literal = literalOf(bare);
  if (!literal) throw new QuerySyntaxError(start, 'A value that is compared cannot have a star in it.');
  return literal;
}

function readRange(scanner: Scanner): FieldTest {
  const start = scanner.position;
  const includesLow = scanner.peek() === '[';
  scanner.position++;
  const low = readBound(scanner, start);
  scanner.skipSpace();
  const between = scanner.bare(']}');
  if (between.escaped || between.parts.length !== 1 || between.parts[0] !== 'TO') {
    throw new QuerySyntaxError(between.start, 'A range is written [low TO high].');
  }
  const high = readBound(scanner, start);
  scanner.skipSpace();
  const includesHigh = scanner.peek() === ']';
  if (!includesHigh && scanner.peek() !== '}') {
    const mended = scanner.atEnd() ? `${scanner.text}]` : undefined;
    throw new QuerySyntaxError(start, 'This range is never closed.', mended);
  }
  scanner.position++;
  if (low === null && high === null) {
    const mended = `${scanner.text.slice(0, start)}*${scanner.text.slice(scanner.position)}`;
    throw new QuerySyntaxError(start, 'A range needs at least one bound; a star alone asks for any value.', mended);
  }
  return { op: 'range', low, high, includesLow, includesHigh };
}

function readBound(scanner: Scanner, rangeStart: number): Literal | null {
  scanner.skipSpace();
  if (scanner.peek() === '"') return { text: scanner.quoted(), quoted: true };
  const bare = scanner.bare(']}');
  if (bare.start === bare.end) throw new QuerySyntaxError(rangeStart, 'A range is written [low TO high].');
  const literal = literalOf(bare);
  if (literal) return literal;
  if (bare.parts.length === 2 && bare.parts.every((part) => part === '')) return null;
  throw new QuerySyntaxError(bare.start, 'A bound cannot have a star in it, but be one.');
}
