import type { Target } from '../fields.ts';
import type { SqlParams } from '../sql-params.ts';

type AttributeTarget = Extract<Target, { type: 'attribute' }>;
export type AttributeType = 'string' | 'int' | 'double' | 'bool' | 'other';

/** The expressions that read one attribute of one type from its map column. */
export interface AttributeColumn {
  /** Whether the attribute is there and the condition holds for it. */
  where(condition: (value: string) => string): string;
  readonly isThere: string;
}

export function attributeColumn(target: AttributeTarget, type: AttributeType, params: SqlParams): AttributeColumn {
  const map = `${target.maps}_${type}`;
  const key = params.add('String', target.key);
  // mapContains and the subscript do not find the empty key of a map with LowCardinality keys (chDB 26.7).
  const isThere = target.key === '' ? `has(mapKeys(${map}), '')` : `mapContains(${map}, ${key})`;
  const value = target.key === '' ? `mapValues(${map})[indexOf(mapKeys(${map}), '')]` : `${map}[${key}]`;
  return {
    isThere,
    where: (condition) => {
      const holds = condition(value);
      return holds === '0' ? '0' : `(${isThere} AND ${holds})`;
    },
  };
}
