import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { createRandom, createVirtualClock } from '@breakwater/testing';
import { Agent, type Dispatcher, request, fetch as undiciFetch } from 'undici';
import { createFetch } from '../http.ts';
import {
  compose,
  createBreaker,
  createBulkhead,
  createFallback,
  createHedge,
  createRetry,
  createTimeout,
  fixedBackoff,
} from '../index.ts';
import { createUndiciInterceptor, type UndiciOptions } from '../undici.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

async function withServer(
  answer: Answer,
  options: UndiciOptions,
  body: (origin: string, dispatcher: Dispatcher, count: () => number) => Promise<void>,
  connections = 1,
): Promise<void> {
  let count = 0;
  const server = createServer((incoming, response) => {
    incoming.resume();
    answer(incoming, response, ++count);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ connections });
  const dispatcher = agent.compose(createUndiciInterceptor(options));
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, dispatcher, () => count);
  } finally {
    await agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const retry = () => createRetry({ random: createRandom(1), backoff: fixedBackoff({ delayMs: 1, jitter: 'none' }) });
const flaky: Answer = (_request, response, count) => {
  response.statusCode = count < 3 ? 500 : 200;
  response.end(`answer ${count}`.padEnd(count < 3 ? 200_000 : 10, '.'));
};

test('U1 repeats behind `request` and `fetch`; the response held back leaves its connection free', async () => {
  await withServer(flaky, { policy: retry() }, async (origin, dispatcher, count) => {
    const { statusCode, body } = await request(origin, { dispatcher });
    assert.deepEqual([statusCode, await body.text(), count()], [200, 'answer 3..', 3]);
  });
  await withServer(flaky, { policy: retry() }, async (origin, dispatcher, count) => {
    const response = await undiciFetch(origin, { dispatcher });
    assert.deepEqual([response.status, await response.text(), count()], [200, 'answer 3..', 3]);
  });
});

test('U2 when no attempt is left the last response is delivered whole', async () => {
  const answer: Answer = (_request, response, count) => {
    response.statusCode = 503;
    response.end(`${count}`.repeat(300_000));
  };
  await withServer(answer, { policy: retry() }, async (origin, dispatcher, count) => {
    const { statusCode, body } = await request(origin, { dispatcher });
    assert.equal(statusCode, 503);
    assert.equal(await body.text(), '3'.repeat(300_000));
    assert.equal(count(), 3);
  });
});

test('U3 a POST is sent once; with an idempotency key it is repeated, with its body', async () => {
  const bodies: string[] = [];
  const answer: Answer = (incoming, response, count) => {
    incoming.on('data', (chunk) => bodies.push(String(chunk)));
    incoming.on('end', () => {
      response.statusCode = count % 2 === 1 ? 500 : 200;
      response.end();
    });
  };
  await withServer(answer, { policy: retry() }, async (origin, dispatcher, count) => {
    const post = (headers: Record<string, string>) =>
      request(origin, { dispatcher, method: 'POST', body: 'order', headers });
    const first = await post({});
    await first.body.dump();
    assert.deepEqual([first.statusCode, count()], [500, 1]);
    await (await post({})).body.dump();
    const keyed = await post({ 'idempotency-key': 'k' });
    await keyed.body.dump();
    assert.deepEqual([keyed.statusCode, count()], [200, 4]);
    assert.deepEqual(bodies, Array(4).fill('order'));
  });
});

test('U3 a body that is a stream or a generator is used up by the first attempt: its response comes out', async () => {
  await withServer(flaky, { policy: retry() }, async (origin, dispatcher, count) => {
    function* chunks(): Generator<string> {
      yield 'order';
    }
    const put = (body: unknown) => request(origin, { dispatcher, method: 'PUT', body: body as never });
    const response = await put(chunks());
    assert.deepEqual([response.statusCode, (await response.body.text()).length, count()], [500, 200_000, 1]);
    const streamed = await put(Readable.from(chunks()));
    await streamed.body.dump();
    assert.deepEqual([streamed.statusCode, count()], [500, 2]);
    const list = await put([Buffer.from('order')]);
    await list.body.dump();
    assert.deepEqual([list.statusCode, count()], [200, 3]);
  });
});

test('U6 D2 a deadline that the request says itself is not made later, however its fields are given', async () => {
  const seen: unknown[] = [];
  const answer: Answer = (incoming, response) => {
    seen.push(incoming.headers['x-request-timeout-ms'], incoming.headers['x-other']);
    response.end();
  };
  const callOf = () => ({ deadline: performance.now() + 60_000 });
  await withServer(answer, { callOf }, async (origin, dispatcher) => {
    const fields = { 'X-Request-Timeout-Ms': '100', 'x-other': 'a' };
    for (const headers of [fields, Object.entries(fields).flat(), new Map(Object.entries(fields))]) {
      await (await request(origin, { dispatcher, headers })).body.dump();
    }
    assert.deepEqual(seen, Array(3).fill(['100', 'a']).flat());
  });
});

test('U8 a policy that has another answer than a response fails the request, instead of never ending it', async () => {
  const policy = createFallback({ steps: [{ value: 'something else' }] });
  await withServer(flaky, { policy }, async (origin, dispatcher) => {
    await assert.rejects(request(origin, { dispatcher }), /another answer than a response of undici/);
  });
});

test('U4 connect, read and idle limits, each named', async () => {
  const hang: Answer = (incoming, response) => {
    if (incoming.url === '/head') return;
    response.write('begun');
  };
  await withServer(hang, { readMs: 80, idleMs: 80 }, async (origin, dispatcher) => {
    await assert.rejects(request(`${origin}/head`, { dispatcher }), { name: 'TimeoutError', kind: 'read' });
    const { body } = await request(`${origin}/body`, { dispatcher });
    await assert.rejects(body.text(), { name: 'TimeoutError', kind: 'idle' });
  });
  // One connection, which the first request keeps: the second never gets one.
  await withServer(hang, { connectMs: 80 }, async (origin, dispatcher) => {
    const first = request(`${origin}/head`, { dispatcher });
    const ended = assert.rejects(first);
    await assert.rejects(request(`${origin}/head`, { dispatcher }), { name: 'TimeoutError', kind: 'connect' });
    await dispatcher.destroy();
    await ended;
  });
});

test('U5 a streamed body outlives the limits of the policies; a bulkhead slot is free at the head', async () => {
  const answer: Answer = (_request, response) => {
    response.write('a');
    setTimeout(() => response.end('b'), 300);
  };
  const bulkhead = createBulkhead({ maxConcurrent: 1 });
  const policy = compose(bulkhead, createTimeout({ timeoutMs: 100 }));
  await withServer(answer, { policy }, async (origin, dispatcher) => {
    const { body } = await request(origin, { dispatcher });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(bulkhead.active, 0);
    assert.equal(await body.text(), 'ab');
    const viaFetch = createFetch({ policy: createTimeout({ timeoutMs: 100 }), idleMs: 5000 });
    assert.equal(await (await viaFetch(origin)).text(), 'ab');
  });
});

test('U6 an open breaker refuses before anything is sent; the caller can abort; the deadline goes along', async () => {
  const breaker = createBreaker({ consecutiveFailures: 1 });
  await withServer(flaky, { policy: breaker }, async (origin, dispatcher, count) => {
    await (await request(origin, { dispatcher })).body.dump();
    await assert.rejects(request(origin, { dispatcher }), { code: 'BREAKER_OPEN' });
    assert.equal(count(), 1);
  });
  const seen: (string | undefined)[] = [];
  const hang: Answer = (incoming) => void seen.push(incoming.headers['x-request-timeout-ms'] as string | undefined);
  const callOf = () => ({ deadline: performance.now() + 5000 });
  await withServer(
    hang,
    { policy: createTimeout({ timeoutMs: 60_000 }), callOf },
    async (origin, dispatcher, count) => {
      const controller = new AbortController();
      const call = assert.rejects(request(origin, { dispatcher, signal: controller.signal }), { name: 'AbortError' });
      while (count() === 0) await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      await call;
      assert.ok(Number(seen[0]) > 1000 && Number(seen[0]) <= 5000, String(seen));
    },
  );
});

test('U7 a failed response of usual size keeps no connection during the back-off', async () => {
  const backoff = fixedBackoff({ delayMs: 60_000, jitter: 'none' });
  const answer: Answer = (incoming, response) => {
    response.statusCode = incoming.url === '/fails' ? 500 : 200;
    response.end('x'.repeat(1000));
  };
  await withServer(answer, { policy: createRetry({ backoff }) }, async (origin, dispatcher) => {
    const controller = new AbortController();
    const waiting = assert.rejects(request(`${origin}/fails`, { dispatcher, signal: controller.signal }), {
      name: 'AbortError',
    });
    const { statusCode, body } = await request(`${origin}/works`, { dispatcher });
    assert.deepEqual([statusCode, (await body.text()).length], [200, 1000]);
    controller.abort();
    await waiting;
  });
});

test('U8 what undici refuses to send at all is an error to the caller, and leaves no timer', async () => {
  const agent = new Agent();
  const dispatcher = agent.compose(createUndiciInterceptor({ policy: retry(), connectMs: 60_000 }));
  const failed = new Promise<Error>((resolve) => {
    dispatcher.dispatch(
      { origin: 'http://127.0.0.1:1', path: 'no slash', method: 'GET' },
      { onResponseError: (_controller, error) => resolve(error), onRequestStart: () => undefined },
    );
  });
  assert.match(String(await failed), /path must be/);
  await agent.close();
});

/** Waits for what happens on the other side of a socket. */
async function until(done: () => boolean): Promise<void> {
  for (const from = performance.now(); !done(); ) {
    assert.ok(performance.now() - from < 5000, 'waited 5 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const hedge = () => createHedge({ delayMs: 20, maxHedges: 1 });

test('U9 who gives up a hedged request gives up all of its calls, by a signal or through undici', async () => {
  let closed = 0;
  const hang: Answer = (_incoming, response) => response.on('close', () => closed++);
  const body = async (origin: string, dispatcher: Dispatcher, count: () => number): Promise<void> => {
    // Of a fetch, and of a signal that is an emitter, the interceptor learns by the controller of the handler only.
    const controller = new AbortController();
    const emitter = new EventEmitter();
    const calls: [call: Promise<unknown>, abort: () => void][] = [
      [undiciFetch(origin, { dispatcher, signal: controller.signal }), () => controller.abort()],
      [request(origin, { dispatcher, signal: emitter }), () => emitter.emit('abort')],
    ];
    for (const [call] of calls) call.catch(() => undefined);
    await until(() => count() === 4);
    for (const [, abort] of calls) abort();
    for (const [call] of calls) await assert.rejects(call, { name: 'AbortError' });
    await until(() => closed === 4);
  };
  await withServer(hang, { policy: hedge() }, body, 4);
});

test('U9 a fetch that is given up during the back-off is not tried again', async () => {
  const clock = createVirtualClock();
  const policy = createRetry({ clock, backoff: fixedBackoff({ delayMs: 1000 }) });
  let scheduled = false;
  policy.on(() => {
    scheduled = true;
  });
  await withServer(flaky, { policy, clock }, async (origin, dispatcher, count) => {
    const controller = new AbortController();
    const call = undiciFetch(origin, { dispatcher, signal: controller.signal });
    call.catch(() => undefined);
    await until(() => scheduled);
    controller.abort();
    await assert.rejects(call, { name: 'AbortError' });
    await clock.settle();
    assert.deepEqual([clock.pendingTimers, count()], [0, 1]);
  });
});

test('U9 of several calls under way the first good response is the answer, else the last of a failure', async () => {
  const closed: boolean[] = [];
  const answer: Answer = (incoming, response, count) => {
    const isFirst = count % 2 === 1;
    const isGood = incoming.url === '/good' && !isFirst;
    response.on('close', () => closed.push(response.writableFinished));
    response.statusCode = isGood ? 200 : 503;
    // Too long for what a socket keeps: it ends only when somebody reads it, or gives it up.
    const text = isGood ? 'good' : `${count}`.repeat(20_000_000);
    // The failures come while both calls are under way, and the first call fails last where both do.
    setTimeout(() => response.end(text), isFirst ? (incoming.url === '/good' ? 60 : 120) : 80);
  };
  const body = async (origin: string, dispatcher: Dispatcher): Promise<void> => {
    const good = await request(`${origin}/good`, { dispatcher });
    assert.deepEqual([good.statusCode, await good.body.text()], [200, 'good']);
    await until(() => closed.length === 2);
    assert.deepEqual(closed.sort(), [false, true], 'the failed response was given up');
    const bad = await request(`${origin}/bad`, { dispatcher });
    const text = await bad.body.text();
    assert.deepEqual([bad.statusCode, text.length, new Set(text)], [503, 20_000_000, new Set('3')]);
    await until(() => closed.length === 4);
  };
  await withServer(answer, { policy: hedge() }, body, 2);
});

test('U9 a stream is not sent twice at the same time', async () => {
  let received = '';
  const answer: Answer = (incoming, response) => {
    incoming.on('data', (chunk) => {
      received += chunk;
    });
    incoming.on('end', () => setTimeout(() => response.end(received), 60));
  };
  async function* slowly(): AsyncGenerator<string> {
    for (const chunk of ['a', 'b', 'c']) {
      yield chunk;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const policy = hedge();
  let hedges = 0;
  policy.on((event) => {
    if (event.type === 'hedge.started') hedges++;
  });
  const body = async (origin: string, dispatcher: Dispatcher, count: () => number): Promise<void> => {
    const { body } = await request(origin, { dispatcher, method: 'PUT', body: Readable.from(slowly()) });
    assert.deepEqual([await body.text(), count(), hedges], ['abc', 1, 1]);
    received = '';
    const viaFetch = createFetch({ policy });
    const response = await viaFetch(origin, { method: 'PUT', body: slowly() as never, duplex: 'half' } as RequestInit);
    assert.deepEqual([await response.text(), count(), hedges], ['abc', 2, 2]);
  };
  await withServer(answer, { policy }, body, 2);
});

test('U9 the controller of a handler pauses the answer and gives up the request', async () => {
  const answer: Answer = (incoming, response, count) => {
    response.statusCode = incoming.url === '/flaky' && count % 2 === 0 ? 503 : 200;
    response.end('body');
  };
  await withServer(answer, { policy: retry() }, async (origin, dispatcher) => {
    for (const path of ['/ok', '/flaky']) {
      const told: string[] = [];
      const ended = Promise.withResolvers<void>();
      let controller: Dispatcher.DispatchController | undefined;
      dispatcher.dispatch(
        { origin, path, method: 'GET' },
        {
          onRequestStart: (given) => {
            told.push('start');
            controller = given;
            given.pause();
          },
          onResponseStart: (_controller, status) => void told.push(`${status}`),
          onResponseData: (_controller, chunk) => void told.push(String(chunk)),
          onResponseEnd: () => ended.resolve(),
          onResponseError: (_controller, error) => ended.reject(error),
        },
      );
      await until(() => told.length > 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual([told, controller!.paused], [['start', '200'], true]);
      controller!.resume();
      await ended.promise;
      assert.deepEqual([told, controller!.paused, controller!.aborted], [['start', '200', 'body'], false, false]);
    }
    const failed = Promise.withResolvers<Error>();
    dispatcher.dispatch(
      { origin, path: '/ok', method: 'GET' },
      {
        onRequestStart: (controller) => controller.abort(new Error('not wanted')),
        onResponseError: (controller, error) => {
          assert.deepEqual([controller.aborted, controller.reason], [true, error]);
          failed.resolve(error);
        },
      },
    );
    assert.match((await failed.promise).message, /not wanted/);
  });
});
