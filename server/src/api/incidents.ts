import type { ApiContext } from './context.ts';
import { limitParameter, readInteger, readText } from './parameters.ts';
import { invalidInput } from './problem.ts';
import type { Route } from './route.ts';

export function incidentRoutes({ detector: { incidents } }: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/incidents',
      summary: 'Incidents, newest first',
      parameters: [
        { name: 'status', type: 'string', description: '`open`, `acknowledged` or `resolved`. Default: all.' },
        limitParameter(100, 1_000),
      ],
      answer: 'IncidentsAnswer',
      handle: ({ query }) => ({
        json: incidents.list({ status: readText(query, 'status'), limit: readInteger(query, 'limit', 1, 1_000) }),
      }),
    },
    {
      method: 'GET',
      path: '/incidents/{id}',
      summary: 'An incident with its alerts, timeline and evidence',
      answer: 'IncidentDetail',
      handle: async ({ params: { id = '' } }) => ({ json: await incidents.get(id) }),
    },
    {
      method: 'POST',
      path: '/incidents/{id}/acknowledge',
      summary: 'Say that someone works on it',
      answer: 'IncidentDetail',
      handle: async ({ params: { id = '' }, caller }) => ({ json: await incidents.acknowledge(id, caller.name) }),
    },
    {
      method: 'POST',
      path: '/incidents/{id}/resolve',
      summary: 'Resolve it by hand',
      answer: 'IncidentDetail',
      handle: async ({ params: { id = '' }, caller }) => ({ json: await incidents.resolve(id, caller.name) }),
    },
    {
      method: 'POST',
      path: '/incidents/{id}/merge',
      summary: 'Make it part of the older incident `into`, and answer that one',
      body: 'IncidentMergeInput',
      answer: 'IncidentDetail',
      handle: async ({ params: { id = '' }, caller, json }) => {
        const body = await json();
        if (typeof body !== 'object' || body === null) throw invalidInput('the input must be an object');
        return { json: await incidents.merge(id, (body as { into?: unknown }).into, caller.name) };
      },
    },
    {
      method: 'POST',
      path: '/incidents/{id}/notes',
      summary: 'Add a note to the timeline',
      body: 'IncidentNoteInput',
      answer: 'IncidentDetail',
      handle: async ({ params: { id = '' }, caller, json }) => {
        const body = await json();
        if (typeof body !== 'object' || body === null) throw invalidInput('the input must be an object');
        return { json: await incidents.addNote(id, caller.name, (body as { text?: unknown }).text) };
      },
    },
  ];
}
