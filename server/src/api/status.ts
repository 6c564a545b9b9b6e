import type { ApiContext } from './context.ts';
import type { Route } from './route.ts';

export function statusRoutes({ auth, status }: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/status',
      summary: 'Version, store, ingest and login of this server',
      answer: 'StatusAnswer',
      handle: async ({ caller }) => ({
        json: { ...(await status()), auth: { required: auth !== null, user: auth === null ? null : caller.name } },
      }),
    },
  ];
}
