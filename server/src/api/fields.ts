import { isReserved } from '../query/parse-field.ts';
import type { ApiContext } from './context.ts';
import { readOneOf, readText } from './parameters.ts';
import type { ApiRequest, Route } from './route.ts';
import type { FieldsAnswer } from './types.ts';

const MAX_FIELDS = 1_000;

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

/** Of a key seen with several types, the one seen last. */
const FIELDS_SQL = `SELECT level, key, argMax(type, last_seen) AS last_type FROM fields
  WHERE signal = {signal:String} AND
    startsWith(lower(if(level = 'resource', concat('resource.', key), key)), {prefix:String})
  GROUP BY level, key ORDER BY level, key LIMIT {max_fields:UInt32}`;

/** The key as a query names it. */
function nameOf(level: FieldRow['level'], key: string): string {
  if (level === 'resource') return `resource.${key}`;
  return isReserved(key) || /^(?:attr|resource)\./.test(key) ? `attr.${key}` : key;
}
