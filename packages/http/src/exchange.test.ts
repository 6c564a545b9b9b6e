import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { createBareEdge } from './conformance/test-exchange.ts';
import type { Answer } from './message.ts';
import { rateLimitGuard } from './rate-limit.ts';

/** As of a test runner that gives each file a realm of its own. */
const ForeignPromise = runInNewContext('Promise') as PromiseConstructor;

const answer: Answer = { status: 203, headers: {}, body: '' };

test('H41 the path is the one that is routed: of a whole URL, without query and fragment', () => {
  const pathOf = (target: string): string => createBareEdge().open(target).path;
  for (const target of [
    '/a',
    '/a?x=/b',
    '/a#b',
    '/a?x#b',
    'http://other:99/a',
    'HTTPS://u@other/a?x',
    'http://other/a#?',
  ])
    assert.equal(pathOf(target), '/a', target);
  assert.deepEqual(['http://other', 'http://other?x', '*', '//a', ''].map(pathOf), ['/', '/', '*', '//a', '/']);
});

test('H5 a classifier of the service’s own that throws does not leave a request without answer', async () => {
  const classify = (): never => {
    throw new Error('the classifier is at fault');
  };
  const { open } = createBareEdge({ classify });
  const told: string[] = [];
  const onWarning = (warning: Error): number => told.push(warning.message);
  process.on('warning', onWarning);
  for (let request = 0; request < 3; request++) {
    const { status } = open('/').fail(Object.assign(new Error('no'), { status: 404 }));
    assert.equal(status, 404);
  }
  await setImmediate();
  process.off('warning', onWarning);
  // Once, not for every request.
  assert.deepEqual(told, ['An option of createEdge failed: errors are answered without it']);
});

test('H4 a listener of the end that throws ends nothing else', async () => {
  const exchange = createBareEdge().open('/');
  let called = 0;
  exchange.onEnd(() => {
    throw new Error('from the listener');
  });
  exchange.onEnd(() => called++);
  const told = once(process, 'warning');
  exchange.end({ status: 200 });
  assert.equal(called, 1);
  assert.match(String((await told)[0]), /A listener of a request's end failed/);
});

test('H2 guards may return any promise, and null as well as nothing', async () => {
  const thenable = (value: unknown) => ForeignPromise.resolve(value) as never;
  const asked = (...guards: (() => never)[]) => createBareEdge({ guards }).open('/').guard();
  assert.equal(
    await asked(
      () => thenable(undefined),
      () => null as never,
      () => thenable(answer),
    ),
    answer,
  );
  assert.equal(
    asked(() => null as never),
    undefined,
  );
});

test('H39 errors after the head and after the end are told; those of a client that left are not', () => {
  const { open, said } = createBareEdge({ logStart: false });
  const late = open('/late');
  late.end({ status: 200 });
  const error = new Error('too late');
  late.fail(error);
  late.fail(error);
  const torn = open('/torn');
  torn.fail(error);
  torn.end({ status: 200, failed: true });
  torn.fail(error);
  const left = open('/left');
  const { signal } = left;
  left.end({ status: 200, aborted: true });
  left.fail(signal.reason);
  left.fail(Object.assign(new Error('x'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }));
  left.fail(new TypeError('a bug'));
  const failing = open('/failing');
  failing.fail(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  failing.end({ status: 500, aborted: true });
  assert.deepEqual(
    said.map(({ level, message, fields }) => [level, message, fields['url.path']]),
    [
      ['info', 'Request completed', '/late'],
      ['error', 'Request failed after its end', '/late'],
      ['error', 'Request failed', '/torn'],
      ['warn', 'Request aborted by the client', '/left'],
      ['error', 'Request failed after its end', '/left'],
      ['warn', 'Request aborted by the client', '/failing'],
    ],
  );
  assert.equal(said[1]!.fields['error'], error);
});

test('H7 an address that a proxy wrote with its port is one too', () => {
  const address = (field: string): string =>
    createBareEdge({ trustedHops: 1 }).open('/', { 'x-forwarded-for': field }).clientAddress;
  assert.deepEqual(
    ['1.2.3.4:5678', '[2001:db8::1]:443', '[2001:db8::1]', '2001:db8::1', '1.2.3.4:x', ':80'].map(address),
    ['1.2.3.4', '2001:db8::1', '2001:db8::1', '2001:db8::1', '10.0.0.9', '10.0.0.9'],
  );
});

test('H12 one client of IPv6 is one network, and IPv4 written as IPv6 is IPv4', async () => {
  const guard = rateLimitGuard([{ name: 'a', limit: 1, windowMs: 60_000 }]);
  const { open } = createBareEdge({ guards: [guard], trustedHops: 1 });
  const ask = async (field: string): Promise<number> =>
    (await open('/', { 'x-forwarded-for': field }).guard())?.status ?? 200;
  const statuses: Record<string, number> = {};
  for (const field of [
    '2001:db8:1:2::1',
    '2001:DB8:1:2:ffff::',
    '2001:0db8:0001:0002:3:4:5:6',
    '2001:db8:1:3::1',
    '1.2.3.4',
    '::ffff:1.2.3.4',
    '1.2.3.5',
    '::1',
    '::',
    '64:ff9b::1.2.3.4',
    '64:ff9b::9:1.2.3.5',
    '64:ff9b::1.2.3.6',
    '1.2.3.6',
    '::ffff:0102:0306',
    '64:FF9B:0:0:0:0:102:306',
    '2002:102:306::1',
    '2002:0102:0307:ffff::1',
    '2002:102:307:1::1',
    'fe80::1%eth0',
    'fe80::2%eth1',
  ])
    statuses[field] = await ask(field);
  assert.deepEqual(
    Object.values(statuses),
    [200, 429, 429, 200, 200, 429, 200, 200, 429, 429, 200, 200, 429, 429, 429, 429, 200, 429, 200, 429],
  );
});

test('H12 H14 limiters that throw or give a promise of their own kind', async () => {
  const told: unknown[] = [];
  const throwing = {
    take: (): never => {
      throw new Error('no socket');
    },
  };
  const decision = { allowed: false, limit: 1, windowMs: 1000, remaining: 0, resetMs: 1000, retryAfterMs: 1000 };
  const thenable = { take: () => ForeignPromise.resolve(decision) as never };
  const of = (limiter: { take(): never }, counts: 'requests' | 'failures') =>
    createBareEdge({
      guards: [
        rateLimitGuard([{ name: 'a', limit: 1, windowMs: 1, limiter, counts }], {
          onLimiterError: (error) => told.push(error),
        }),
      ],
    }).open('/');
  const exchange = of(throwing, 'failures');
  assert.equal(await exchange.guard(), undefined);
  exchange.end({ status: 500 });
  assert.equal(told.length, 1);
  assert.equal((await of(thenable, 'requests').guard())?.status, 429);
});

test('H12 a rule for a path holds for its spellings, of other scripts too, and for no other path', async () => {
  const ask = async (rule: string | RegExp, path: string): Promise<boolean> => {
    const guard = rateLimitGuard([{ name: 'a', for: rule, limit: 1, windowMs: 60_000 }]);
    const exchange = createBareEdge({ guards: [guard] }).open(path);
    await exchange.guard();
    return exchange.headers['ratelimit'] !== undefined;
  };
  for (const path of ['/caf%C3%A9', '/CAF%c3%89/', '/caf\u00e9', '//caf%C3%A9'])
    assert.equal(await ask('/caf\u00e9', path), true, path);
  for (const path of ['/login', '/%6cogin', '/lo%67in/', '/LOGIN?x', 'http://b/login#x'])
    assert.equal(await ask(/^\/login$/, path), true, path);
  assert.equal(await ask('/Login', '/login%2f'), true);
  assert.equal(await ask('/\u00c9', '/%C3%A9'), true);
  assert.equal(await ask(/^\/.+\/caf\u00e9$/, '/%ff/caf%C3%A9'), true);
  for (const path of ['/admin\\login', '/admin/login\\#x', '/admin%5clogin/'])
    assert.equal(await ask('/admin/login', path), true, path);
  for (const path of ['/loginx', '/%ff/login', '/login/x', '/%256cogin', '/', '//', '/%'])
    assert.equal(await ask('/login', path), false, path);
});
