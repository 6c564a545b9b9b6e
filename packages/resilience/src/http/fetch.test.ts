import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, createVirtualClock, type VirtualClock } from '@breakwater/testing';
import { createFetch, type FetchOptions, type GuardedFetch } from '../http.ts';
import {
  compose,
  createBreaker,
  createFallback,
  createHedge,
  createRetry,
  createTimeout,
  fixedBackoff,
  type Policy,
} from '../index.ts';

interface Sent {
  readonly at: number;
  readonly method: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  /** Its body was read to the end or cancelled. */
  readonly freed: () => boolean;
}

/** A `fetch` that answers by script: a status, a function, or an error. The last one repeats. */
function fake(clock: VirtualClock, ...answers: (number | Error | ((sent: Sent) => Promise<Response>))[]) {
  const sent: Sent[] = [];
  const fetch = async (_input: unknown, init: RequestInit = {}): Promise<Response> => {
    const answer = answers[Math.min(sent.length, answers.length - 1)]!;
    let freed = false;
    const one: Sent = {
      at: clock.now(),
      method: init.method ?? 'GET',
      headers: new Headers(init.headers),
      signal: init.signal ?? new AbortController().signal,
      freed: () => freed,
    };
    sent.push(one);
    if (answer instanceof Error) throw answer;
    if (typeof answer === 'function') return answer(one);
    const body = new ReadableStream(
      {
        pull: (controller) => {
          controller.enqueue(new TextEncoder().encode(`status ${answer}`));
          controller.close();
          freed = true;
        },
        cancel: () => {
          freed = true;
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status: answer, headers: answer === 503 ? { 'retry-after': '2' } : {} });
  };
  return { sent, fetch: fetch as unknown as typeof globalThis.fetch };
}

function make(
  clock: VirtualClock,
  inner: typeof globalThis.fetch,
  policy?: Policy,
  more: FetchOptions = {},
): GuardedFetch {
  return createFetch({ fetch: inner, policy, clock, ...more });
}

const retryOf = (clock: VirtualClock) =>
  createRetry({ clock, random: createRandom(1), backoff: fixedBackoff({ delayMs: 10, jitter: 'none' }) });
const url = 'http://api.test/orders';

test('FE1 repeats a failed GET, waits as long as Retry-After asks, and frees the connection of the response given up', async () => {
  const clock = createVirtualClock();
  const { sent, fetch } = fake(clock, 503, 200);
  const response = await clock.run(make(clock, fetch, retryOf(clock))(url));
  assert.deepEqual([response.status, sent.length], [200, 2]);
  assert.ok(sent[1]!.at >= 2000);
  assert.equal(sent[0]!.freed(), true);
  assert.equal(await response.text(), 'status 200');
});

test('FE2 a POST is not repeated, unless it has an idempotency key or certainly had no effect', async () => {
  const clock = createVirtualClock();
  const refused = Object.assign(new TypeError('fetch failed'), {
    cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  });
  const reset = Object.assign(new TypeError('fetch failed'), {
    cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
  });
  const attempts = async (answer: number | Error, init: RequestInit): Promise<number> => {
    const { sent, fetch } = fake(clock, answer, 200);
    await clock.run(make(clock, fetch, retryOf(clock))(url, init).catch(() => undefined));
    return sent.length;
  };
  assert.equal(await attempts(500, { method: 'POST' }), 1);
  assert.equal(await attempts(reset, { method: 'post' }), 1);
  assert.equal(await attempts(reset, { method: 'PATCH' }), 1);
  assert.equal(await attempts(refused, { method: 'POST' }), 2);
  assert.equal(await attempts(reset, { method: 'POST', headers: { 'Idempotency-Key': 'k' } }), 2);
  assert.equal(await attempts(reset, { method: 'PUT' }), 2);
});

test('FE3 a status is not an error to the caller: the last response comes out, with its body', async () => {
  const clock = createVirtualClock();
  const { sent, fetch } = fake(clock, 502);
  const response = await clock.run(make(clock, fetch, retryOf(clock))(url));
  assert.deepEqual([response.status, await response.text(), sent.length], [502, 'status 502', 3]);
  const missing = fake(clock, 404);
  assert.equal((await make(clock, missing.fetch, retryOf(clock))(url)).status, 404);
  assert.equal(missing.sent.length, 1);
});

test('FE4 failure statuses open a breaker, 404 does not; a refusal is an error', async () => {
  const clock = createVirtualClock();
  const breaker = createBreaker({ consecutiveFailures: 2, clock });
  const missing = make(clock, fake(clock, 404).fetch, breaker);
  for (let index = 0; index < 5; index++) await missing(url);
  assert.equal(breaker.state, 'closed');
  const broken = make(clock, fake(clock, 500).fetch, breaker);
  for (let index = 0; index < 2; index++) assert.equal((await broken(url)).status, 500);
  await assert.rejects(broken(url), { code: 'BREAKER_OPEN' });
});

test('FE5 no policy aborts the body after success, nor does its time limit; the caller still can', async () => {
  const clock = createVirtualClock();
  const { sent, fetch } = fake(clock, 200);
  const controller = new AbortController();
  const guarded = make(clock, fetch, compose(retryOf(clock), createTimeout({ timeoutMs: 50, clock })), { readMs: 60 });
  const response = await clock.run(guarded(url, { signal: controller.signal }));
  await clock.advance(10_000);
  assert.equal(sent[0]!.signal.aborted, false);
  assert.equal(await response.text(), 'status 200');
  controller.abort();
  assert.equal(sent[0]!.signal.aborted, true);
});

test('FE6 read limit: a silent server is a timeout of kind `read`, and the request is aborted', async () => {
  const clock = createVirtualClock();
  const { sent, fetch } = fake(clock, ({ signal }) => clock.sleep(1e6, { signal }) as Promise<never>);
  const call = make(clock, fetch, undefined, { readMs: 100 })(url);
  await assert.rejects(clock.run(call), { name: 'TimeoutError', kind: 'read', timeoutMs: 100 });
  assert.equal(sent[0]!.signal.aborted, true);
  assert.equal(clock.now(), 100);
  await clock.settle();
  assert.equal(clock.pendingTimers, 0);
});

test('FE7 idle limit: a body that stops coming fails with kind `idle`; a slow reader does not', async () => {
  const clock = createVirtualClock();
  let cancelled = false;
  const { fetch } = fake(clock, async () => {
    const body = new ReadableStream({
      async pull(controller) {
        await clock.sleep(count < 3 ? 80 : 1e6);
        count++;
        controller.enqueue(new Uint8Array([count]));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    let count = 0;
    return new Response(body);
  });
  const response = await make(clock, fetch, undefined, { idleMs: 100 })(url);
  const reader = response.body!.getReader();
  for (let index = 0; index < 3; index++) {
    assert.equal((await clock.run(reader.read())).done, false);
    await clock.advance(500);
  }
  await assert.rejects(clock.run(reader.read()), { name: 'TimeoutError', kind: 'idle' });
  assert.equal(cancelled, true);
});

test('FE8 the deadline goes along, shrinks, is not made later, and nothing is sent when it has passed', async () => {
  const clock = createVirtualClock();
  const { sent, fetch } = fake(clock, 500, 200);
  const guarded = make(clock, fetch, retryOf(clock));
  await clock.run(guarded(url, { call: { deadline: 300 } }));
  assert.deepEqual(
    sent.map(({ headers }) => headers.get('x-request-timeout-ms')),
    ['300', '290'],
  );
  await guarded(url, { headers: { 'x-request-timeout-ms': '50' }, call: { deadline: 300 } });
  assert.equal(sent[2]!.headers.get('x-request-timeout-ms'), '50');
  await clock.advance(1000);
  await assert.rejects(clock.run(guarded(url, { call: { deadline: 300 } })));
  assert.equal(sent.length, 3);
});

test('FE9 a streamed body is sent once, and the first failure comes out', async () => {
  const clock = createVirtualClock();
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const { sent, fetch } = fake(clock, refused, 200);
  const init = { method: 'PUT', body: new ReadableStream(), duplex: 'half' } as RequestInit;
  await assert.rejects(clock.run(make(clock, fetch, retryOf(clock))(url, init)), /ECONNREFUSED/);
  assert.equal(sent.length, 1);
});

test('FE10 the caller gives up: its own reason, no further attempt, nothing left behind', async () => {
  const clock = createVirtualClock();
  const { sent, fetch } = fake(clock, 503);
  const controller = new AbortController();
  const call = assert.rejects(make(clock, fetch, retryOf(clock))(url, { signal: controller.signal }), {
    message: 'enough',
  });
  await clock.advance(500);
  controller.abort(new Error('enough'));
  await call;
  await clock.advance(10_000);
  assert.deepEqual([sent.length, clock.pendingTimers, sent[0]!.freed()], [1, 0, true]);
  assert.throws(() => createFetch({ readMs: -1 }), /readMs.*-1/);
  assert.throws(() => createFetch({ policy: {} as never }), /policy/);
});

test('FE1 a response whose place another answer takes is given up, by a fallback or by a hedge', async () => {
  const clock = createVirtualClock();
  const given: string[] = [];
  const held = (name: string, afterMs: number, status: number) => async (): Promise<Response> => {
    await clock.sleep(afterMs);
    return new Response(new ReadableStream({ cancel: () => void given.push(name) }), { status });
  };
  const other = new Response('other');
  const fallback = createFallback({ clock, steps: [{ value: other }] });
  assert.equal(await clock.run(make(clock, fake(clock, held('fallback', 0, 503)).fetch, fallback)(url)), other);
  assert.deepEqual(given, ['fallback']);
  const hedge = createHedge({ clock, delayMs: 10, maxHedges: 2, budget: false });
  const { fetch } = fake(clock, held('first', 50, 503), held('second', 50, 500), held('third', 50, 200));
  assert.equal((await clock.run(make(clock, fetch, hedge)(url))).status, 200);
  assert.deepEqual(given, ['fallback', 'first', 'second']);
});

test('FE1 a response that a retry does not want, and one that comes when the request has ended, are given up', async () => {
  const clock = createVirtualClock();
  const given: string[] = [];
  const answer = (name: string, afterMs: number, status: number) => async (): Promise<Response> => {
    await clock.sleep(afterMs);
    return new Response(new ReadableStream({ cancel: () => void given.push(name) }), { status });
  };
  const wanted = (result: unknown): boolean => (result as Response).status === 404;
  const retry = createRetry({ clock, maxAttempts: 3, retryResult: wanted, backoff: fixedBackoff({ delayMs: 5 }) });
  const unwanted = fake(clock, answer('first', 1, 404), answer('second', 1, 404), answer('third', 1, 200));
  assert.equal((await clock.run(make(clock, unwanted.fetch, retry)(url))).status, 200);
  assert.deepEqual(given.splice(0), ['first', 'second']);
  const last = fake(clock, answer('first', 1, 404), answer('second', 1, 404), answer('third', 1, 404));
  assert.equal((await clock.run(make(clock, last.fetch, retry)(url))).status, 404);
  assert.deepEqual(given.splice(0), ['first', 'second']);
  // Deaf to its signal.
  const late = fake(clock, answer('late', 50, 200));
  const timeout = createTimeout({ timeoutMs: 10, clock });
  await assert.rejects(clock.run(make(clock, late.fetch, timeout)(url)), { code: 'TIMEOUT' });
  await clock.advance(50);
  assert.deepEqual(given, ['late']);
});

test('FE3 `null` is as good as no options', async () => {
  const clock = createVirtualClock();
  const { fetch } = fake(clock, 200);
  assert.equal((await make(clock, fetch)(url, null as never)).status, 200);
});

test('FE11 a failed response is free during the back-off; a long one comes out whole, read when it is wanted', async () => {
  const clock = createVirtualClock();
  const { sent, fetch } = fake(clock, 503, 200);
  const call = make(clock, fetch, retryOf(clock))(url);
  await clock.advance(1000);
  assert.deepEqual([sent.length, sent[0]!.freed()], [1, true]);
  assert.equal((await clock.run(call)).status, 200);
  let pulled = 0;
  const long = fake(clock, async () => {
    const body = new ReadableStream({
      pull: (controller) => {
        if (++pulled === 100) controller.close();
        else controller.enqueue(new Uint8Array(10_000));
      },
    });
    return new Response(body, { status: 500 });
  });
  const response = await make(clock, long.fetch)(url);
  await clock.settle();
  assert.ok(pulled < 10, `${pulled} chunks read ahead`);
  assert.equal((await response.arrayBuffer()).byteLength, 990_000);
});
