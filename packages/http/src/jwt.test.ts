import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentContext } from '@breakwater/log';
import { createLocalJWKSet, errors, exportJWK, generateKeyPair, type JWTVerifyGetKey, SignJWT } from 'jose';
import { createBareEdge } from './conformance/test-exchange.ts';
import { type JwtOptions, jwtGuard } from './jwt.ts';

const { privateKey, publicKey } = await generateKeyPair('ES256');
const other = await generateKeyPair('ES256');

function sign(
  claims: { readonly exp?: number; readonly sub?: unknown } = {},
  header: Record<string, unknown> = {},
  key = privateKey,
): Promise<string> {
  return new SignJWT({
    iss: 'me',
    aud: 'shop',
    sub: 'u-7',
    exp: Math.floor(Date.now() / 1000) + 60,
    ...(claims as object),
  })
    .setProtectedHeader({ alg: 'ES256', ...header })
    .sign(key);
}

async function ask(token: string, options: Partial<JwtOptions>): Promise<unknown> {
  const guard = jwtGuard({ key: publicKey, algorithms: ['ES256'], issuer: 'me', audience: 'shop', ...options });
  const exchange = createBareEdge({ guards: [guard] }).open('/', { authorization: `Bearer ${token}` });
  const answer = await exchange.run(() => exchange.guard());
  return answer?.status ?? exchange.run(() => currentContext()?.userId);
}

test('H27 keys that cannot be had are a 503, and say nothing about the token', async () => {
  const token = await sign();
  const failing: readonly JWTVerifyGetKey[] = [
    () => Promise.reject(new TypeError('fetch failed')),
    () => Promise.reject(new errors.JWKSTimeout()),
    () => {
      throw new errors.JWKSInvalid('not a set');
    },
  ];
  for (const key of failing) assert.equal(await ask(token, { key }), 503);
  let asked = 0;
  const hangs: JWTVerifyGetKey = () => {
    asked++;
    return new Promise(() => {});
  };
  assert.equal(await ask(token, { key: hangs, keyTimeoutMs: 10 }), 503);
  assert.equal(asked, 1);
  assert.equal(await ask(token, { key: () => Promise.reject(new errors.JWKSNoMatchingKey()) }), 401);
});

test('H27 while keys without ids are exchanged, any of them that fits holds', async () => {
  const keys = await Promise.all([other.publicKey, publicKey].map((key) => exportJWK(key)));
  const set = createLocalJWKSet({ keys: keys.map((key) => ({ ...key, alg: 'ES256' })) });
  assert.equal(await ask(await sign(), { key: set }), 'u-7');
  assert.equal(await ask(await sign({}, {}, other.privateKey), { key: set }), 'u-7');
  const stranger = await generateKeyPair('ES256');
  assert.equal(await ask(await sign({}, {}, stranger.privateKey), { key: set }), 401);
  assert.equal(await ask(await sign({ exp: 1 }), { key: set }), 401);
});

test('H27 a token without a name for its user is refused', async () => {
  for (const sub of ['', 7, null, { a: 1 }, ['u-7'], undefined])
    assert.equal(await ask(await sign({ sub }), {}), 401, JSON.stringify(sub));
});

test('H27 the clock of the issuer may be off by what is allowed, and no more', async () => {
  const now = Math.floor(Date.now() / 1000);
  assert.equal(await ask(await sign({ exp: now - 30 }), {}), 401);
  assert.equal(await ask(await sign({ exp: now - 30 }), { clockToleranceMs: 60_000 }), 'u-7');
  assert.equal(await ask(await sign({ exp: now - 90 }), { clockToleranceMs: 60_000 }), 401);
});

test('H27 tokens that are huge, of another algorithm or with a critical field are refused before any key is looked for', async () => {
  let asked = 0;
  const key: JWTVerifyGetKey = async () => {
    asked++;
    return publicKey;
  };
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = part({ iss: 'me', aud: 'shop', sub: 'u-7', exp: 9e9 });
  const tokens = [
    `${part({ alg: 'none' })}.${claims}.`,
    `${part({ alg: 'NONE' })}.${claims}.`,
    `${part({ alg: 'HS256' })}.${claims}.${part('x')}`,
    `${part({ alg: 'ES256', crit: ['x'], x: 1 })}.${claims}.${part('x')}`,
    'a'.repeat(20_000),
    '..',
  ];
  for (const token of tokens) assert.equal(await ask(token, { key }), 401, token.slice(0, 40));
  assert.equal(asked, 0);
});
