import { isReserved } from '../query/parse-field.ts';
import type { ApiContext } from './context.ts';
import { readOneOf, readText } from './parameters.ts';
import type { ApiRequest, Route } from './route.ts';
import type { FieldsAnswer } from './types.ts';

const MAX_FIELDS = 1_000;
/** Of the keys that one service brought, so that the others' have room. */
const MAX_FIELDS_OF_SERVICE = 500;

interface FieldRow {
  readonly level: 'attribute' | 'resource';
  readonly key: string;
  readonly last_type: FieldsAnswer['fields'][number]['type'];
}

export function fieldRoutes({ store }: ApiContext): Route[] {
  async function list({ query, signal }: ApiRequest): Promise<FieldsAnswer> {
    const params = {
      signal: readOneOf(query, 'signal', ['logs', 'spans']) ?? 'logs',
      prefix: (readText(query, 'prefix') ?? '').toLowerCase(),
      max_fields: MAX_FIELDS,
    };
    const { rows } = await store.query<FieldRow>(FIELDS_SQL, params, { signal });
    return { fields: rows.map(({ level, key, last_type }) => ({ key: nameOf(level, key), type: last_type })) };
  }

  return [
    {
      method: 'GET',
      path: '/fields',
      summary: 'Attribute keys that were seen, for completion',
      parameters: [
        { name: 'signal', type: 'string', description: '`logs` or `spans`. Default: `logs`.' },
        { name: 'prefix', type: 'string', description: 'Only names that begin with it, in any letter case.' },
      ],
      answer: 'FieldsAnswer',
      handle: async (request) => ({ json: await list(request) }),
    },
  ];
}

/**
 * The keys seen most often, in the order of their names. Of a key seen with several types, the one seen last. Keys from
 * before services were noted count for none of them.
 */
const FIELDS_SQL = `SELECT level, key, last_type FROM (
    SELECT level, key, argMax(type, last_seen) AS last_type, argMax(service, last_seen) AS source, max(seen) AS times
    FROM fields
    WHERE signal = {signal:String} AND
      startsWith(lower(if(level = 'resource', concat('resource.', key), key)), {prefix:String})
    GROUP BY level, key
    ORDER BY times DESC, level, key
    LIMIT ${MAX_FIELDS_OF_SERVICE} BY if(source = '', key, source)
    LIMIT {max_fields:UInt32}
  ) ORDER BY level, key`;

/** The key as a query names it. */
function nameOf(level: FieldRow['level'], key: string): string {
  if (level === 'resource') return `resource.${key}`;
  return isReserved(key) || /^(?:attr|resource)\./.test(key) ? `attr.${key}` : key;
}
