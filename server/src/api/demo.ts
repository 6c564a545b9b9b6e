import type { ApiContext } from './context.ts';
import { notFound, ProblemError } from './problem.ts';
import type { ApiRequest, Route } from './route.ts';

const TIMEOUT_MS = 5_000;
const MAX_ANSWER_LENGTH = 100_000;

/** The demo shop's control port, passed through: the page talks only to its own server. */
export function demoRoutes({ demoUrl }: ApiContext): Route[] {
  return [
    {
      method: 'GET',
      path: '/demo/faults',
      summary: 'Faults that the demo shop can be given',
      answer: 'DemoFaultsAnswer',
      handle: async (request) => ({ json: await ask(request, '/faults') }),
    },
    {
      method: 'PUT',
      path: '/demo/faults/{name}',
      summary: 'Switch a fault on or off',
      body: 'DemoFaultInput',
      answer: 'DemoFaultsAnswer',
      handle: async (request) => {
        const path = `/faults/${encodeURIComponent(request.params['name'] ?? '')}`;
        return { json: await ask(request, path, await request.json()) };
      },
    },
  ];

  async function ask({ signal }: ApiRequest, path: string, body?: unknown): Promise<unknown> {
    if (demoUrl === null) throw notFound('the demo shop does not run: start without --no-shop');
    const init = { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) };
    const put = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    let response: Response;
    let text: string;
    try {
      response = await fetch(demoUrl.replace(/\/$/, '') + path, body === undefined ? init : { ...init, ...put });
      text = await response.text();
    } catch (cause) {
      signal.throwIfAborted();
      throw unavailable('The demo shop does not answer.', cause);
    }
    if (response.status === 404) throw notFound('the demo shop has no such fault');
    if (response.status === 400) {
      throw new ProblemError({
        status: 400,
        code: 'INVALID_INPUT',
        title: 'Invalid input',
        detail: 'the demo shop takes {"enabled": true} or {"enabled": false}',
      });
    }
    if (!response.ok || text.length > MAX_ANSWER_LENGTH) {
      throw unavailable(`The demo shop answered with status ${response.status}.`);
    }
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw unavailable('The demo shop did not answer with JSON.', cause);
    }
  }
}

function unavailable(detail: string, cause?: unknown): ProblemError {
  return new ProblemError(
    { status: 503, code: 'DEMO_UNAVAILABLE', title: 'The demo shop is not available', detail },
    { cause, headers: { 'retry-after': '2' } },
  );
}
