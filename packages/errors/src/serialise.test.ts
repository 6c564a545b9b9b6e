import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineErrors } from './define.ts';
import { fingerprint } from './fingerprint.ts';
import { OptionError } from './misuse.ts';
import { serialise } from './serialise.ts';

const errors = defineErrors({ NO_STOCK: { category: 'business', message: '{sku} is sold out', nextStep: 'Restock.' } });
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('serialise', () => {
  it('writes an own error with what it knows', () => {
    const error = new errors.NO_STOCK(
      { sku: 'A1' },
      { details: { warehouse: 'north', ordered: 3n, at: new Date(0) }, correlationId: 'c-1', cause: new Error('db') },
    );
    const { stack, cause, timeMs, ...record } = serialise(error);
    assert.match(stack ?? '', /^\s+at .*serialise\.test\.ts/);
    assert.equal(cause?.message, 'db');
    assert.equal(typeof timeMs, 'number');
    assert.deepEqual(record, {
      name: 'NoStock',
      message: 'A1 is sold out',
      code: 'NO_STOCK',
      correlationId: 'c-1',
      nextStep: 'Restock.',
      outcome: 'not-applied',
      category: 'business',
      status: 422,
      retryable: false,
      params: { sku: 'A1' },
      details: { warehouse: 'north', ordered: '3n', at: '1970-01-01T00:00:00.000Z' },
    });
  });

  it('R25: takes anything and gives JSON', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const thrown of [
      null,
      undefined,
      'text',
      1n,
      Symbol('s'),
      () => 1,
      {},
      proxy,
      Object.create(null),
      Number.NaN,
      new AggregateError([1, 'x', null]),
    ]) {
      const record = serialise(thrown);
      assert.deepEqual(JSON.parse(JSON.stringify(record)), record);
      assert.equal(typeof record.name, 'string');
    }
    assert.equal(serialise('text').message, 'text');
  });

  it('R26: writes no property it does not know, and masks secrets in those it knows', () => {
    const error = Object.assign(new Error('login with password=hunter2hunter2 failed'), {
      code: 'ECONNRESET',
      syscall: 'read',
      config: { headers: { Authorization: 'Bearer abc' } },
      response: { data: 'row' },
      detail: 'Key (email)=(a@b.example)',
      sql: 'select secret',
    });
    const record = serialise(error);
    assert.deepEqual(record.facts, { syscall: 'read' });
    assert.equal(record.code, 'ECONNRESET');
    assert.ok(!JSON.stringify(record).includes('hunter2'), record.message);
    assert.deepEqual(Object.keys(record).toSorted(), ['code', 'facts', 'message', 'name', 'stack']);
  });

  it('R26: errors under other names are written, without calling accessors', () => {
    let asked = 0;
    const original = new TypeError('inner, password=hunter2hunter2');
    const error = Object.assign(new Error('outer'), { original, row: { secret: 1 }, list: [original] });
    Object.defineProperty(error, 'lazy', {
      enumerable: true,
      get() {
        asked++;
        return new Error('by accessor');
      },
    });
    Object.defineProperty(error, '__proto__', { enumerable: true, value: new Error('odd name') });
    const { related } = serialise(error);
    assert.deepEqual(Object.keys(related!), ['original', '__proto__']);
    assert.equal(related!['original']!.name, 'TypeError');
    assert.ok(!JSON.stringify(related).includes('hunter2'));
    assert.equal(asked, 0);
    const both = new Error('both');
    const twice = Object.assign(new Error('x', { cause: original }), { a: both, b: both, last: original });
    assert.deepEqual(Object.keys(serialise(Object.assign(twice, { self: twice })).related!), ['a']);
    const suppressed = Object.defineProperty(new Error('closing failed'), 'suppressed', { value: new Error('first') });
    assert.equal(serialise(suppressed).related!['suppressed']!.message, 'first');
  });

  it('R26: an error behind a proxy is one, as a member and under another name', () => {
    const proxied = new Proxy(new RangeError('behind'), {});
    assert.equal(serialise(new AggregateError([proxied])).errors![0]!.message, 'behind');
    assert.equal(serialise(Object.assign(new Error('x'), { proxied })).related!['proxied']!.message, 'behind');
    const fail = (): never => {
      throw new Error('trap');
    };
    const hostile = new Proxy({}, { get: fail, getPrototypeOf: fail });
    assert.equal(serialise(Object.assign(new Error('x'), { hostile })).related, undefined);
  });

  it('R27: errors under other names count as members of a group, and go when there is no room', () => {
    const many = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`e${index}`, new Error(`m${index}`.padEnd(60))]),
    );
    const record = serialise(Object.assign(new Error('x'), many));
    assert.deepEqual([Object.keys(record.related!).length, record.omittedErrors], [10, 20]);
    const small = serialise(Object.assign(new Error('x'), many), { maxBytes: 512, stack: false });
    assert.deepEqual([small.related, small.omittedErrors], [undefined, 30]);
  });

  it('R27: cycles, deep causes and large groups are cut, and it says so', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    assert.equal(serialise(loop).cause?.name, 'Circular');
    let deep = new Error('0');
    for (let i = 1; i < 20; i++) deep = new Error(String(i), { cause: deep });
    let record = serialise(deep);
    let depth = 0;
    for (; record.cause !== undefined; depth++) record = record.cause;
    assert.deepEqual([depth, record.truncated], [5, ['cause']]);
    const group = serialise(new AggregateError(Array.from({ length: 1000 }, () => new Error('m'))));
    assert.deepEqual([group.errors?.length, group.omittedErrors], [10, 990]);
  });

  it('R27: never larger than maxBytes, whatever it is given', () => {
    const huge = '\u0000"ü'.repeat(20_000);
    const error = Object.assign(
      new errors.NO_STOCK(
        { sku: huge },
        {
          details: { huge, list: Array.from({ length: 1000 }, () => huge.slice(0, 100)) },
          cause: new Error(huge),
          operation: huge,
        },
      ),
      { stack: `x\n    at f (${huge})` },
    );
    for (const maxBytes of [512, 2000, 16_384]) {
      const record = serialise(error, { maxBytes });
      assert.ok(bytes(record) <= maxBytes, `${bytes(record)} > ${maxBytes}`);
      assert.ok((record.truncated ?? []).length > 0);
      assert.equal(record.name, 'NoStock');
    }
  });

  it('wrong options are refused by name', () => {
    assert.throws(
      () => serialise(1, { maxBytes: 10 }),
      /serialise\.maxBytes: expected a whole number of at least 512, got 10/,
    );
    for (const wrong of [{ depth: 1 }, { stack: 'no' }, { redactor: null }, { maxDepth: 1.5 }])
      assert.throws(() => serialise(1, wrong as never), OptionError);
  });
});

describe('fingerprint', () => {
  const at = (file: string, line = 10): Error =>
    Object.assign(new Error('user 17 not found'), {
      stack: `Error: x\n    at find (${file}:${line}:5)\n    at node:internal/x:1:1\n    at Server.handle (/app/node_modules/express/lib/x.js:2:2)`,
    });
  it('R28: is the same after another deploy: other directory, other line, other hash of the bundle, other ids', () => {
    const one = fingerprint(at('/app/releases/41/src/users.ts', 10));
    assert.match(one, /^[0-9a-f]{16}$/);
    assert.equal(fingerprint(at('/srv/current/src/users.ts', 99)), one);
    assert.equal(fingerprint(at('file:///C:/work/src/users.ts?v=2', 99)), one);
    assert.equal(fingerprint(at('/app/dist/main.3f9ab2c1.js')), fingerprint(at('/app/dist/main.77aa01bb.js')));
    const noStack = (message: string): string => fingerprint({ name: 'Error', message });
    assert.equal(noStack('user 17 of "acme" not found'), noStack('user 4711 of "other" not found'));
  });
  it('R28: is another for another place, class, code or cause', () => {
    const all = [
      at('/app/src/users.ts'),
      at('/app/src/orders.ts'),
      Object.assign(at('/app/src/users.ts'), { code: 'X' }),
      Object.assign(at('/app/src/users.ts'), { name: 'Other' }),
      Object.assign(at('/app/src/users.ts'), {
        cause: Object.assign(new Error('y'), { code: 'ECONNRESET', stack: '' }),
      }),
      null,
      'text',
      'other text',
      {},
    ].map(fingerprint);
    assert.equal(new Set(all).size, all.length);
  });
  it('R28: does not depend on the process: a fixed value stays', () => {
    assert.equal(fingerprint({ name: 'TypeError', message: 'x is not a function' }), '2d7cba21791e259f');
  });
});
