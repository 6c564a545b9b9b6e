import type { WildcardTest } from '../ast.ts';
import { printBareValue } from '../escape.ts';
import { likePattern, matchesParts, wellFormed } from '../text.ts';
import { attributeColumn } from './attribute-map.ts';
import { NEVER_SQL, never, type TestOperator } from './operator.ts';

/**
 * `timeout*`, `*.internal`, `a*b`: the whole text, with anything (also nothing) in place of a star. Letter case counts,
 * but in ids. Of attributes only texts match.
 */
export const wildcard: TestOperator<WildcardTest> = {
  print: (test) => test.parts.map((part, index) => (index === 0 ? printBareValue(part) : printPart(part))).join('*'),

  toSql: (test, target, params) => {
    const pattern = (parts: readonly string[]): string => params.add('String', likePattern(parts));
    switch (target.type) {
      case 'string':
        return `${target.column} LIKE ${pattern(test.parts)}`;
      case 'id':
        // An absent id is all zeros in the store, but no text to be matched.
        return `(${target.column} != toFixedString('', ${target.digits / 2}) AND lower(hex(${target.column})) LIKE ${pattern(lower(test.parts))})`;
      case 'attribute':
        return attributeColumn(target, 'string', params).where((value) => `${value} LIKE ${pattern(test.parts)}`);
      default:
        return NEVER_SQL;
    }
  },

  matcher: (test, target) => {
    switch (target.type) {
      case 'string':
        return (record) => matchesParts(wellFormed(target.read(record)), test.parts);
      case 'id': {
        const parts = lower(test.parts);
        return (record) => {
          const id = target.read(record);
          return id !== '' && matchesParts(id, parts);
        };
      }
      case 'attribute':
        return (record) => {
          const value = target.read(record);
          return typeof value === 'string' && matchesParts(wellFormed(value), test.parts);
        };
      default:
        return never;
    }
  },
};

function lower(parts: readonly string[]): string[] {
  return parts.map((part) => part.toLowerCase());
}

/** Only at the start of a value do brackets and comparisons mean something. */
function printPart(part: string): string {
  return printBareValue(`x${part}`).slice(1);
}
