import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { createEdge } from '../edge.ts';
import { honoEdge } from './hono.ts';

test('H1 H3 a request that a handler dispatches has ids and an end of its own, and leaves the outer answer alone', async () => {
  const ended: unknown[] = [];
  const app = new Hono();
  honoEdge(
    app,
    createEdge({
      log: {
        log: (_level, _message, fields, event) => void (event === 'http.request.completed' && ended.push(fields)),
      },
    }),
  );
  app.get('/inner', (context) => context.text('inner'));
  app.get('/outer', async (context) => {
    const inner = await app.request('/inner', { headers: { 'x-correlation-id': 'inner' } }, context.env);
    return context.json({ correlation: inner.headers.get('x-correlation-id'), text: await inner.text() });
  });
  const server = createServer(getRequestListener(app.fetch)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/outer`;
    const answer = await fetch(url, { headers: { 'x-correlation-id': 'outer' } });
    assert.equal(answer.headers.get('x-correlation-id'), 'outer');
    assert.deepEqual(await answer.json(), { correlation: 'inner', text: 'inner' });
  } finally {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
  assert.deepEqual(
    ended.map((fields) => (fields as Record<string, unknown>)['url.path']),
    ['/inner', '/outer'],
  );
});

test('H3 an error before the edge has its turn is answered with ids all the same', async () => {
  const app = new Hono();
  app.use('*', () => {
    throw new Error('too early');
  });
  honoEdge(app, createEdge({ log: { log: () => undefined } }));
  const answer = await app.request('/', { headers: { 'x-correlation-id': 'c' } });
  assert.deepEqual([answer.status, answer.headers.get('x-correlation-id')], [500, 'c']);
  assert.match(answer.headers.get('traceparent') ?? '', /^00-/);
});

test("H5 H6 Hono's own exception keeps its status, and shows nothing of itself", async () => {
  const app = new Hono();
  honoEdge(app, createEdge({ log: { log: () => {} } }));
  app.get('/:status', (context) => {
    throw new HTTPException(Number(context.req.param('status')) as 400, { message: 'canary' });
  });
  for (const status of [400, 403, 408, 418, 429, 500, 501, 503, 511]) {
    const answer = await app.request(`/${status}`);
    assert.equal(answer.status, status);
    assert.ok(!(await answer.text()).includes('canary'));
  }
});
