import type { ApiContext } from './context.ts';
import { FROM, limitParameter, readInteger, readRange, readText, TO } from './parameters.ts';
import { invalidInput } from './problem.ts';
import type { Route } from './route.ts';

export function errorGroupRoutes({ groups, now }: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/error-groups',
      summary: 'The errors inbox',
      parameters: [
        FROM,
        TO,
        { name: 'status', type: 'string', description: '`open`, `resolved` or `ignored`. Default: all.' },
        { name: 'service', type: 'string', description: 'Only groups that occurred in this service.' },
        { name: 'sort', type: 'string', description: '`last_seen` (default), `first_seen` or `count`.' },
        { name: 'search', type: 'string', description: 'Part of type, message or culprit, in any letter case.' },
        limitParameter(100, 1_000),
      ],
      answer: 'ErrorGroupsAnswer',
      handle: async ({ query }) => ({
        json: await groups.list({
          ...readRange(query, now()),
          status: readText(query, 'status'),
          service: readText(query, 'service'),
          sort: readText(query, 'sort'),
          search: readText(query, 'search'),
          limit: readInteger(query, 'limit', 1, 1_000),
        }),
      }),
    },
    {
      method: 'GET',
      path: '/error-groups/{id}',
      summary: 'An error group with its latest occurrences',
      parameters: [FROM, TO],
      answer: 'ErrorGroupDetail',
      handle: async ({ params: { id = '' }, query }) => ({ json: await groups.detail(id, readRange(query, now())) }),
    },
    {
      method: 'PATCH',
      path: '/error-groups/{id}',
      summary: 'Resolve, ignore or open an error group',
      body: 'ErrorGroupPatch',
      answer: 'ErrorGroup',
      handle: async ({ params: { id = '' }, json }) => {
        const body = await json();
        if (typeof body !== 'object' || body === null) throw invalidInput('the input must be an object');
        return { json: await groups.setStatus(id, (body as { status?: unknown }).status) };
      },
    },
  ];
}
