import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuth } from '../auth/auth.ts';
import { openState } from '../state/state.ts';
import { StoreQueryError, StoreUnavailableError } from '../store/store.ts';
import { MAX_BODY_BYTES } from './body.ts';
import { emptyStore, startTestApi, type TestApi } from './testing/api-server.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

async function withApi(parts: Parameters<typeof startTestApi>[0], run: (api: TestApi) => Promise<void>): Promise<void> {
  const api = await startTestApi(parts);
  try {
    await run(api);
  } finally {
    await api.stop();
  }
}

test('every answer of the API has the security headers, is not cached, and errors are problem documents', () =>
  withApi({}, async (api) => {
    const cases: [method: string, path: string, status: number, code: string | undefined][] = [
      ['GET', '/api/v1/status', 200, undefined],
      ['GET', '/api/v1/logs?limit=1', 200, undefined],
      ['GET', '/api/v1', 404, 'NOT_FOUND'],
      ['GET', '/api/v1/nothing', 404, 'NOT_FOUND'],
      ['GET', '/api/v2/logs', 404, 'NOT_FOUND'],
      ['DELETE', '/api/v1/logs', 405, 'METHOD_NOT_ALLOWED'],
      ['OPTIONS', '/api/v1/logs', 405, 'METHOD_NOT_ALLOWED'],
      ['GET', '/api/v1/logs?lmit=1', 400, 'INVALID_INPUT'],
      ['GET', '/api/v1/logs?limit=1&limit=2', 400, 'INVALID_INPUT'],
      ['GET', '/api/v1/logs?limit=1001', 400, 'INVALID_INPUT'],
      ['GET', '/api/v1/logs?from=5&to=5', 400, 'INVALID_INPUT'],
      ['GET', '/api/v1/logs?from=-1', 400, 'INVALID_INPUT'],
      ['GET', '/api/v1/logs?cursor=nonsense', 400, 'INVALID_INPUT'],
      ['GET', '/api/v1/traces?sort=best', 400, 'INVALID_INPUT'],
      ['GET', '/api/v1/traces/xyz', 400, 'INVALID_INPUT'],
      ['GET', `/api/v1/traces/${'0a'.repeat(16)}`, 404, 'NOT_FOUND'],
      ['GET', '/api/v1/metrics/unknown', 404, 'NOT_FOUND'],
      ['GET', '/api/v1/metrics/%ff', 404, 'NOT_FOUND'],
      ['GET', '/api/v1/demo/faults', 404, 'NOT_FOUND'],
      ['GET', `/api/v1/logs?query=${'a'.repeat(17_000)}`, 414, 'URL_TOO_LONG'],
    ];
    for (const [method, path, status, code] of cases) {
      const answer = await api.send(method, path);
      assert.equal(answer.status, status, `${method} ${path.slice(0, 60)}: ${answer.text}`);
      assert.match(String(answer.headers['content-security-policy']), /default-src 'self'/);
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
      if (code === undefined) continue;
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      const problem = answer.json();
      assert.equal(problem['code'], code);
      assert.equal(problem['status'], status);
      assert.equal(problem['type'], `urn:breakwater:problem:${code.toLowerCase().replaceAll('_', '-')}`);
    }
    assert.equal((await api.send('DELETE', '/api/v1/logs')).headers['allow'], 'GET');
    const head = await api.send('HEAD', '/api/v1/status');
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
    assert.deepEqual(api.lines, []);
  }));

test('a query that cannot be read is answered with position and suggestion', () =>
  withApi({}, async (api) => {
    const answer = await api.send('GET', `/api/v1/logs?query=${encodeURIComponent('a levle:error')}`);
    assert.equal(answer.status, 400);
    const { code, position, suggestion } = answer.json();
    assert.deepEqual(
      { code, position, suggestion },
      { code: 'INVALID_QUERY', position: 2, suggestion: 'a level:error' },
    );
  }));

test('a foreign name of the host is refused, and a foreign origin may change nothing', () =>
  withApi({}, async (api) => {
    const status = async (method: string, headers: Record<string, string>): Promise<number> =>
      (await api.send(method, method === 'GET' ? '/api/v1/status' : '/api/v1/logout', { headers })).status;
    const host = new URL(api.url).host;
    for (const good of [host, 'localhost:9', '127.5.5.5', '[::1]:4000', 'demo.localhost', 'LOCALHOST']) {
      assert.equal(await status('GET', { host: good }), 200, good);
    }
    for (const bad of [
      'evil.example',
      'evil.example:4000',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '10.0.0.1',
      'a@localhost',
    ]) {
      assert.equal(await status('GET', { host: bad }), 403, bad);
    }
    assert.equal(await status('POST', {}), 204);
    assert.equal(await status('POST', { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }), 204);
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:1' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ] as Record<string, string>[]) {
      assert.equal(await status('POST', headers), 403, JSON.stringify(headers));
      assert.equal(await status('GET', headers), 200, JSON.stringify(headers));
    }
  }));

test('a body has to be JSON, and short', () =>
  withApi({ detector: { rules: { create: (input: unknown) => input } } as never }, async (api) => {
    const post = (body: string, headers: Record<string, string> = JSON_TYPE) =>
      api.send('POST', '/api/v1/alert-rules', { body, headers });
    const created = await post('{"a":"ü"}', { 'content-type': 'application/json; charset=utf-8' });
    assert.equal(created.status, 201);
    assert.deepEqual(created.json(), { a: 'ü' });
    assert.equal((await post('a=1', { 'content-type': 'application/x-www-form-urlencoded' })).status, 415);
    assert.equal((await post('{}', {})).status, 415);
    assert.equal((await post('{}', { ...JSON_TYPE, 'content-encoding': 'gzip' })).status, 415);
    assert.equal((await post('{', JSON_TYPE)).status, 400);
    assert.equal((await post('', JSON_TYPE)).status, 400);
    assert.equal((await post(`"${'x'.repeat(MAX_BODY_BYTES - 2)}"`)).status, 201);
    const long = await post(`"${'x'.repeat(MAX_BODY_BYTES)}"`);
    assert.equal(long.status, 413);
    assert.equal(long.json()['code'], 'BODY_TOO_LARGE');
  }));

test('errors of the store tell what to do, and nobody sees the inside of an unforeseen one', async () => {
  const failing = (error: Error) => withStoreError(error);
  const cases: [error: Error, status: number, code: string, retry: string | undefined][] = [
    [new StoreUnavailableError('STORE_UNAVAILABLE', 'no connection', 5), 503, 'STORE_UNAVAILABLE', '5'],
    [new StoreQueryError(159, 'too slow'), 503, 'QUERY_TIMEOUT', undefined],
    [new StoreQueryError(241, 'too large'), 503, 'QUERY_TOO_LARGE', undefined],
    [new StoreQueryError(62, 'syntax error near password'), 500, 'INTERNAL_ERROR', undefined],
    [new TypeError('a secret detail'), 500, 'INTERNAL_ERROR', undefined],
  ];
  for (const [error, status, code, retry] of cases) await failing(error)(status, code, retry);
});

function withStoreError(error: Error): (status: number, code: string, retry: string | undefined) => Promise<void> {
  return (status, code, retry) =>
    withApi({ store: emptyStore(() => Promise.reject(error)) }, async (api) => {
      const answer = await api.send('GET', '/api/v1/logs');
      assert.equal(answer.status, status);
      assert.equal(answer.json()['code'], code);
      assert.equal(answer.headers['retry-after'], retry);
      if (status !== 500) return;
      assert.ok(!answer.text.includes(error.message));
      const reference = /under ([0-9a-f]{12})/.exec(String(answer.json()['detail']))?.[1];
      assert.ok(reference && api.lines.some((line) => line.includes(reference) && line.includes(error.message)));
    });
}

test('the query is cancelled when the client goes away', async () => {
  const { promise: cancelled, resolve } = Promise.withResolvers<unknown>();
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const store = emptyStore((_sql, _params, options) => {
    onAsked();
    return new Promise((_resolve, reject) => {
      options?.signal?.addEventListener('abort', () => {
        reject(options.signal?.reason);
        resolve(options.signal?.reason);
      });
    });
  });
  await withApi({ store }, async (api) => {
    const client = new AbortController();
    const answer = fetch(`${api.url}/api/v1/logs`, { signal: client.signal });
    await asked;
    client.abort();
    await assert.rejects(answer, { name: 'AbortError' });
    assert.equal(((await cancelled) as Error).name, 'AbortError');
    assert.deepEqual(api.lines, []);
  });
});

test('where a login is demanded nothing but the login and the page answers without one', async () => {
  const state = openState(':memory:');
  const auth = createAuth({ state });
  const first = (await auth.ensureFirstLogin())!;
  await withApi({ auth, host: '127.0.0.1' }, async (api) => {
    for (const path of ['/status', '/logs', '/openapi.json', '/keys', '/nothing', '/logs/tail']) {
      const answer = await api.send('GET', `/api/v1${path}`);
      assert.equal(answer.status, 401, path);
      assert.equal(answer.json()['code'], 'LOGIN_REQUIRED');
    }
    assert.equal((await api.send('GET', '/')).status, 404, 'no page is configured, but it needs no login');
    const login = (password: string) =>
      api.send('POST', '/api/v1/login', { headers: JSON_TYPE, body: JSON.stringify({ user: 'admin', password }) });
    const accepted = await login(first.password);
    assert.equal(accepted.status, 200);
    const cookie = String(accepted.headers['set-cookie']).split(';')[0]!;
    const status = await api.send('GET', '/api/v1/status', { headers: { cookie } });
    assert.deepEqual(status.json()['auth'], { required: true, user: 'admin' });

    const created = await api.send('POST', '/api/v1/keys', {
      headers: { ...JSON_TYPE, cookie },
      body: '{"name":"script","kind":"api"}',
    });
    assert.equal(created.status, 201);
    const { id, secret } = created.json<{ id: string; secret: string }>();
    const headers = { authorization: `Bearer ${secret}` };
    assert.equal((await api.send('GET', '/api/v1/status', { headers })).status, 200);
    const ingestKey = { authorization: `Bearer ${first.ingestKey}` };
    assert.equal((await api.send('GET', '/api/v1/status', { headers: ingestKey })).status, 401);
    const listed = await api.send('GET', '/api/v1/keys', { headers });
    assert.ok(!listed.text.includes(secret));
    assert.equal((await api.send('DELETE', `/api/v1/keys/${id}`, { headers })).status, 204);
    assert.equal((await api.send('GET', '/api/v1/status', { headers })).status, 401);

    const out = await api.send('POST', '/api/v1/logout', { headers: { cookie } });
    assert.equal(out.status, 204);
    assert.match(String(out.headers['set-cookie']), /Max-Age=0/);
    assert.equal((await api.send('GET', '/api/v1/status', { headers: { cookie } })).status, 401);
  });
  state.close();
});

test('a refused login is answered 401, one too many 429 with the time to wait', async () => {
  const state = openState(':memory:');
  const auth = createAuth({ state });
  // Not the real ones: each costs a slow hash.
  const login: typeof auth.login = async (_user, password) =>
    password === 'wrong' ? { outcome: 'refused' } : { outcome: 'limited', retryAfterSeconds: 900 };
  await withApi({ auth: { ...auth, login } }, async (api) => {
    const post = (body: string) => api.send('POST', '/api/v1/login', { headers: JSON_TYPE, body });
    const refused = await post('{"user":"admin","password":"wrong"}');
    assert.equal(refused.status, 401);
    assert.equal(refused.json()['code'], 'LOGIN_REFUSED');
    assert.equal(refused.headers['set-cookie'], undefined);
    const limited = await post('{"user":"admin","password":"again"}');
    assert.equal(limited.status, 429);
    assert.equal(limited.headers['retry-after'], '900');
    assert.equal((await post('{"user":"admin"}')).status, 400);
    assert.ok(api.lines.every((line) => !line.includes('wrong')));
  });
  state.close();
});

test('a server on every address answers for any name, but only with a login', async () => {
  const state = openState(':memory:');
  await withApi({ auth: createAuth({ state }), host: '0.0.0.0' }, async (api) => {
    const answer = await api.send('GET', '/api/v1/status', { headers: { host: 'breakwater.example:4000' } });
    assert.equal(answer.status, 401);
    const headers = { host: 'breakwater.example:4000', origin: 'http://evil.example' };
    assert.equal((await api.send('POST', '/api/v1/logout', { headers })).status, 403);
  });
  state.close();
});

test('stopping waits for a request that is being answered and ends live tails', async () => {
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const { promise: release, resolve: answerNow } = Promise.withResolvers<void>();
  const store = emptyStore(async () => {
    onAsked();
    await release;
    return { rows: [], stats: { rowsRead: 0, bytesRead: 0, elapsedMs: 0 } };
  });
  const api = await startTestApi({ store });
  const tail = await fetch(`${api.url}/api/v1/logs/tail`);
  const answer = api.send('GET', '/api/v1/logs');
  await asked;
  const stopped = api.stop();
  assert.match(await tail.text(), /^retry: 2000\n\n$/);
  answerNow();
  assert.equal((await answer).status, 200);
  await stopped;
  await api.stop();
});
