import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBareEdge } from '../conformance/test-exchange.ts';
import { type Answer, jsonAnswer } from '../message.ts';
import { toFingerprint } from './fingerprint.ts';
import { createIdempotency } from './idempotency.ts';
import { memoryIdempotencyStore } from './memory-store.ts';

const { open } = createBareEdge({ logStart: false });

async function codeOf(work: Promise<Answer>): Promise<string> {
  return work.then(
    (answer) => `${answer.status}${answer.headers['idempotency-replayed'] === 'true' ? ' replayed' : ''}`,
    (error) => {
      const answer = open('/').fail(error);
      return `${answer.status} ${(JSON.parse(answer.body) as { code: string }).code}`;
    },
  );
}

test('H20 once per key: replayed, refused while under way, refused with other content, kept apart by client', async () => {
  let client = 'a';
  const idempotent = createIdempotency({ store: memoryIdempotencyStore(), clientOf: () => client });
  let runs = 0;
  let finish: (answer: Answer) => void = () => {};
  const ask = (body: unknown, key: string | undefined = '"k-1"'): Promise<string> =>
    codeOf(
      idempotent(open('/pay', key === undefined ? {} : { 'idempotency-key': key }, 'POST'), body, () => {
        runs++;
        return new Promise((resolve) => {
          finish = resolve;
        });
      }),
    );
  const first = ask({ a: 1, b: 2 });
  assert.equal(await ask({ b: 2, a: 1 }), '409 IDEMPOTENCY_CONFLICT');
  assert.equal(await ask({ a: 2 }), '422 IDEMPOTENCY_KEY_REUSED');
  finish(jsonAnswer(201, { id: 7 }));
  assert.equal(await first, '201');
  assert.equal(await ask({ b: 2, a: 1 }), '201 replayed');
  assert.equal(await ask({ b: 2, a: 1 }, 'k-1'), '201 replayed');
  assert.equal(runs, 1);
  client = 'b';
  const other = ask({ a: 9 });
  finish(jsonAnswer(201, {}));
  assert.equal(await other, '201');
  assert.equal(runs, 2);
});

test('H20 keys: none, empty, too long, with control characters or several values are refused', async () => {
  const idempotent = createIdempotency({ store: memoryIdempotencyStore() });
  const ask = (headers: Record<string, string>): Promise<string> =>
    codeOf(idempotent(open('/pay', headers, 'POST'), {}, async () => jsonAnswer(200, {})));
  assert.equal(await ask({}), '400 IDEMPOTENCY_KEY_MISSING');
  for (const key of ['', '""', 'a'.repeat(256), 'a\u0001', 'a, b', '"a', 'é'])
    assert.equal(await ask({ 'idempotency-key': key }), '400 IDEMPOTENCY_KEY_INVALID', key);
  const lax = createIdempotency({ store: memoryIdempotencyStore(), required: false });
  for (let index = 0; index < 2; index++)
    assert.equal(await codeOf(lax(open('/pay', {}, 'POST'), {}, async () => jsonAnswer(200, {}))), '200');
});

test('H21 work that threw: runs again when nothing happened, else the outcome is unknown', async () => {
  for (const onUnknown of ['refuse', 'rerun'] as const) {
    const idempotent = createIdempotency({ store: memoryIdempotencyStore(), onUnknown });
    let error: unknown = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' });
    const ask = (): Promise<string> =>
      codeOf(
        idempotent(open('/pay', { 'idempotency-key': 'k' }, 'POST'), {}, async () => {
          if (error !== undefined) throw error;
          return jsonAnswer(200, {});
        }),
      );
    assert.match(await ask(), /^503/);
    error = Object.assign(new Error('reset'), { code: 'ECONNRESET', syscall: 'read' });
    assert.match(await ask(), /^50[234]/);
    error = undefined;
    assert.equal(await ask(), onUnknown === 'refuse' ? '409 IDEMPOTENCY_OUTCOME_UNKNOWN' : '200');
  }
});

test('H22 the memory store forgets the oldest answers, never what is under way, and everything after its time', async () => {
  let time = 0;
  const store = memoryIdempotencyStore({ maxKeys: 2, now: () => time });
  const entry = { fingerprint: 'f', ttlMs: 100, leaseMs: 100, onUnknown: 'refuse' } as const;
  const done = async (): Promise<Answer> => jsonAnswer(200, {});
  const state = async (key: string): Promise<string> => {
    const result = await store.execute({ ...entry, key }, done);
    return result.state === 'done' ? String(result.replayed) : result.state;
  };
  let finish: (answer: Answer) => void = () => {};
  const work = (): Promise<Answer> =>
    new Promise((resolve) => {
      finish = resolve;
    });
  const slow = store.execute({ ...entry, key: 'slow' }, work);
  assert.deepEqual(
    [await state('a'), await state('b'), await state('b'), await state('slow')],
    ['false', 'false', 'true', 'busy'],
  );
  finish(jsonAnswer(200, {}));
  await slow;
  time = 101;
  assert.equal(await state('b'), 'false');
});

test('H20 fingerprints: order of names does not matter, everything else does', () => {
  const of = (body: unknown, target = '/a', method = 'POST'): string => toFingerprint(method, target, body);
  assert.equal(of({ a: { x: 1, y: [1, 2] }, b: 2 }), of({ b: 2, a: { y: [1, 2], x: 1 } }));
  const all = [
    of({ a: 1 }),
    of({ a: '1' }),
    of('{"a":1}'),
    of(Buffer.from('{"a":1}')),
    of({ a: 1 }, '/b'),
    of({ a: 1 }, '/a', 'PUT'),
    of([1, 2]),
    of([2, 1]),
    of(undefined),
  ];
  assert.equal(new Set(all).size, all.length);
});
