import { type ApiContext, conditionOf } from './context.ts';
import { SEVERITY_NAME_SQL } from './log-view.ts';
import { FROM, QUERY, readQuery, readRange, TO } from './parameters.ts';
import type { ApiRequest, Route } from './route.ts';
import { sumOfStats } from './stats.ts';
import type { Facets } from './types.ts';

/** Values shown for each key. */
const TOP = 12;
/** Above this many matching rows a sample of about this many is read. */
const MAX_ROWS_READ = 200_000;
/** Values counted exactly for each key; of more, the counts of the top ones are nearly exact. */
const EXACT_VALUES = 2_000;

const attribute = (key: string): string => `attrs_string['${key}']`;
const resource = (key: string): string => `resource_string['${key}']`;

/** `key` is how a query names it. A value '' means that the record has none. */
const FACETS: readonly { key: string; label: string; sql: string }[] = [
  { key: 'level', label: 'Level', sql: SEVERITY_NAME_SQL },
  { key: 'service', label: 'Service', sql: 'toString(service)' },
  { key: 'environment', label: 'Environment', sql: 'toString(environment)' },
  { key: 'event', label: 'Event', sql: 'toString(event_name)' },
  { key: 'exception.type', label: 'Exception', sql: attribute('exception.type') },
  { key: 'error.type', label: 'Error type', sql: attribute('error.type') },
  { key: 'http.route', label: 'Route', sql: attribute('http.route') },
  {
    key: 'http.response.status_code',
    label: 'HTTP status',
    sql: `if(mapContains(attrs_int, 'http.response.status_code'), toString(attrs_int['http.response.status_code']), '')`,
  },
  { key: 'resource.service.version', label: 'Version', sql: resource('service.version') },
  { key: 'resource.host.name', label: 'Host', sql: resource('host.name') },
  { key: 'resource.k8s.pod.name', label: 'Pod', sql: resource('k8s.pod.name') },
  { key: 'scope', label: 'Logger', sql: 'toString(scope_name)' },
];

export function logFacetRoutes({ store, now }: ApiContext): Route[] {
  async function facets({ query, signal }: ApiRequest): Promise<Facets> {
    const { where, params } = conditionOf(readRange(query, now()), readQuery(query, 'logs'), 'logs');
    const counted = await store.query<{ n: string }>(`SELECT count() AS n FROM logs WHERE ${where}`, params, {
      signal,
    });
    const total = Number(counted.rows[0]?.n ?? 0);
    const every = Math.ceil(total / MAX_ROWS_READ);
    const isSampled = every > 1;
    const tops = FACETS.map(({ sql }, index) => `approx_top_count(${TOP + 1}, ${EXACT_VALUES})(${sql}) AS f${index}`);
    const sql = `SELECT ${tops.join(', ')} FROM logs WHERE ${where} ${isSampled ? 'AND intHash64(id) % {every:UInt64} = 0' : ''}`;
    type Tops = Record<string, readonly { readonly item: string; readonly count: string }[]>;
    const { rows, stats } = await store.query<Tops>(sql, isSampled ? { ...params, every } : params, { signal });
    const found = FACETS.map(({ key, label }, index) => ({
      key,
      label,
      values: (rows[0]?.[`f${index}`] ?? [])
        .filter(({ item }) => item !== '')
        .slice(0, TOP)
        .map(({ item, count }) => ({ value: item, count: Number(count) * Math.max(1, every) })),
    }));
    return {
      facets: found.filter(({ values }) => values.length > 0),
      sampled: isSampled,
      stats: sumOfStats([counted.stats, stats]),
    };
  }

  return [
    {
      method: 'GET',
      path: '/logs/facets',
      summary: 'The most frequent values of the usual keys',
      parameters: [QUERY, FROM, TO],
      answer: 'Facets',
      handle: async (request) => ({ json: await facets(request) }),
    },
  ];
}
