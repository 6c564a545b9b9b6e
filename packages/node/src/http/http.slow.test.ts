import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, Server as HttpServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { currentContext, type LogContext } from '@breakwater/log';
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { suppressTracing, W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import fastify from 'fastify';
import { observeClients } from './client.ts';
import { observeServers } from './server.ts';

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
const emitBefore = Object.getOwnPropertyDescriptor(HttpServer.prototype, 'emit');
let undo: (() => void)[] = [];
const cleanUps: (() => unknown)[] = [];

before(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  undo = [observeServers({ trustRemoteTrace: true }), observeClients({ propagateTo: ['127.0.0.1'] })];
});
after(() => {
  for (const step of undo) step();
});
afterEach(async () => {
  for (const clean of cleanUps.splice(0).reverse()) await clean();
  exporter.reset();
});

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Waits for the spans of that kind: a server span ends with the response, a turn after the client has it. */
async function spansOf(kind: SpanKind, count = 1): Promise<ReadableSpan[]> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const spans = exporter.getFinishedSpans().filter((span) => span.kind === kind);
    if (spans.length >= count) return spans;
    if (performance.now() > deadline) assert.fail(`${spans.length} of ${count} spans came`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('server spans (R20)', () => {
  test('name and route come from Fastify, the error from its handler', async () => {
    const app = fastify();
    app.get('/orders/:id', () => {
      throw Object.assign(new Error('no'), { code: 'ORDER_BROKEN' });
    });
    cleanUps.push(() => app.close());
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    await (await fetch(`${url}/orders/7?token=secret`)).text();
    const [span] = await spansOf(SpanKind.SERVER);
    assert.equal(span!.name, 'GET /orders/:id');
    const { attributes } = span!;
    assert.deepEqual(
      [
        attributes['http.route'],
        attributes['url.path'],
        attributes['http.response.status_code'],
        attributes['error.type'],
      ],
      ['/orders/:id', '/orders/7', 500, 'ORDER_BROKEN'],
    );
    assert.equal(span!.status.code, SpanStatusCode.ERROR);
    assert.equal(span!.events[0]?.name, 'exception');
    assert.ok(!JSON.stringify(attributes).includes('secret'));
  });

  test('a request its client gives up ends as aborted', async () => {
    let waiting: ServerResponse | undefined;
    const arrived = Promise.withResolvers<void>();
    const url = await listen(
      createServer((_request, response) => {
        waiting = response;
        arrived.resolve();
      }),
    );
    const abort = new AbortController();
    const call = fetch(url, { signal: abort.signal });
    await arrived.promise;
    abort.abort();
    await assert.rejects(call);
    const [span] = await spansOf(SpanKind.SERVER);
    assert.equal(span!.attributes['error.type'], 'aborted');
    assert.equal(span!.attributes['http.response.status_code'], undefined);
    assert.equal(waiting?.writableFinished, false);
    const [client] = await spansOf(SpanKind.CLIENT);
    assert.equal(client!.status.code, SpanStatusCode.ERROR);
  });

  test('an unknown method becomes _OTHER, so that metrics stay few', async () => {
    const url = await listen(createServer((_request, response) => response.end()));
    const { hostname, port } = new URL(url);
    get({ hostname, port, method: 'PROPFIND' }).end();
    const [span] = await spansOf(SpanKind.SERVER);
    assert.equal(span!.name, 'HTTP');
    assert.deepEqual(
      [span!.attributes['http.request.method'], span!.attributes['http.request.method_original']],
      ['_OTHER', 'PROPFIND'],
    );
  });

  test('the context of a request ends with it: three in one chunk of one socket have one each (R22)', async () => {
    const seen: (LogContext | undefined)[] = [];
    const around: (LogContext | undefined)[] = [];
    const server = createServer((_request, response) => {
      seen.push(currentContext());
      response.end();
    });
    server.on('connection', (socket) => {
      around.push(currentContext());
      socket.on('data', () => around.push(currentContext()));
    });
    const url = await listen(server);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const request = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
    socket.end(request.repeat(3)).resume();
    await once(socket, 'close');
    assert.equal(seen.length, 3);
    assert.equal(new Set(seen.map((values) => values?.traceId)).size, 3);
    assert.equal(new Set(seen.map((values) => values?.correlationId)).size, 3);
    assert.ok(around.length >= 1);
    assert.ok(around.every((values) => values === undefined));
    assert.equal(currentContext(), undefined);
  });

  test('what reads the headers behind it comes to the same ids (R22)', async () => {
    let headers: Record<string, unknown> = {};
    let active: Span | undefined;
    const url = await listen(
      createServer((request, response) => {
        headers = { ...request.headers };
        active = trace.getActiveSpan();
        response.end();
      }),
    );
    const response = await fetch(url);
    const { traceId, spanId } = active!.spanContext();
    assert.equal(headers['traceparent'], `00-${traceId}-${spanId}-01`);
    assert.equal(headers['x-correlation-id'], response.headers.get('x-correlation-id'));
  });
});

describe('client spans (R21)', () => {
  const echo = (): Promise<string> =>
    listen(createServer((request, response) => response.end(JSON.stringify(request.rawHeaders))));

  test('fetch and node:http both continue the trace, and leave a header that is there', async () => {
    const url = await echo();
    const tracer = trace.getTracer('test');
    await tracer.startActiveSpan('outer', async (outer) => {
      const { traceId } = outer.spanContext();
      const fetched = await (await fetch(url)).text();
      const own = await (await fetch(url, { headers: { traceparent: 'mine' } })).text();
      const got = await new Promise<string>((resolve, reject) => {
        get(url, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => resolve(text));
        }).on('error', reject);
      });
      assert.ok(fetched.includes(`00-${traceId}-`));
      assert.ok(got.includes(`00-${traceId}-`));
      assert.ok(own.includes('mine') && !own.includes(traceId));
      outer.end();
    });
    const spans = await spansOf(SpanKind.CLIENT, 3);
    assert.ok(spans.every((span) => span.attributes['http.response.status_code'] === 200));
  });

  test('the host that is connected to decides, not a path or a header that names a listed one', async () => {
    const url = await echo();
    const port = Number(new URL(url).port);
    const sent = (options: object): Promise<string> =>
      new Promise((resolve, reject) => {
        get({ port, ...options }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => resolve(text));
        }).on('error', reject);
      });
    const toOthers = [
      await (await fetch(`http://localhost:${port}//127.0.0.1/x`)).text(),
      await sent({ host: 'localhost', path: '//127.0.0.1/x' }),
      await sent({ host: 'localhost', headers: { host: '127.0.0.1' } }),
      await sent({ host: 'localhost', path: `http://127.0.0.1:${port}/x` }),
      await sent({ host: '127.0.0.1', path: `http://localhost:${port}/x?token=secret` }),
    ];
    for (const seen of toOthers) assert.ok(!seen.includes('traceparent'), seen);
    assert.match(await sent({ host: '127.0.0.1', headers: { host: 'elsewhere' } }), /traceparent/);
    const spans = await spansOf(SpanKind.CLIENT, 6);
    assert.deepEqual(
      spans.map(({ attributes }) => [attributes['server.address'], attributes['server.port'], attributes['url.full']]),
      [
        ['localhost', port, `http://localhost:${port}//127.0.0.1/x`],
        ['localhost', port, `http://localhost:${port}//127.0.0.1/x`],
        ['localhost', undefined, 'http://localhost/'],
        ['localhost', port, `http://127.0.0.1:${port}/x`],
        ['127.0.0.1', port, `http://localhost:${port}/x`],
        ['127.0.0.1', undefined, 'http://127.0.0.1/'],
      ],
    );
  });

  test('a host that is listed with the usual port of its scheme is found', async () => {
    for (const step of undo.splice(1)) step();
    undo.push(observeClients({ propagateTo: ['api.example:80'] }));
    const asked = (host: string, port: number | undefined): boolean => {
      // Never connects, so nothing is asked of a network.
      const request = get({ host, port, createConnection: () => new Socket() }).on('error', () => {});
      const told = request.hasHeader('traceparent');
      request.destroy();
      return told;
    };
    assert.deepEqual(
      [asked('api.example', undefined), asked('api.example', 80), asked('api.example', 81)],
      [true, true, false],
    );
    for (const step of undo.splice(1)) step();
    undo.push(observeClients({ propagateTo: ['127.0.0.1'] }));
  });

  test('a connection that is refused is an error with the system code as type', async () => {
    const url = await echo();
    for (const clean of cleanUps.splice(0)) await clean();
    await assert.rejects(fetch(url));
    await once(get(url), 'error');
    const spans = await spansOf(SpanKind.CLIENT, 2);
    assert.deepEqual(
      spans.map((span) => span.attributes['error.type']),
      ['ECONNREFUSED', 'ECONNREFUSED'],
    );
  });

  test('nothing is reported where tracing is suppressed', async () => {
    const url = await echo();
    await context.with(suppressTracing(context.active()), async () => (await fetch(url)).text());
    await spansOf(SpanKind.SERVER);
    assert.equal(exporter.getFinishedSpans().filter((span) => span.kind === SpanKind.CLIENT).length, 0);
  });
});

describe('what a caller says of a trace (R22)', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const told = { traceparent, tracestate: 'v=1', baggage: 'tier=gold' };
  const seenBy = async (headers: Record<string, string>): Promise<(string | undefined)[]> => {
    let seen: (string | undefined)[] = [];
    const url = await listen(
      createServer((request, response) => {
        seen = ['tracestate', 'baggage'].map((name) => request.headers[name] as string | undefined);
        response.end();
      }),
    );
    await (await fetch(url, { headers })).text();
    return seen;
  };

  test('is left for handlers where the trace is continued, and not else', async () => {
    assert.deepEqual(await seenBy(told), ['v=1', 'tier=gold']);
    assert.deepEqual(await seenBy({ ...told, traceparent: 'nonsense' }), [undefined, 'tier=gold']);
    const trusting = undo;
    for (const step of trusting) step();
    undo = [observeServers({ trustRemoteTrace: false })];
    assert.deepEqual(await seenBy(told), [undefined, undefined]);
  });
});

test('the way back leaves the prototypes as they were (R24)', () => {
  for (const step of undo.splice(0)) step();
  assert.deepEqual(Object.getOwnPropertyDescriptor(HttpServer.prototype, 'emit'), emitBefore);
});
