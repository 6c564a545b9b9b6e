import { createInputReader } from '../state/input-reader.ts';
import type { ApiContext } from './context.ts';
import { notFound, ProblemError } from './problem.ts';
import type { Answer, ApiRequest, Route } from './route.ts';

export function loginRoutes({ auth, log }: ApiContext): Route[] {
  async function login({ json, address, headers }: ApiRequest): Promise<Answer> {
    if (auth === null) throw notFound('this server demands no login');
    const reader = createInputReader(await json());
    const user = reader.text('user', { min: 1, max: 100 });
    const password = reader.text('password', { min: 1, max: 1_000 });
    reader.end();
    // A browser says in its Origin, which was checked, how it reached the page.
    const overHttps = headers.origin?.startsWith('https:') ?? false;
    const result = await auth.login(user, password, address, { overHttps });
    switch (result.outcome) {
      case 'accepted':
        return { json: { user: result.user }, headers: { 'set-cookie': result.cookie } };
      case 'refused':
        log(`login refused for ${JSON.stringify(user)} from ${address}`);
        throw new ProblemError({
          status: 401,
          code: 'LOGIN_REFUSED',
          title: 'Login refused',
          detail: 'User or password is wrong.',
        });
      case 'limited':
        throw new ProblemError(
          {
            status: 429,
            code: 'TOO_MANY_LOGINS',
            title: 'Too many logins',
            detail: `Too many failed logins. Try again in ${waitText(result.retryAfterSeconds)}.`,
          },
          { headers: { 'retry-after': String(result.retryAfterSeconds) } },
        );
    }
  }

  return [
    {
      method: 'POST',
      path: '/login',
      summary: 'Open a session; its cookie is in the answer',
      body: 'LoginInput',
      answer: 'LoginAnswer',
      isPublic: true,
      handle: login,
    },
    {
      method: 'POST',
      path: '/logout',
      summary: 'End the session',
      answer: '',
      isPublic: true,
      handle: ({ headers }) =>
        auth ? { empty: true, headers: { 'set-cookie': auth.logout(headers) } } : { empty: true },
    },
  ];
}

function waitText(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
