import type { EqualsTest, Literal } from '../ast.ts';
import { printLiteral } from '../escape.ts';
import type { Target } from '../fields.ts';
import { levelRange } from '../levels.ts';
import { parseDuration, parseNumber } from '../number.ts';
import type { SqlParams } from '../sql-params.ts';
import { wellFormed } from '../text.ts';
import { type AttributeType, attributeColumn } from './attribute-map.ts';
import { doubleMatcher, doubleSql, INT64, integerMatcher, integerSql, point, UINT64 } from './interval.ts';
import { type Matcher, NEVER_SQL, never, type TestOperator } from './operator.ts';

/**
 * The whole value equals the text, letter case included (ids, levels and enumerations: any case). An attribute matches by
 * its type: `500` also an integer or a double of that value, `true` also a boolean; in quotes only a text.
 */
export const equals: TestOperator<EqualsTest> = {
  print: (test) => printLiteral(test.value),

  toSql: ({ value }, target, params) => {
    switch (target.type) {
      case 'string':
        return `${target.column} = ${params.add('String', value.text)}`;
      case 'id':
        if (!isId(value.text, target.digits)) return NEVER_SQL;
        return `${target.column} = unhex(${params.add('String', value.text.toLowerCase())})`;
      case 'level': {
        const range = levelRange(value.text);
        return range ? `(${target.column} >= ${range.low} AND ${target.column} <= ${range.high})` : NEVER_SQL;
      }
      case 'enum': {
        const member = value.text.toLowerCase();
        return target.values.includes(member) ? `${target.column} = ${params.add('String', member)}` : NEVER_SQL;
      }
      case 'duration': {
        const nanos = parseDuration(value.text);
        return nanos ? integerSql(target.column, point(nanos), UINT64, params) : NEVER_SQL;
      }
      case 'attribute':
        return attributeSql(value, target, params);
      default:
        return NEVER_SQL;
    }
  },

  matcher: ({ value }, target) => {
    switch (target.type) {
      case 'string':
        return (record) => wellFormed(target.read(record)) === value.text;
      case 'id': {
        const id = value.text.toLowerCase();
        return isId(id, target.digits) ? (record) => target.read(record) === id : never;
      }
      case 'level': {
        const range = levelRange(value.text);
        if (!range) return never;
        return (record) => target.read(record) >= range.low && target.read(record) <= range.high;
      }
      case 'enum': {
        const member = value.text.toLowerCase();
        return (record) => target.read(record) === member;
      }
      case 'duration': {
        const nanos = parseDuration(value.text);
        if (!nanos) return never;
        const matches = integerMatcher(point(nanos), UINT64);
        return (record) => matches(target.read(record));
      }
      case 'attribute':
        return attributeMatcher(value, target);
      default:
        return never;
    }
  },
};

type AttributeTarget = Extract<Target, { type: 'attribute' }>;

function attributeSql(value: Literal, target: AttributeTarget, params: SqlParams): string {
  const inMap = (type: AttributeType, condition: (actual: string) => string): string =>
    attributeColumn(target, type, params).where(condition);
  const sameText = inMap('string', (actual) => `${actual} = ${params.add('String', value.text)}`);
  const either: string[] = [];
  if (!value.quoted) {
    const number = parseNumber(value.text);
    if (number) {
      either.push(inMap('int', (actual) => integerSql(actual, point(number), INT64, params)));
      either.push(inMap('double', (actual) => doubleSql(actual, point(number), params)));
    }
    if (value.text === 'true') either.push(inMap('bool', (actual) => actual));
    if (value.text === 'false') either.push(inMap('bool', (actual) => `NOT ${actual}`));
  }
  if (either.length > 0) return `(${[sameText, ...either].join(' OR ')})`;
  if (target.maps === 'resource') return sameText;
  // The expression of the index ix_attrs: leaves out granules without the pair, and is not computed for the rest.
  const pairs = "arrayMap((k, v) -> concat(k, '=', v), mapKeys(attrs_string), mapValues(attrs_string))";
  return `(indexHint(has(${pairs}, ${params.add('String', `${target.key}=${value.text}`)})) AND ${sameText})`;
}

function attributeMatcher(value: Literal, target: AttributeTarget): Matcher {
  const number = value.quoted ? undefined : parseNumber(value.text);
  const sameInteger = number ? integerMatcher(point(number), INT64) : () => false;
  const sameDouble = number ? doubleMatcher(point(number)) : () => false;
  const boolean = value.quoted ? undefined : { true: true, false: false }[value.text];
  return (record) => {
    const actual = target.read(record);
    switch (typeof actual) {
      case 'string':
        return wellFormed(actual) === value.text;
      case 'bigint':
        return sameInteger(actual);
      case 'number':
        return sameDouble(actual);
      case 'boolean':
        return actual === boolean;
      default:
        return false;
    }
  };
}

/** All zeros is no id: it stands for an absent one in the store. */
function isId(text: string, digits: number): boolean {
  return text.length === digits && /^[0-9a-fA-F]+$/.test(text) && !/^0+$/.test(text);
}
