import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { setContextProvider } from './context.ts';
import { defineErrors, isError } from './define.ts';
import { fromProblem } from './from-problem.ts';
import { toProblem } from './problem.ts';
import { pickLocale, userTexts } from './user-texts.ts';

const errors = defineErrors({
  LIMIT_REACHED: {
    category: 'business',
    status: 422,
    message: '{user} may order {limit:integer} until {until:date}',
    userMessage: { en: 'You can order {limit} at most.', de: 'Sie können höchstens {limit} bestellen.' },
    publicParams: ['limit', 'until'],
  },
  STORE_BUSY: { category: 'transient', message: 'store {host} is busy', retryAfterMs: 1500 },
});
const until = new Date('2026-12-01T00:00:00Z');
const limit = () =>
  new errors.LIMIT_REACHED(
    { user: 'ann', limit: 1234, until },
    { correlationId: 'c-7', fields: [{ pointer: '/items/0/count', code: 'max' }], details: { internal: 'x' } },
  );

describe('toProblem', () => {
  it('R30: gives a problem document of RFC 9457 with its headers', () => {
    assert.deepEqual(toProblem(limit(), { instance: '/orders/1' }), {
      status: 422,
      headers: { 'content-type': 'application/problem+json', 'content-language': 'en', 'cache-control': 'no-store' },
      body: {
        type: 'urn:breakwater:problem:limit-reached',
        title: 'Limit reached',
        status: 422,
        detail: 'You can order 1,234 at most.',
        instance: '/orders/1',
        code: 'LIMIT_REACHED',
        correlationId: 'c-7',
        retryable: false,
        params: { limit: 1234, until: '2026-12-01T00:00:00.000Z' },
        errors: [{ pointer: '/items/0/count', code: 'max' }],
      },
    });
  });
  it('R31: tells nothing internal: neither message nor vendor code nor host', () => {
    for (const error of [
      new errors.STORE_BUSY({ host: 'db-17.internal' }),
      Object.assign(new Error('db-17.internal'), { code: '23505', severity: 'ERROR', detail: 'db-17.internal' }),
      new TypeError('db-17.internal'),
      'db-17.internal',
    ]) {
      const text = JSON.stringify(toProblem(error));
      assert.ok(!text.includes('db-17') && !text.includes('23505'), text);
    }
    const unique = toProblem(Object.assign(new Error('x'), { code: '23505', severity: 'ERROR' })).body;
    assert.deepEqual([unique.status, unique.code, unique.type], [409, 'CONFLICT', 'urn:breakwater:problem:conflict']);
    assert.equal(toProblem(new Error('x')).body.code, 'INTERNAL_ERROR');
  });
  it('R31: messages meant for users are shown only when asked for', () => {
    const declined = Object.assign(new Error('Your card has expired.'), {
      type: 'StripeCardError',
      code: 'expired_card',
      statusCode: 402,
    });
    assert.notEqual(toProblem(declined).body.detail, 'Your card has expired.');
    assert.equal(toProblem(declined, { exposeMessages: true }).body.detail, 'Your card has expired.');
    assert.notEqual(toProblem(new TypeError('secret'), { exposeMessages: true }).body.detail, 'secret');
  });
  it('R32: speaks the language of the client, in texts and numbers', () => {
    const german = toProblem(limit(), { acceptLanguage: 'fr;q=0.3, de-CH, en;q=0.8' });
    assert.deepEqual(
      [german.body.detail, german.headers['content-language']],
      ['Sie können höchstens 1.234 bestellen.', 'de'],
    );
    assert.match(toProblem(new Error('x'), { acceptLanguage: 'fr' }).body.detail, /Une erreur|erreur/);
    assert.equal(
      toProblem(new Error('x'), { acceptLanguage: 'nl', texts: { nl: { INTERNAL_ERROR: 'Er ging iets mis.' } } }).body
        .detail,
      'Er ging iets mis.',
    );
    for (const nonsense of ['', ';;;', 'q=1', '*', 'x'.repeat(100_000), ','.repeat(100_000)])
      assert.equal(pickLocale(nonsense, ['en', 'de'], 'en'), 'en');
    for (const [locale, texts] of Object.entries(userTexts))
      assert.deepEqual(Object.keys(texts), Object.keys(userTexts['en']!), locale);
  });
  it('R33: Retry-After is in whole seconds, never early, and only where repeating helps', () => {
    const busy = toProblem(new errors.STORE_BUSY({ host: 'h' }));
    assert.deepEqual([busy.headers['retry-after'], busy.body.retryAfterMs, busy.body.retryable], ['2', 1500, true]);
    assert.equal(toProblem(limit()).headers['retry-after'], undefined);
  });
  it('names the fields a validator refused, never their values', () => {
    const result = z
      .object({ email: z.email(), items: z.array(z.object({ count: z.int() })) })
      .safeParse({ email: 'not-an-address', items: [{ count: 1.5 }] });
    const { body } = toProblem(result.error);
    assert.deepEqual(body.errors, [
      { pointer: '/email', code: 'invalid_format' },
      { pointer: '/items/0/count', code: 'invalid_type' },
    ]);
    assert.equal(body.status, 400);
    assert.ok(!JSON.stringify(body).includes('not-an-address'));
  });
  it('takes the correlation id of the context, and only one that is safe in a header', () => {
    const restore = setContextProvider(() => ({ correlationId: 'ctx-1' }));
    assert.equal(toProblem(new Error('x')).body.correlationId, 'ctx-1');
    assert.equal(toProblem(new Error('x'), { correlationId: 'a\r\nset-cookie: x' }).body.correlationId, 'ctx-1');
    restore();
  });
});

describe('fromProblem', () => {
  it('R34: rebuilds the same typed error', () => {
    const sent = toProblem(limit());
    const error = fromProblem(JSON.parse(JSON.stringify(sent.body)), {
      types: errors,
      status: sent.status,
      headers: sent.headers,
    });
    assert.ok(isError(error, errors.LIMIT_REACHED));
    assert.deepEqual(
      [error.params.limit, error.params.until, error.correlationId, error.retryable],
      [1234, until, 'c-7', false],
    );
    assert.deepEqual(error.fields, [{ pointer: '/items/0/count', code: 'max' }]);
    const busy = fromProblem(
      { type: 'urn:breakwater:problem:store-busy', status: 503 },
      { types: [errors.STORE_BUSY], headers: new Headers({ 'retry-after': '9' }) },
    );
    assert.ok(isError(busy, errors.STORE_BUSY), 'found by its type');
    assert.equal(busy.retryAfterMs, 9000);
  });
  it('R34: an unknown problem keeps its status, retry advice and text', () => {
    const error = fromProblem({ title: 'Teapot', status: 503, code: 'TEA' }, { types: errors });
    assert.deepEqual(
      [error.code, error.category, error.retryable, error.message],
      ['UPSTREAM_PROBLEM', 'transient', true, 'The service answered 503: Teapot'],
    );
    assert.equal(fromProblem({ status: 503, retryable: false }, { types: errors }).retryable, false);
  });
  it('R35: takes anything a server may send', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const body of [
      null,
      undefined,
      'html',
      7,
      [],
      { status: 'x' },
      { status: 1e9, title: 'x'.repeat(1e6) },
      { code: 'LIMIT_REACHED', params: 'x', errors: [null, { pointer: 1 }] },
      { code: 'LIMIT_REACHED', params: { limit: 'NaN', until: 'never' } },
      proxy,
    ]) {
      const error = fromProblem(body, { types: errors });
      assert.ok(isError(error));
      assert.ok(error.message.length < 400);
    }
  });
});
