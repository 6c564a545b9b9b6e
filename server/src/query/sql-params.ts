/** The parameter types the query language uses. */
export type SqlType = 'String' | 'Int64' | 'UInt64' | 'Float64' | 'Array(String)';

/**
 * Collects the values of a statement. Text from outside goes into a statement only this way: `add` answers the
 * placeholder (`{q0:String}`) to write in its place.
 */
export interface SqlParams {
  add(type: SqlType, value: string | number | readonly string[]): string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** `prefix` keeps the names apart from other parameters of the same statement. */
export function createSqlParams(prefix = 'q'): SqlParams {
  const values: Record<string, unknown> = {};
  const placeholders = new Map<string, string>();
  return {
    values,
    add: (type, value) => {
      const identity = `${type} ${JSON.stringify(value)}`;
      const known = placeholders.get(identity);
      if (known) return known;
      const name = `${prefix}${placeholders.size}`;
      values[name] = value;
      const placeholder = `{${name}:${type}}`;
      placeholders.set(identity, placeholder);
      return placeholder;
    },
  };
}
