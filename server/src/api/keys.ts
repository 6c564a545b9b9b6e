import type { Auth } from '../auth/auth.ts';
import type { ApiContext } from './context.ts';
import { notFound } from './problem.ts';
import type { Route } from './route.ts';

export function keyRoutes({ auth }: ApiContext): Route[] {
  const keysOf = (): Auth['keys'] => {
    if (auth === null) throw notFound('this server demands no keys');
    return auth.keys;
  };
  return [
    {
      method: 'GET',
      path: '/keys',
      summary: 'Keys of programs, without their secrets',
      answer: 'KeysAnswer',
      handle: () => ({ json: { keys: keysOf().list() } }),
    },
    {
      method: 'POST',
      path: '/keys',
      summary: 'Create a key; its secret is in this answer only',
      body: 'KeyInput',
      answer: 'CreatedKey',
      handle: async ({ json }) => ({ json: keysOf().create(await json()), status: 201 }),
    },
    {
      method: 'DELETE',
      path: '/keys/{id}',
      summary: 'End a key at once',
      answer: '',
      handle: ({ params: { id = '' } }) => {
        keysOf().remove(id);
        return { empty: true };
      },
    },
  ];
}
