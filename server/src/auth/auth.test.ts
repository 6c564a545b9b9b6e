import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openState } from '../state/state.ts';
import { type Auth, createAuth, SESSION_COOKIE, SESSION_MS } from './auth.ts';

function setUp(extraIngestKey?: string): { auth: Auth; advance(ms: number): void; close(): void } {
  const state = openState(':memory:');
  let time = 1_800_000_000_000;
  return {
    auth: createAuth({ state, now: () => time, ...(extraIngestKey !== undefined && { extraIngestKey }) }),
    advance: (ms) => {
      time += ms;
    },
    close: () => state.close(),
  };
}

function cookieOf(setCookie: string): { cookie: string } {
  return { cookie: `other=1; ${setCookie.split(';')[0]}` };
}

test('the first start makes one login and one ingest key, later ones none', async () => {
  const { auth, close } = setUp();
  const first = await auth.ensureFirstLogin();
  assert.ok(first);
  assert.equal(first.user, 'admin');
  assert.match(first.password, /^([a-z2-9]{5}-){4}[a-z2-9]{4}$/);
  assert.equal(await auth.ensureFirstLogin(), null);
  assert.ok(auth.checkIngestKey({ authorization: `Bearer ${first.ingestKey}` }));
  assert.ok(auth.checkIngestKey({ authorization: first.ingestKey! }));
  close();
});

test('a login opens a session that ends with the logout or after its time', async () => {
  const { auth, advance, close } = setUp();
  const first = (await auth.ensureFirstLogin())!;
  const login = await auth.login('admin', first.password, '192.0.2.1');
  assert.equal(login.outcome, 'accepted');
  if (login.outcome !== 'accepted') return;
  assert.match(login.cookie, /HttpOnly; SameSite=Strict/);
  assert.deepEqual(auth.callerOf(cookieOf(login.cookie)), { kind: 'user', name: 'admin' });
  assert.equal(auth.callerOf({ cookie: `${SESSION_COOKIE}=guess` }), undefined);
  assert.match(auth.logout(cookieOf(login.cookie)), /Max-Age=0/);
  assert.equal(auth.callerOf(cookieOf(login.cookie)), undefined);

  assert.equal((await auth.login('admin', 'guess', '192.0.2.1')).outcome, 'refused');
  assert.equal((await auth.login('nobody', first.password, '192.0.2.1')).outcome, 'refused');
  const again = await auth.login('admin', first.password, '192.0.2.1');
  assert.ok(again.outcome === 'accepted');
  advance(SESSION_MS - 1);
  assert.ok(auth.callerOf(cookieOf(again.cookie)));
  advance(1);
  assert.equal(auth.callerOf(cookieOf(again.cookie)), undefined);
  close();
});

test('five failed logins make the address wait, and no other', async () => {
  const { auth, advance, close } = setUp();
  const first = (await auth.ensureFirstLogin())!;
  // Longer than any password may be: refused without the cost of a hash.
  const guess = 'x'.repeat(1_001);
  const guesses = await Promise.all(
    Array.from({ length: 6 }, (_, index) => auth.login(index % 2 ? 'admin' : 'nobody', guess, '192.0.2.1')),
  );
  assert.deepEqual(
    guesses.map(({ outcome }) => outcome),
    ['refused', 'refused', 'refused', 'refused', 'refused', 'limited'],
  );
  const limited = await auth.login('admin', first.password, '192.0.2.1');
  assert.deepEqual(limited, { outcome: 'limited', retryAfterSeconds: 900 });
  assert.equal((await auth.login('admin', guess, '192.0.2.2')).outcome, 'refused');
  advance(900_000);
  assert.equal((await auth.login('admin', first.password, '192.0.2.1')).outcome, 'accepted');
  close();
});

test('a lost password is replaced: the old one and the sessions end, the keys stay', async () => {
  const { auth, close } = setUp();
  const first = (await auth.ensureFirstLogin())!;
  const login = await auth.login('admin', first.password, '192.0.2.1');
  assert.ok(login.outcome === 'accepted');
  const renewed = await auth.renewLogin();
  assert.equal(renewed.ingestKey, null);
  assert.equal(auth.callerOf(cookieOf(login.cookie)), undefined);
  assert.equal((await auth.login('admin', first.password, '192.0.2.1')).outcome, 'refused');
  assert.equal((await auth.login('admin', renewed.password, '192.0.2.1')).outcome, 'accepted');
  assert.ok(auth.checkIngestKey({ authorization: first.ingestKey! }));
  close();
});

test('logins that succeed do not count against anybody', async () => {
  const { auth, close } = setUp();
  const first = (await auth.ensureFirstLogin())!;
  const guess = 'x'.repeat(1_001);
  for (let address = 0; address < 97; address++) await auth.login('admin', guess, `192.0.2.${address}`);
  for (let login = 0; login < 4; login++) {
    assert.equal((await auth.login('admin', first.password, '198.51.100.1')).outcome, 'accepted');
  }
  close();
});

test('a browser that came by HTTPS gets a cookie for HTTPS only', async () => {
  const { auth, close } = setUp();
  const first = (await auth.ensureFirstLogin())!;
  const plain = await auth.login('admin', first.password, '192.0.2.1');
  const secure = await auth.login('admin', first.password, '192.0.2.1', { overHttps: true });
  assert.ok(plain.outcome === 'accepted' && secure.outcome === 'accepted');
  assert.doesNotMatch(plain.cookie, /Secure/);
  assert.match(secure.cookie, /; HttpOnly; SameSite=Strict; Path=\/; Max-Age=604800; Secure$/);
  close();
});

test('a key opens only what its kind is for, until it is removed', () => {
  const { auth, close } = setUp('demo-secret');
  const ingest = auth.keys.create({ name: 'collector', kind: 'ingest' });
  const api = auth.keys.create({ name: 'script', kind: 'api' });
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
  assert.ok(auth.checkIngestKey(bearer(ingest.secret)));
  assert.ok(!auth.checkIngestKey(bearer(api.secret)));
  assert.deepEqual(auth.callerOf(bearer(api.secret)), { kind: 'key', name: 'script' });
  assert.equal(auth.callerOf(bearer(ingest.secret)), undefined);
  assert.ok(auth.checkIngestKey(bearer('demo-secret')));
  for (const wrong of ['', 'demo-secre', `${ingest.secret.slice(0, -1)}!`, 'bw_ingest_000000000000_x']) {
    assert.ok(!auth.checkIngestKey(bearer(wrong)), wrong);
  }
  assert.ok(!auth.checkIngestKey({}));
  assert.deepEqual(
    auth.keys.list().map((key) => [key.name, key.kind, 'secret' in key]),
    [
      ['collector', 'ingest', false],
      ['script', 'api', false],
    ],
  );
  auth.keys.remove(ingest.id);
  assert.ok(!auth.checkIngestKey(bearer(ingest.secret)));
  assert.throws(() => auth.keys.remove(ingest.id), { code: 'NOT_FOUND' });
  assert.throws(() => auth.keys.create({ name: '', kind: 'api' }), { code: 'INVALID_INPUT' });
  assert.throws(() => auth.keys.create({ name: 'x', kind: 'root' }), { code: 'INVALID_INPUT' });
  close();
});

test('nothing that is stored is a secret', async () => {
  const state = openState(':memory:');
  const auth = createAuth({ state });
  const first = (await auth.ensureFirstLogin())!;
  const login = await auth.login('admin', first.password, '192.0.2.1');
  assert.ok(login.outcome === 'accepted');
  const stored = ['users', 'sessions', 'keys'].flatMap((table) => state.db.prepare(`SELECT * FROM ${table}`).all());
  const text = JSON.stringify(stored, (_key, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  for (const secret of [
    first.password,
    first.ingestKey!,
    first.ingestKey!.slice(-20),
    cookieOf(login.cookie).cookie.slice(-20),
  ]) {
    assert.ok(!text.includes(secret));
  }
  state.close();
});
