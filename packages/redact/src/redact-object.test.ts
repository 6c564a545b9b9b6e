import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRedactor } from './redactor.ts';

const redactor = createRedactor();
const redact = (value: unknown): unknown => redactor.redact(value);

describe('objects', () => {
  test('R2: getters run once and their value is judged; a throwing one is unreadable', () => {
    let calls = 0;
    const value = {
      get email() {
        calls++;
        return 'jo@corp.com';
      },
      get broken(): string {
        throw new Error('no');
      },
      get toJSON() {
        calls++;
        return undefined;
      },
    };
    assert.deepEqual(redact(value), { email: '[REDACTED:email]', broken: '[Unreadable]', toJSON: undefined });
    assert.equal(calls, 2);
  });

  test('R1: proxies, revoked proxies and hostile traps', () => {
    const revocable = Proxy.revocable({}, {});
    revocable.revoke();
    const hostile = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('no');
        },
      },
    );
    const fine = new Proxy({ password: 'x', a: 1 }, {});
    const revokedArray = Proxy.revocable([], {});
    revokedArray.revoke();
    assert.deepEqual(redact([revocable.proxy, hostile, fine, revokedArray.proxy]), [
      '[Unreadable]',
      '[Unreadable]',
      { password: '[REDACTED:secret]', a: 1 },
      '[Unreadable]',
    ]);
  });

  test('R6: cycles end, shared objects are shared', () => {
    const shared = { token: 'abc123def' };
    const value: Record<string, unknown> = { a: shared, b: shared };
    value['self'] = value;
    const result = redact(value) as Record<string, unknown>;
    assert.deepEqual(result, {
      a: { token: '[REDACTED:secret]' },
      b: { token: '[REDACTED:secret]' },
      self: '[Circular]',
    });
    assert.equal(result['a'], result['b']);
  });

  test('R6: built-in objects', () => {
    const form = new FormData();
    form.append('password', 'hunter2');
    form.append('file', new Blob(['abc']), 'a.txt');
    const result = redact({
      map: new Map<unknown, unknown>([
        ['apiKey', 'abc'],
        ['jo@corp.com', 1],
        [{ pin: 1234 }, 2],
      ]),
      set: new Set(['jo@corp.com', 'x']),
      headers: new Headers({ authorization: 'Basic abc', accept: '*/*' }),
      url: new URL('https://u:pw@corp.com/?access_token=abcdef123'),
      query: new URLSearchParams({ token: 'abc123def', page: '2' }),
      form,
      bytes: Buffer.from([0, 1, 2, 255]),
      date: new Date(0),
      big: 4111111111111111n,
      number: 4111111111111111,
      float: 4.5,
      regexp: /a/,
      fn: () => 1,
      promise: Promise.resolve(),
      boxed: new String('jo@corp.com'),
    });
    assert.deepEqual(result, {
      map: new Map<unknown, unknown>([
        ['apiKey', '[REDACTED:secret]'],
        ['[REDACTED:email]', 1],
        [{ pin: '[REDACTED:secret]' }, 2],
      ]),
      set: new Set(['[REDACTED:email]', 'x']),
      headers: { accept: '*/*', authorization: '[REDACTED:authorization]' },
      url: 'https://u:[REDACTED:url-credentials]@corp.com/?access_token=[REDACTED:query-secret]',
      query: 'token=[REDACTED:secret]&page=2',
      form: { password: '[REDACTED:secret]', file: '[Binary 3 bytes]' },
      bytes: '[Binary 4 bytes]',
      date: new Date(0),
      big: '[REDACTED:card]',
      number: '[REDACTED:card]',
      float: 4.5,
      regexp: '/a/',
      fn: '[Function]',
      promise: '[Promise]',
      boxed: '[REDACTED:email]',
    });
    assert.equal(String(redact(Buffer.from('password=abc'))), 'password=[REDACTED:secret]');
  });

  test('R6: class instances become data, through toJSON where they have it', () => {
    class Account {
      #secret = 'hidden';
      password = 'p';
      name = 'n';
      reveal(): string {
        return this.#secret;
      }
    }
    class Money {
      cents = 5;
      toJSON(): unknown {
        return { text: '5 cents for jo@corp.com', token: 'abc123def' };
      }
    }
    assert.deepEqual(redact([new Account(), new Money()]), [
      { password: '[REDACTED:secret]', name: 'n' },
      { text: '5 cents for [REDACTED:email]', token: '[REDACTED:secret]' },
    ]);
  });

  test('R6 R20: errors keep type, cause, errors and frames; the message cannot forge lines', () => {
    const cause = Object.assign(new TypeError('jo@corp.com unknown'), {
      config: { headers: { Authorization: 'Bearer x' } },
    });
    const error = new AggregateError([new RangeError('password=abc')], 'a\nforged password=hunter2', { cause });
    const result = redact(error) as AggregateError & { cause: TypeError & { config: unknown } };
    assert.ok(
      result instanceof AggregateError && result.cause instanceof TypeError && result.errors[0] instanceof RangeError,
    );
    assert.equal(result.message, 'a\\nforged password=[REDACTED:secret]');
    assert.equal(result.cause.message, '[REDACTED:email] unknown');
    assert.deepEqual(result.cause.config, { headers: { Authorization: '[REDACTED:authorization]' } });
    assert.equal(result.errors[0].message, 'password=[REDACTED:secret]');
    assert.ok(
      result.stack?.includes('\n    at ') && !result.stack.includes('hunter2') && !result.stack.includes('\nforged'),
    );
  });

  test('R18: names and cards over several items', () => {
    assert.deepEqual(redact(['password:', 'hunter2', 'then', 'x']), ['password:', '[REDACTED:secret]', 'then', 'x']);
    assert.deepEqual(redact(['--token', 'abc123def']), ['--token', '[REDACTED:secret]']);
    assert.deepEqual(redact(['Authorization', 'Basic abc', 'Host', 'x']), [
      'Authorization',
      '[REDACTED:authorization]',
      'Host',
      'x',
    ]);
    assert.deepEqual(redact(['card 41111111', '11111111 ok']), ['card [REDACTED:card]', '[REDACTED:card] ok']);
    assert.deepEqual(redact(['4111', '1111', '1111', '1111']), Array(4).fill('[REDACTED:card]'));
    assert.deepEqual(redact([4111, 1111, 1111, 1111]), [4111, 1111, 1111, 1111]);
    assert.deepEqual(redact({ phones: ['030 1234567', 'none'] }), { phones: ['[REDACTED:phone]', 'none'] });
    assert.deepEqual(redact({ name: 'auth', args: ['default', 'pw'] }), { name: 'auth', args: '[REDACTED:secret]' });
    assert.deepEqual(redact([{ name: 'X-Api-Key', value: 'abc' }]), [
      { name: 'X-Api-Key', value: '[REDACTED:secret]' },
    ]);
  });

  test('R6: __proto__ as an own key stays an own key', () => {
    const result = redact(JSON.parse('{"__proto__":{"password":"x"}}')) as object;
    assert.equal(Object.getPrototypeOf(result), Object.prototype);
    assert.deepEqual(JSON.stringify(result), '{"__proto__":{"password":"[REDACTED:secret]"}}');
  });

  test('R6: names that look the same once redacted are told apart', () => {
    assert.deepEqual(redact({ 'a@corp.com': 1, 'b@corp.com': 2 }), { '[REDACTED:email]': 1, '[REDACTED:email]#2': 2 });
  });

  test('R16: by name alone', () => {
    for (const name of [
      'password',
      'dbPassword',
      'DB_PASSWORD',
      'db-password',
      'userpassword',
      'x-api-key',
      'clientSecret',
      'Set-Cookie',
      'AWS_SECRET_ACCESS_KEY',
      'password2',
      'secrets[]',
    ]) {
      const { isOpen, marker } = redactor.root.at(name);
      const expected = name === 'Set-Cookie' ? '[REDACTED:cookie]' : '[REDACTED:secret]';
      assert.deepEqual([isOpen, marker], [false, expected], name);
    }
    for (const name of [
      'author',
      'tokenCount',
      'passwordResetRequired',
      'nextPageToken',
      'publicKey',
      'keyboard',
      'secretary',
      'cacheKey',
      'idempotencyKey',
      'email',
      'compass',
      '',
    ]) {
      const { isOpen, marker } = redactor.root.at(name);
      assert.deepEqual([isOpen, marker], [true, undefined], name);
    }
    assert.equal(redactor.field('token', 'abc123def'), '[REDACTED:secret]');
    assert.equal(redactor.field('token', 'missing'), 'missing');
    assert.equal(redactor.field('key', 'user:123'), 'user:123');
    assert.equal(redactor.field('password', true), true);
    assert.equal(redactor.field('pin', 1234), '[REDACTED:secret]');
    assert.equal(redactor.field('cvv', 123), '[REDACTED:cvv]');
  });
});

describe('limits', () => {
  test('R7: depth, nodes and bytes', () => {
    const deep = createRedactor({ maxDepth: 2 });
    assert.deepEqual(deep.redact({ a: { b: { c: 1 } } }), { a: { b: '[REDACTED:budget]' } });
    const few = createRedactor({ maxNodes: 4 });
    assert.deepEqual(few.redact([1, 2, 3, 4, 5, 6]), [1, 2, 3, '[REDACTED:budget]']);
    assert.deepEqual(few.redact({ a: 1, b: 2, c: 3, d: 4, e: 5 }), {
      a: 1,
      b: 2,
      c: 3,
      '[REDACTED:budget]': '[REDACTED:budget]',
    });
    const bytes = createRedactor({ maxBytes: 256 });
    const result = bytes.redact({ a: 'word '.repeat(100), b: 'hidden' }) as Record<string, string>;
    assert.ok(!JSON.stringify(result).includes('hidden'));
    assert.deepEqual(bytes.redact(result), result);
  });

  test('R1 R7: a sparse array, a wide object and an endless proxy end', () => {
    const sparse: unknown[] = [];
    sparse.length = 4_000_000_000;
    const endless: object = new Proxy({ a: 1 }, { get: () => endless });
    const fresh = (): object => new Proxy({ a: 1, b: 2 }, { get: () => fresh() });
    const result = createRedactor({ maxNodes: 500 }).redact([endless, fresh(), sparse]);
    assert.equal(typeof JSON.stringify(result), 'string');
  });
});
