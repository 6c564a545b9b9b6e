import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { withContext } from '@breakwater/log';
import { createRetry } from '@breakwater/resilience';
import { createUndiciInterceptor } from '@breakwater/resilience/undici';
import { Agent, type Dispatcher, interceptors, Pool, request, fetch as undiciFetch } from 'undici';
import { createPropagatingFetch } from './propagate.ts';
import { createPropagationInterceptor } from './undici.ts';

/** Two services: the listed one sends some requests on to the other. */
let listed: Server;
let other: Server;
const seen: { where: 'listed' | 'other'; path: string; headers: IncomingHttpHeaders }[] = [];
const NAMES = ['x-correlation-id', 'traceparent', 'tracestate', 'baggage', 'x-request-timeout-ms'];

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const urlOf = (server: Server, path: string): string => `http://127.0.0.1:${portOf(server)}${path}`;

async function serve(where: 'listed' | 'other'): Promise<Server> {
  let failures = 1;
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url ?? '';
    seen.push({ where, path, headers: incoming.headers });
    incoming.resume();
    if (path === '/away') outgoing.writeHead(302, { location: urlOf(other, '/caught') }).end();
    else if (path === '/here') outgoing.writeHead(307, { location: '/landed' }).end();
    else if (path === '/flaky' && failures-- > 0) outgoing.writeHead(503).end();
    else outgoing.end('ok');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

before(async () => {
  listed = await serve('listed');
  other = await serve('other');
});
after(() => {
  for (const server of [listed, other]) {
    server.closeAllConnections();
    server.close();
  }
});

const CONTEXT = {
  correlationId: 'c-1',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  traceFlags: 1,
  traceState: 'rojo=1',
  baggage: { tier: 'gold', secret: 'canary' },
};
const ALL = {
  'x-correlation-id': 'c-1',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  tracestate: 'rojo=1',
  baggage: 'tier=gold',
  'x-request-timeout-ms': undefined,
};

function told(index = -1): Record<string, string | undefined> {
  const { headers } = seen.at(index)!;
  return Object.fromEntries(NAMES.map((name) => [name, headers[name] as string | undefined]));
}

function interceptor(more: object = {}): Dispatcher.DispatcherComposeInterceptor {
  return createPropagationInterceptor({ hosts: [`127.0.0.1:${portOf(listed)}`], baggage: ['tier'], ...more });
}

async function ask(dispatcher: Dispatcher, url: string, options: object = {}): Promise<number> {
  const { statusCode, body } = await withContext(CONTEXT, () => request(url, { dispatcher, ...options }));
  await body.dump();
  return statusCode;
}

const NOTHING = Object.fromEntries(NAMES.map((name) => [name, undefined]));

test('H25 H36 H37 undici: listed hosts are told ids, state and allowed baggage, others nothing', async () => {
  const agent = new Agent().compose(interceptor());
  assert.equal(await ask(agent, urlOf(listed, '/a')), 200);
  assert.deepEqual(told(), ALL);
  assert.equal(await ask(agent, urlOf(other, '/a')), 200);
  assert.deepEqual(told(), NOTHING);
  const { body } = await request(urlOf(listed, '/a'), { dispatcher: agent });
  await body.dump();
  assert.deepEqual(told(), NOTHING);
  await agent.close();
});

test('H25 undici: fields of the caller stay, in every shape that headers may have', async () => {
  const agent = new Agent().compose(interceptor({ deadline: () => performance.now() + 5000 }));
  const shapes: unknown[] = [
    { 'X-Correlation-Id': 'mine', accept: ['a', 'b'], skip: undefined },
    ['X-Correlation-Id', 'mine', 'accept', 'a', 'accept', 'b'],
    new Map([
      ['X-Correlation-Id', 'mine'],
      ['accept', 'a, b'],
    ]),
  ];
  for (const headers of shapes) {
    await ask(agent, urlOf(listed, '/a'), { headers });
    const { 'x-request-timeout-ms': left, ...rest } = told();
    const { 'x-request-timeout-ms': _none, ...all } = ALL;
    assert.deepEqual(rest, { ...all, 'x-correlation-id': 'mine' });
    assert.ok(Number(left) > 3000);
    assert.equal(seen.at(-1)!.headers.accept, 'a, b');
  }
  // A trace of the caller's own is not given another's state.
  await ask(agent, urlOf(listed, '/a'), { headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } });
  assert.equal(told()['tracestate'], undefined);
  await agent.close();
});

test('H25 undici: no redirect takes the ids to another host, on whichever side of the redirects it is composed', async () => {
  const inner = new Agent().compose(interceptor(), interceptors.redirect({ maxRedirections: 3 }));
  assert.equal(await ask(inner, urlOf(listed, '/away')), 200);
  assert.deepEqual([seen.at(-2)!.where, seen.at(-1)!.where, seen.at(-1)!.path], ['listed', 'other', '/caught']);
  assert.deepEqual([told(-2), told(-1)], [ALL, NOTHING]);
  assert.equal(await ask(inner, urlOf(listed, '/here')), 200);
  assert.deepEqual([seen.at(-1)!.path, told(-1)], ['/landed', ALL]);

  const outer = new Agent().compose(interceptors.redirect({ maxRedirections: 3 }), interceptor());
  assert.equal(await ask(outer, urlOf(listed, '/away')), 302);
  assert.equal(await ask(outer, urlOf(listed, '/away'), { maxRedirections: 5 }), 302);
  assert.deepEqual([seen.at(-1)!.where, told(-1)], ['listed', ALL]);
  assert.equal(await ask(outer, urlOf(other, '/here')), 200);
  for (const agent of [inner, outer]) await agent.close();
});

test('H25 fetch over undici follows redirects hop by hop, and the other host is told nothing', async () => {
  const dispatcher = new Agent().compose(interceptor());
  const response = await withContext(CONTEXT, () => undiciFetch(urlOf(listed, '/away'), { dispatcher }));
  assert.equal(await response.text(), 'ok');
  assert.deepEqual([told(-2), told(-1)], [ALL, NOTHING]);
  await dispatcher.close();
});

test('H25 undici: with the policies around it each attempt is told; a Pool without origin is told nothing', async () => {
  const policy = createRetry({ maxAttempts: 2, backoff: () => 1 });
  const agent = new Agent().compose(interceptor(), createUndiciInterceptor({ policy }));
  assert.equal(await ask(agent, urlOf(listed, '/flaky')), 200);
  assert.deepEqual([told(-2), told(-1)], [ALL, ALL]);
  await agent.close();
  const pool = new Pool(urlOf(listed, ''));
  const direct = pool.compose(interceptor());
  const { body } = await withContext(CONTEXT, () => direct.request({ path: '/a', method: 'GET' }));
  await body.dump();
  assert.deepEqual(told(), NOTHING);
  await pool.close();
  assert.throws(() => createPropagationInterceptor({ hosts: ['http://a'] }), /Interceptor\.hosts\[0\]/);
  assert.throws(() => createPropagationInterceptor({ hosts: [], baggage: ['a b'] }), /Interceptor\.baggage\[0\]/);
  assert.throws(() => createPropagationInterceptor({ hosts: [], deadline: 5 as never }), /Interceptor\.deadline/);
});

test('H25 H36 H37 the same over the fetch of Node', async () => {
  const send = createPropagatingFetch({ hosts: [`127.0.0.1:${portOf(listed)}`], baggage: ['tier'] });
  await withContext(CONTEXT, () => send(urlOf(listed, '/a')).then((response) => response.text()));
  assert.deepEqual(told(), ALL);
  const stopped = await withContext(CONTEXT, () => send(urlOf(listed, '/away')));
  assert.equal(stopped.status, 302);
  assert.equal(seen.at(-1)!.where, 'listed');
  await withContext(CONTEXT, () => send(urlOf(other, '/a')).then((response) => response.text()));
  assert.deepEqual(told(), NOTHING);
});
