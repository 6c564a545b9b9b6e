import type { ExistsTest } from '../ast.ts';
import { attributeColumn } from './attribute-map.ts';
import { NEVER_SQL, type TestOperator } from './operator.ts';

/**
 * The field has a value: a text is not empty, an id or level or enumeration is set, an attribute is there, whatever its
 * type and value. A duration always has one.
 */
export const exists: TestOperator<ExistsTest> = {
  print: () => '*',

  toSql: (_test, target, params) => {
    switch (target.type) {
      case 'string':
      case 'text':
        return `${target.column} != ''`;
      case 'id':
        return `${target.column} != toFixedString('', ${target.digits / 2})`;
      case 'level':
        return `${target.column} != 0`;
      case 'enum':
        return `${target.column} != ${params.add('String', target.values[0]!)}`;
      case 'duration':
        return '1';
      case 'attribute': {
        const types = ['string', 'int', 'double', 'bool', 'other'] as const;
        return `(${types.map((type) => attributeColumn(target, type, params).isThere).join(' OR ')})`;
      }
      default:
        return NEVER_SQL;
    }
  },

  matcher: (_test, target) => {
    switch (target.type) {
      case 'level':
        return (record) => target.read(record) !== 0;
      case 'enum':
        return (record) => target.read(record) !== target.values[0];
      case 'duration':
        return () => true;
      case 'attribute':
        return (record) => target.read(record) !== undefined;
      default:
        return (record) => target.read(record) !== '';
    }
  },
};
