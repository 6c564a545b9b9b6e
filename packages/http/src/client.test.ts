import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineErrors, isError, toProblem } from '@breakwater/errors';
import { currentContext, withContext } from '@breakwater/log';
import { createRetry, fixedBackoff } from '@breakwater/resilience';
import { SignJWT } from 'jose';
import * as z from 'zod';
import { createClient } from './client.ts';
import { createBareEdge } from './conformance/test-exchange.ts';
import { jwtGuard } from './jwt.ts';
import { createPropagatingFetch } from './propagate.ts';

interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly init: RequestInit | undefined;
}

function fakeFetch(answers: (() => Response)[]): { fetch: typeof fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  const fake = (async (input: unknown, init?: RequestInit) => {
    sent.push({ url: String(input), headers: new Headers(init?.headers), init });
    return answers.length > 1 ? answers.shift()!() : answers[0]!();
  }) as typeof fetch;
  return { fetch: fake, sent };
}

const context = {
  correlationId: 'c-1',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  traceFlags: 1,
};

test('H25 only listed hosts are told the ids, and no redirect takes them elsewhere', async () => {
  const { fetch, sent } = fakeFetch([() => new Response('{}')]);
  const send = createPropagatingFetch({ hosts: ['api.example.com', '*.internal', 'local:8080'] }, fetch);
  const told = async (url: string): Promise<boolean> => {
    await withContext(context, () => send(url));
    return sent.at(-1)!.headers.has('x-correlation-id');
  };
  for (const url of ['https://api.example.com/a', 'http://a.b.internal:99/', 'http://local:8080/'])
    assert.equal(await told(url), true, url);
  assert.equal(sent[0]!.headers.get('traceparent'), '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
  assert.equal(sent[0]!.init?.redirect, 'manual');
  for (const url of [
    'https://evil.com/api.example.com',
    'https://api.example.com.evil.com/',
    'http://internal/',
    'http://xinternal/',
    'http://local:81/',
    'https://api.example.com@evil.com/',
  ])
    assert.equal(await told(url), false, url);
  assert.throws(() => createPropagatingFetch({ hosts: ['https://a'] }), /createPropagatingFetch\.hosts\[0\]/);
});

test('H26 the client: typed errors from problem documents, repeated by the policy, answers checked by schema', async () => {
  const errors = defineErrors({
    CARD_DECLINED: { category: 'business', message: 'declined', status: 402 },
    BUSY: { category: 'transient', message: 'busy', status: 503 },
  });
  const problem = (error: unknown): Response => {
    const { status, headers, body } = toProblem(error);
    return new Response(JSON.stringify(body), { status, headers });
  };
  const { fetch, sent } = fakeFetch([
    () => problem(new errors.BUSY()),
    () => Response.json({ id: 7 }),
    () => problem(new errors.CARD_DECLINED()),
    () => new Response('<html>', { status: 200 }),
    () => new Response('x'.repeat(500), { status: 200 }),
  ]);
  const policy = createRetry({ maxAttempts: 2, backoff: fixedBackoff({ delayMs: 1 }) });
  const client = createClient({ baseUrl: 'http://pay.internal/v1/', errors, fetch, policy, maxBytes: 400 });
  const schema = z.object({ id: z.number() });
  const { id } = await withContext(context, () =>
    client.request('POST', '/charges', { body: { a: 1 }, idempotencyKey: 'k', schema, query: { q: 'a b' } }),
  );
  assert.equal(id, 7);
  assert.equal(sent.length, 2);
  assert.equal(sent[1]!.url, 'http://pay.internal/v1/charges?q=a+b');
  assert.deepEqual([sent[1]!.headers.get('idempotency-key'), sent[1]!.headers.get('x-correlation-id')], ['"k"', 'c-1']);
  await assert.rejects(client.request('GET', '/x'), (error) => isError(error, errors.CARD_DECLINED));
  await assert.rejects(client.request('POST', '/x'), /not JSON/);
  await assert.rejects(client.request('POST', '/x'), /larger than 400/);
  assert.throws(() => createClient({ baseUrl: '/v1' }), /createClient\.baseUrl/);
});

test('H27 the user id comes from a token that holds, and from nothing else', async () => {
  const key = new TextEncoder().encode('a secret of thirty-two bytes, yes');
  const sign = (claims: { iss?: string; aud?: string; exp?: number } = {}, secret = key): Promise<string> =>
    new SignJWT({ iss: 'me', aud: 'shop', sub: 'u-7', exp: Math.floor(Date.now() / 1000) + 60, ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(secret);
  const options = { key, algorithms: ['HS256'], issuer: 'me', audience: 'shop' };
  const guard = jwtGuard(options);
  const ask = async (authorization: string | undefined, by = guard): Promise<unknown> => {
    const exchange = createBareEdge({ guards: [by] }).open('/', authorization === undefined ? {} : { authorization });
    const answer = await exchange.run(() => exchange.guard());
    return answer?.status ?? exchange.run(() => currentContext()?.userId);
  };
  assert.equal(await ask(`Bearer ${await sign()}`), 'u-7');
  assert.equal(await ask(undefined), undefined);
  assert.equal(await ask(undefined, jwtGuard({ ...options, required: true })), 401);
  const none = `${btoa('{"alg":"none"}')}.${btoa('{"sub":"u-7"}')}.`.replaceAll('=', '');
  const wrong = [
    await sign({ iss: 'you' }),
    await sign({ aud: 'other' }),
    await sign({ exp: 1 }),
    await sign({}, new TextEncoder().encode('another secret of thirty-two bytes')),
    none,
    'garbage',
  ];
  for (const token of wrong) assert.equal(await ask(`Bearer ${token}`), 401, token);
  assert.equal(await ask('Basic dTpw'), 401);
  assert.throws(() => jwtGuard({ ...options, algorithms: ['none'] }), /jwtGuard\.algorithms\[0\]/);
});
