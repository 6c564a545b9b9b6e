import type { ApiContext } from './context.ts';
import type { Route } from './route.ts';

export function receiverRoutes({ detector: { receivers } }: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/receivers',
      summary: 'Who is notified of incidents',
      answer: 'ReceiversAnswer',
      handle: () => ({ json: receivers.list() }),
    },
    {
      method: 'POST',
      path: '/receivers',
      summary: 'Create a receiver',
      body: 'ReceiverInput',
      answer: 'Receiver',
      handle: async ({ json }) => ({ json: receivers.create(await json()), status: 201 }),
    },
    {
      method: 'PUT',
      path: '/receivers/{id}',
      summary: 'Replace a receiver; an absent secret is kept',
      body: 'ReceiverInput',
      answer: 'Receiver',
      handle: async ({ params: { id = '' }, json }) => ({ json: receivers.update(id, await json()) }),
    },
    {
      method: 'DELETE',
      path: '/receivers/{id}',
      summary: 'Remove a receiver',
      answer: '',
      handle: ({ params: { id = '' } }) => {
        receivers.remove(id);
        return { empty: true };
      },
    },
    {
      method: 'POST',
      path: '/receivers/{id}/test',
      summary: 'Send a test notification now',
      answer: 'ReceiverTestResult',
      handle: async ({ params: { id = '' } }) => ({ json: await receivers.test(id) }),
    },
  ];
}
