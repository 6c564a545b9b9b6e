// What an error-prone endpoint is guarded by: a limit of requests, a stricter one of failures, a schema, a deadline.
import { defineErrors } from '@breakwater/errors';
import { admissionGuard, createEdge, rateLimitGuard, validate } from '@breakwater/http';
import { exchangeOf, fastifyEdge } from '@breakwater/http/fastify';
import { createLoadShed } from '@breakwater/resilience';
import Fastify from 'fastify';
import * as z from 'zod';

const edge = createEdge({
  log: { log: () => {} },
  maxDurationMs: 200,
  guards: [
    admissionGuard(createLoadShed({ maxConcurrent: 100 }), { exempt: ({ path }) => path === '/livez' }),
    rateLimitGuard([
      { name: 'all', limit: 100, windowMs: 60_000 },
      { name: 'sign-in', for: '/sign-in', counts: 'failures', limit: 2, windowMs: 60_000 },
    ]),
  ],
});
const errors = defineErrors({ WRONG_CODE: { category: 'permanent', message: 'A wrong code', status: 401 } });
const SignIn = z.object({ name: z.string().min(1), code: z.number().int() });
const app = Fastify();
fastifyEdge(app, edge);
app.post('/sign-in', async (request) => {
  const { name, code } = await validate(SignIn, request.body);
  if (code !== 42) throw new errors.WRONG_CODE();
  return { welcome: name };
});
// The signal is what ends a handler: give it to whatever it waits for.
app.get('/slow', async (request) => {
  const { signal } = exchangeOf(request)!;
  await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
});
const url = await app.listen({ port: 0, host: '127.0.0.1' });

async function signIn(body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/sign-in`, { method: 'POST', headers, body: JSON.stringify(body) });
  const { code, errors: problems, welcome } = (await answer.json()) as Record<string, unknown>;
  const left = /"sign-in";r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '')?.[1];
  console.log(answer.status, code ?? welcome, JSON.stringify(problems ?? []), 'failures left:', left);
}

await signIn({ name: 'ann', code: 42 });
await signIn({ name: '', code: 'x' });
await signIn({ name: 'ann', code: 1 });
await signIn({ name: 'ann', code: 42 });
const slow = await fetch(`${url}/slow`);
console.log(slow.status, ((await slow.json()) as { code: string }).code);
await app.close();

// Output:
// 200 ann [] failures left: 2
// 422 INVALID_INPUT [{"pointer":"/name","code":"too_small"},{"pointer":"/code","code":"invalid_type"}] failures left: 2
// 401 WRONG_CODE [] failures left: 1
// 429 TOO_MANY_REQUESTS [] failures left: 0
// 504 UPSTREAM_TIMEOUT
