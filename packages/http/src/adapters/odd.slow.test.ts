import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fastify from 'fastify';
import { apps } from '../conformance/apps.ts';
import { oddApps } from '../conformance/odd-apps.ts';
import { send } from '../conformance/raw-client.ts';
import { createTestEdge, startAll, type TestEdge } from '../conformance/scenarios.ts';
import type { Guard } from '../edge.ts';
import { jwtGuard } from '../jwt.ts';
import { rateLimitGuard } from '../rate-limit.ts';
import { fastifyEdge, fastifyFrameworkErrors } from './fastify.ts';
import { nestEdge } from './nest.ts';

const empty: Guard = ({ path }) => {
  if (path !== '/empty') return undefined;
  return { status: 204, headers: { 'access-control-allow-methods': 'POST' }, body: '' };
};
const guards = (): Guard[] => [
  empty,
  rateLimitGuard([{ name: 'once', for: '/limited', limit: 1, windowMs: 3_600_000 }]),
  jwtGuard({ key: new Uint8Array(32), algorithms: ['HS256'], issuer: 'a', audience: 'b' }),
];

const all = await startAll(oddApps, guards);
after(() => Promise.all(all.map(({ app }) => app.close())));

const IDS = 'x-correlation-id: c\r\nx-request-id: r\r\n';

/** What comes back for a request written by hand, until the connection ends. */
async function write(port: number, head: string, leaveWhen?: () => boolean): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let got = '';
  socket.on('data', (chunk: Buffer) => {
    got += chunk.toString('latin1');
  });
  socket.on('error', () => {
    // A connection broken by the server is what some of these tests want.
  });
  socket.write(head);
  if (leaveWhen !== undefined) {
    while (!leaveWhen()) await setImmediate();
    socket.destroy();
  }
  await once(socket, 'close');
  return got;
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${IDS}\r\n`;

async function recordsOf({ edge, sink }: TestEdge): Promise<readonly string[]> {
  while (edge.active > 0) await setImmediate();
  return sink
    .records()
    .filter(({ eventName }) => eventName !== 'http.request.started')
    .map(
      ({ eventName, attributes }) =>
        `${eventName} ${attributes['http.response.status_code'] ?? '-'} ${attributes['exception.message'] ?? '-'}`,
    );
}

test('H4 H39 a body that fails half-way: the connection is broken, and the record has the error', async () => {
  for (const running of all) {
    const { app, name, sink } = running;
    sink.clear();
    const got = await write(app.port, get('/breaks'));
    assert.match(got, /^HTTP\/1\.1 200 [\s\S]*part\r\n$/, `${name}: it must not look complete`);
    assert.deepEqual(await recordsOf(running), ['http.request.failed 200 the source of the body failed'], name);
  }
});

test('H4 H39 a stream of the web that fails half-way, or a response with one: told as well', async () => {
  for (const running of all.filter(({ name }) => name === 'fastify' || name === 'koa')) {
    for (const path of ['/web', '/response']) {
      running.sink.clear();
      const got = await write(running.app.port, get(path));
      assert.match(got, /^HTTP\/1\.1 200 [\s\S]*part\r\n$/, `${running.name} ${path}`);
      assert.equal(/^x-own: 1\r$/m.test(got), path === '/response', `${running.name} ${path}`);
      const records = await recordsOf(running);
      assert.deepEqual(records, ['http.request.failed 200 the source of the body failed'], `${running.name} ${path}`);
    }
  }
});

test('H5 H39 a body that fails before its first byte: a problem document, or a broken connection', async () => {
  for (const running of all) {
    const { app, name, sink } = running;
    sink.clear();
    const got = await write(app.port, get('/fails'));
    // Koa and Hono's server have given the response away by then.
    if (name === 'koa') assert.equal(got, '');
    else if (name === 'hono') assert.match(got, /^HTTP\/1\.1 200 [\s\S]*\r\n\r\n$/);
    else assert.match(got, /^HTTP\/1\.1 500 [\s\S]*"code":"INTERNAL_ERROR"/, name);
    const [record, ...more] = await recordsOf(running);
    assert.match(record ?? '', /^http\.request\.failed (?:500|200) the source of the body failed$/, name);
    assert.deepEqual(more, [], name);
  }
});

test('H5 an answer that JSON cannot hold: the same problem document from all', async () => {
  for (const running of all) {
    const answer = await send(running.app.port, '/bigint', { headers: { 'x-correlation-id': 'c' } });
    assert.equal(answer.status, 500, running.name);
    assert.equal(answer.headers['content-type'], 'application/problem+json', running.name);
    assert.equal((JSON.parse(answer.body) as { correlationId: string }).correlationId, 'c', running.name);
    const got = await write(running.app.port, get('/bigint'));
    assert.match(got, /^HTTP\/1\.1 500 Internal Server Error\r\n/, running.name);
  }
});

test('H39 a second answer and an error after the answer: the first is whole, and the error is told', async () => {
  for (const running of all) {
    const { app, name, sink } = running;
    for (const path of ['/twice', '/after']) {
      sink.clear();
      assert.match(await write(app.port, get(path)), /\{"first":true\}/, `${name} ${path}`);
      while (running.edge.active > 0) await setImmediate();
      if (path === '/twice' || name === 'fastify' || name === 'hono') continue;
      // Before or after the end, by when the framework gives it on.
      const told = (await recordsOf(running)).filter((record) => record.endsWith('after the answer'));
      assert.equal(told.length, 1, name);
      assert.match(told[0]!, /^http\.request\.failed(?:_late)? /, name);
    }
  }
});

test('H1 fields that a guard gave are on its refusal, in every adapter', async () => {
  for (const { app, name } of all) {
    const answer = await send(app.port, '/ok', { headers: { authorization: 'Bearer x' } });
    assert.deepEqual([answer.status, answer.headers['www-authenticate']], [401, 'Bearer error="invalid_token"'], name);
  }
});

test('H1 an answer without content, as to a preflight, has no length', async () => {
  for (const { app, name } of all) {
    const { status, headers, body } = await send(app.port, '/empty', { method: 'OPTIONS' });
    const fields = [headers['content-length'], headers['transfer-encoding'], headers['access-control-allow-methods']];
    assert.deepEqual([status, body, ...fields], [204, '', undefined, undefined, 'POST'], name);
  }
});

test('H12 no spelling of a path goes around its limit', async () => {
  for (const { app, name } of all) {
    const statuses: string[] = [];
    for (const path of ['/limited', '/limited?a', '/LIMITED', '/limited/', '/%6cimited', '//limited', '/limited#a'])
      statuses.push((await write(app.port, get(path))).slice(9, 12));
    statuses.push((await write(app.port, get('http://other/limited'))).slice(9, 12));
    // Express, and NestJS with it, takes `\` for a slash here; Hono's server refuses it.
    if (name !== 'hono') statuses.push((await write(app.port, get('/limited\\#a'))).slice(9, 12));
    // Only Hono takes the steps, and so does its path.
    else statuses.push((await write(app.port, get('/a/../limited'))).slice(9, 12));
    assert.deepEqual(statuses, ['404', ...statuses.slice(1).map(() => '429')], name);
  }
});

test('H4 a client that leaves in the midst of its body is no failure of the service', async () => {
  for (const running of all) {
    const { app, edge, name, sink } = running;
    if (name === 'nest') continue;
    sink.clear();
    const head = `POST /upload HTTP/1.1\r\nhost: a\r\n${IDS}content-type: application/json\r\ncontent-length: 99\r\n\r\n{"a":`;
    await write(app.port, head, () => edge.active === 1);
    const records = await recordsOf(running);
    assert.equal(records.length, 1, name);
    assert.match(records[0]!, /^http\.request\.aborted /, name);
  }
});

test('H4 a client that leaves in the midst of the answer is no failure of the service, and is told once', async () => {
  for (const running of all) {
    const { app, name, sink } = running;
    sink.clear();
    const socket = connect(app.port, '127.0.0.1');
    socket.write(get('/endless'));
    await once(socket, 'data');
    socket.destroy();
    await recordsOf(running);
    // What follows from it in the framework has had its turn.
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    const records = await recordsOf(running);
    assert.equal(records.length, 1, `${name}: ${records.join(', ')}`);
    assert.match(records[0]!, /^http\.request\.aborted 200 /, name);
  }
});

test('H3 HEAD, other methods and strange requests have the ids and no 5xx', async () => {
  for (const { app, name } of all) {
    for (const [method, path, status] of [
      ['HEAD', '/ok', 200],
      ['HEAD', '/none', 404],
      ['POST', '/ok', 404],
      ['OPTIONS', '/ok', 404],
      ['DELETE', '/ok', 404],
      ['GET', '/a/../b', 404],
    ] as const) {
      const answer = await send(app.port, path, { method, headers: { 'x-correlation-id': 'c' } });
      // Express and NestJS answer OPTIONS of a known route by themselves.
      if (method !== 'OPTIONS') assert.equal(answer.status, status, `${name} ${method} ${path}`);
      assert.ok(answer.status < 500, `${name} ${method} ${path}`);
      assert.equal(answer.headers['x-correlation-id'], 'c', `${name} ${method} ${path}`);
      if (method === 'HEAD') assert.equal(answer.body, '', name);
      if (method !== 'HEAD' || status !== 404) continue;
      const { body } = await send(app.port, path, { headers: { 'x-correlation-id': 'c' } });
      assert.equal(answer.headers['content-length'], String(Buffer.byteLength(body)), name);
    }
    const upgrade = 'GET /ok HTTP/1.1\r\nhost: a\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n';
    assert.match(await write(app.port, upgrade), /^HTTP\/1\.1 200 /, name);
  }
});

test('H5 NestJS: an error that is not of HTTP, such as a resolver of GraphQL has, is left to others', () => {
  let filter: { catch(error: unknown, host: unknown): unknown } | undefined;
  const app = {
    use: () => app,
    useGlobalFilters: (given: typeof filter) => {
      filter = given;
    },
  };
  nestEdge(app as never, createTestEdge().edge);
  const error = new Error('of a resolver');
  assert.throws(
    () => filter!.catch(error, { getType: () => 'graphql' }),
    (thrown) => thrown === error,
  );
});

test('H5 Fastify: a URL that cannot be decoded is answered by the edge, where the app is told so', async () => {
  const { edge } = createTestEdge();
  const app = fastify({ frameworkErrors: fastifyFrameworkErrors(edge) });
  fastifyEdge(app, edge);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const answer = await send(port, '/%zz', { headers: { 'x-correlation-id': 'c' } });
  assert.deepEqual(
    [answer.status, answer.headers['content-type'], answer.headers['x-correlation-id']],
    [400, 'application/problem+json', 'c'],
  );
  await app.close();
});

test('H4 Fastify: a client that leaves a stream of the web that says nothing ends it', async () => {
  const { edge, sink } = createTestEdge();
  const app = fastify();
  fastifyEdge(app, edge);
  let ended = false;
  app.get('/', (_request, reply) =>
    reply.send(
      new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from('first')),
        cancel() {
          ended = true;
        },
      }),
    ),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(get('/'));
  await once(socket, 'data');
  socket.destroy();
  while (!ended) await setImmediate();
  const records = await recordsOf({ edge, sink });
  assert.equal(records.length, 1);
  assert.match(records[0]!, /^http\.request\.aborted 200 /);
  await app.close();
});

test('H1 H4 Fastify over HTTP/2: answered, refused and left, recorded as over HTTP/1.1', async () => {
  const { edge, sink } = createTestEdge();
  const app = fastify({ http2: true });
  fastifyEdge(app as never, edge);
  app.get('/ok', () => ({ ok: true }));
  app.get('/throws', () => {
    throw new Error('no');
  });
  app.get('/hangs', () => new Promise(() => {}));
  await app.listen({ port: 0, host: '127.0.0.1' });
  const session = connectHttp2(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
  const ask = async (path: string): Promise<unknown[]> => {
    const stream = session.request({ ':path': path, 'x-correlation-id': 'c' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    stream.resume();
    await once(stream, 'close');
    return [headers[':status'], headers['x-correlation-id']];
  };
  assert.deepEqual(await ask('/ok'), [200, 'c']);
  assert.deepEqual(await ask('/throws'), [500, 'c']);
  assert.deepEqual(await ask('/none'), [404, 'c']);
  const leaving = session.request({ ':path': '/hangs' });
  while (edge.active === 0) await setImmediate();
  leaving.close(8);
  while (edge.active > 0) await setImmediate();
  session.destroy();
  await app.close();
  const ends = sink.records().filter(({ eventName }) => eventName !== 'http.request.started');
  assert.deepEqual(
    ends.map(({ eventName }) => eventName),
    ['http.request.completed', 'http.request.failed', 'http.request.completed', 'http.request.aborted'],
  );
});

test('H11 a body far too large is refused, and the connection serves the next request', async () => {
  const { edge } = createTestEdge();
  const app = await apps['koa']!(edge);
  const bytes = 4_000_000;
  const upload = `POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: ${bytes}\r\n\r\n${'a'.repeat(bytes)}`;
  const got = await write(app.port, upload + get('/ok'));
  assert.deepEqual(
    [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]),
    ['413', '200'],
  );
  await app.close();
});
