import type { ApiContext } from './context.ts';
import { limitParameter, readInteger, readText } from './parameters.ts';
import type { Route } from './route.ts';

export function alertRoutes({ detector: { alerts } }: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/alerts',
      summary: 'Alerts, newest first',
      parameters: [
        { name: 'state', type: 'string', description: '`pending`, `firing` or `resolved`. Default: all.' },
        limitParameter(100, 1_000),
      ],
      answer: 'AlertsAnswer',
      handle: ({ query }) => ({
        json: alerts.list({ state: readText(query, 'state'), limit: readInteger(query, 'limit', 1, 1_000) }),
      }),
    },
  ];
}
