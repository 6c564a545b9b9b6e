import type { FieldRef, Query } from './ast.ts';
import { printBareWord, printQuoted } from './escape.ts';
import { and } from './operators/and.ts';
import { not } from './operators/not.ts';
import { or } from './operators/or.ts';
import { operatorOf } from './operators/tests.ts';
import { isReserved, misspeltField } from './parse-field.ts';

/**
 * The query as text, in one canonical way. `parseQuery` of it gives the same query again (with the signal the query was
 * parsed for, or none).
 */
export function print(query: Query): string {
  return query.kind === 'all' ? '' : printPart(query);
}

function printPart(query: Query): string {
  switch (query.kind) {
    case 'all':
      return '*';
    case 'and':
      return and.print(query, printPart);
    case 'or':
      return or.print(query, printPart);
    case 'not':
      return not.print(query, printPart);
    case 'text': {
      const { mode, text } = query.test;
      if (mode === 'phrase') return printQuoted(text);
      return mode === 'prefix' ? `${printBareWord(text)}*` : printBareWord(text);
    }
    case 'field':
      return `${printField(query.field)}:${operatorOf(query.test).print(query.test)}`;
  }
}

function printField({ scope, name }: FieldRef): string {
  if (scope === 'field') return name;
  if (scope === 'resource') return printName(`resource.${name}`);
  const isAmbiguous = isReserved(name) || misspeltField(name) !== undefined || /^(?:attr|resource)\./.test(name);
  return printName(isAmbiguous ? `attr.${name}` : name);
}

function printName(name: string): string {
  const isPlain = /^[^\s()"\\*:-][^\s()"\\*:]*$/.test(name) && !/^(?:AND|OR|NOT)$/.test(name);
  return isPlain ? name : printQuoted(name);
}
