import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify, OptionError } from '@breakwater/errors';
import { withContext } from '@breakwater/log';
import { TimeoutError } from '@breakwater/resilience';
import * as z from 'zod';
import { type ClientOptions, createClient } from './client.ts';
import { createPropagatingFetch } from './propagate.ts';

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A client of a service that answers as told. */
function clientOf(answer: (init: RequestInit) => Response, options: Partial<ClientOptions> = {}) {
  const sent: Sent[] = [];
  const fetch = (async (input: unknown, init: RequestInit = {}) => {
    sent.push({ url: String(input), init });
    return answer(init);
  }) as typeof globalThis.fetch;
  return { client: createClient({ baseUrl: 'http://pay_service.internal/v1', fetch, ...options }), sent };
}

/** A body that sends something and then nothing, until the request is given up. */
function hanging(init: RequestInit): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"a":'));
      init.signal?.addEventListener('abort', () => controller.error(init.signal?.reason), { once: true });
    },
  });
  return new Response(body);
}

const code = (error: unknown): unknown => (error as { code?: unknown }).code;

test('H26 an answer that cannot be used is the upstream’s failure: 502, and the breaker counts it', async () => {
  const answers = ['<html>', '"x"', '{"id":"7"}', 'x'.repeat(500)];
  const { client } = clientOf(() => new Response(answers.shift()), { maxBytes: 400 });
  const schema = z.object({ id: z.number() });
  for (let index = 0; index < 4; index++) {
    const error = await client.request('GET', '/a', { schema }).then(
      () => assert.fail(),
      (failure: unknown) => failure,
    );
    assert.equal(code(error), 'UPSTREAM_ANSWER_INVALID');
    const verdict = classify(error);
    assert.deepEqual([verdict.httpStatus, verdict.countsForBreaker, verdict.outcome], [502, true, 'unknown']);
  }
});

test('H26 a refusal keeps its status, however large, broken or untrue its body is', async () => {
  const bodies: (string | ReadableStream | null)[] = [
    'x'.repeat(500),
    new ReadableStream({ start: (controller) => controller.error(new Error('cut off')) }),
    '{"status":200,"code":"OK","retryable":true}',
    '[[[',
    'null',
    null,
  ];
  const { client } = clientOf(() => new Response(bodies.shift(), { status: 503 }), { maxBytes: 400 });
  for (let index = 0; index < 6; index++) {
    const error = await client.request('GET', '/a').then(
      () => assert.fail(),
      (failure: unknown) => failure,
    );
    assert.equal(code(error), 'UPSTREAM_PROBLEM', String(index));
    assert.match((error as Error).message, /answered 503/);
  }
});

test('H25 H26 the client follows no redirect, in a context or out of it', async () => {
  const headers = { location: 'http://evil.example/', 'content-type': 'text/plain' };
  const { client, sent } = clientOf(() => new Response(null, { status: 307, headers }), { hosts: [] });
  const ask = (): Promise<unknown> =>
    client.request('POST', '/pay', { body: { card: 1 }, headers: { 'x-api-key': 'secret' } });
  await assert.rejects(ask(), { code: 'UPSTREAM_PROBLEM' });
  await withContext({ correlationId: 'c' }, () => assert.rejects(ask(), { code: 'UPSTREAM_PROBLEM' }));
  assert.deepEqual(
    sent.map(({ init }) => init.redirect),
    ['manual', 'manual'],
  );
});

test('H25 a fetch keeps what a request says of redirects, and without ids on it is as it was', async () => {
  const seen: (RequestInit | undefined)[] = [];
  const base = (async (_input: unknown, init?: RequestInit) => {
    seen.push(init);
    return new Response();
  }) as typeof fetch;
  const send = createPropagatingFetch({ hosts: ['a'] }, base);
  await send('http://a/');
  await withContext({ correlationId: 'c' }, async () => {
    await send(new Request('http://a/', { redirect: 'error' }));
    await send(new Request('http://a/'));
    await send('http://a/', { redirect: 'follow' });
    await send('not a url');
  });
  assert.deepEqual(
    seen.map((init) => init?.redirect),
    [undefined, 'error', 'manual', 'follow', undefined],
  );
});

test('H26 a deadline or signal ends a call while its body comes, without any policy', async () => {
  const { client } = clientOf(hanging);
  const late = client.request('GET', '/a', { deadline: performance.now() + 20 });
  await assert.rejects(late, (error) => error instanceof TimeoutError && error.timeoutMs <= 20);
  const passed = client.request('GET', '/a', { deadline: performance.now() - 1 });
  await assert.rejects(passed, (error) => error instanceof TimeoutError && error.kind === 'deadline');
  const controller = new AbortController();
  const left = client.request('GET', '/a', { signal: controller.signal });
  controller.abort(new Error('the user left'));
  await assert.rejects(left, /the user left/);
});

test('H26 fields of the caller take the place of the client’s, whatever their case; undefined parts are left out', async () => {
  const { client, sent } = clientOf(() => new Response('\ufeff{"a":1}'));
  const body = { a: 1 };
  const headers = { 'Content-Type': 'application/merge-patch+json', Accept: 'application/json' };
  assert.deepEqual(await client.request('patch', '/a?x=1', { body, headers, query: { y: undefined, z: 0 } }), body);
  const { url, init } = sent[0]!;
  assert.deepEqual([url, init.method], ['http://pay_service.internal/v1/a?x=1&z=0', 'PATCH']);
  const fields = new Headers(init.headers);
  assert.deepEqual([fields.get('content-type'), fields.get('accept')], Object.values(headers));
});

test('H26 a path that a URL would read as another is refused, as are wrong options of a call', async () => {
  const { client, sent } = clientOf(() => new Response('{}'));
  const paths = ['a', '/../admin', '/a/..', '/a/%2E%2e/b', '/./a', '/a\\b', '/a#b', '/a?x#b', '/%2e?x'];
  for (const path of [...paths, '/.\t./admin', '/a/.\n.', '/a/.. ', '/a\r', '/a?x=a\tb'])
    await assert.rejects(client.request('GET', path), { option: 'request.path' }, path);
  for (const [option, value] of Object.entries({
    idempotencyKey: 'é',
    deadline: 'soon',
    signal: {},
    idempotencykey: 'k',
  }))
    await assert.rejects(client.request('POST', '/a', { [option]: value } as never), { option: `request.${option}` });
  assert.equal(sent.length, 0);
  for (const path of ['/a..b', '/..a', '/a?b=/../c', '/%2e%2e%2e'])
    assert.deepEqual(await client.request('GET', path), {}, path);
});

test('H26 a base URL with a password is refused, and the error does not show it', () => {
  const make = (): unknown => createClient({ baseUrl: 'http://user:hunter2@a/' });
  assert.throws(make, (error) => error instanceof OptionError && !error.message.includes('hunter2'));
  for (const baseUrl of ['http://a/?x=1', 'http://a/#x', 'file:///etc'])
    assert.throws(() => createClient({ baseUrl }), /createClient\.baseUrl/);
});
