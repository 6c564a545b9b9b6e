import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ingestKeyOf } from '../ingest/ingest-key.ts';
import type { State } from '../state/state.ts';
import { createKeys, type Keys, sha256 } from './keys.ts';
import { createLoginLimit } from './login-limit.ts';
import { generatePassword, hashPassword, isPassword, type PasswordHash } from './password.ts';

export const SESSION_COOKIE = 'breakwater_session';
/** A session ends this long after the login, used or not. */
export const SESSION_MS: number = 7 * 24 * 3_600_000;

/** Who sent a request. `name` is for the timeline and the log. */
export interface Caller {
  readonly kind: 'user' | 'key';
  readonly name: string;
}

/** What is shown once. */
export interface FirstLogin {
  readonly user: string;
  readonly password: string;
  /** Null where the keys there are stay. */
  readonly ingestKey: string | null;
}

export type LoginResult =
  /** `cookie` is the value of the Set-Cookie header. */
  | { readonly outcome: 'accepted'; readonly user: string; readonly cookie: string }
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'limited'; readonly retryAfterSeconds: number };

export interface LoginOptions {
  /** The browser reached the server by HTTPS (a proxy's): its cookie must not go over plain HTTP. Default: false. */
  readonly overHttps?: boolean;
}

/** Users, sessions and keys of a server that other machines can reach. */
export interface Auth {
  readonly keys: Keys;
  /** Makes the login `admin` and an ingest key and answers them; null where a user exists already. */
  ensureFirstLogin(): Promise<FirstLogin | null>;
  /** Gives that login a new password and ends its sessions: for a password that was lost. Keys stay. */
  renewLogin(): Promise<FirstLogin>;
  /** Whether the headers hold an ingest key, in any of the forms that `ingestKeyOf` reads. */
  checkIngestKey(headers: IncomingHttpHeaders): boolean;
  /** `address` is the client's, for the limit of failed logins. */
  login(user: string, password: string, address: string, options?: LoginOptions): Promise<LoginResult>;
  /** Ends the session of the request, if it has one. Answers the Set-Cookie header that removes the cookie. */
  logout(headers: IncomingHttpHeaders): string;
  /** Who sent the request, by session cookie or `Authorization: Bearer <api key>`; undefined if neither is valid. */
  callerOf(headers: IncomingHttpHeaders): Caller | undefined;
}

interface UserRow {
  name: string;
  password_salt: Uint8Array;
  password_hash: Uint8Array;
}

const FIRST_USER = 'admin';
const MAX_PASSWORD_LENGTH = 1_000;
/** Hashing takes 32 MiB each: more at a time wait. */
const MAX_WAITING_LOGINS = 10;

export function createAuth(options: {
  readonly state: State;
  /** Epoch milliseconds. Default: the system clock. */
  readonly now?: () => number;
  /** One more accepted ingest key, beside the stored ones. */
  readonly extraIngestKey?: string | null;
}): Auth {
  const { state, now = Date.now } = options;
  const extraKeyHash = options.extraIngestKey ? sha256(options.extraIngestKey) : undefined;
  const keys = createKeys(state, now);
  const limit = createLoginLimit(now);
  let hashing: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let unknownUser: Promise<PasswordHash> | undefined;

  async function ensureFirstLogin(): Promise<FirstLogin | null> {
    if (state.prepare('SELECT 1 FROM users LIMIT 1').get()) return null;
    const password = generatePassword();
    const { salt, hash } = await hashPassword(password);
    return state.transaction(() => {
      state
        .prepare('INSERT INTO users (name, password_salt, password_hash, created_at) VALUES (?, ?, ?, ?)')
        .run(FIRST_USER, salt, hash, now());
      const { secret } = keys.create({ name: 'first ingest key', kind: 'ingest' });
      return { user: FIRST_USER, password, ingestKey: secret };
    });
  }

  async function renewLogin(): Promise<FirstLogin> {
    const password = generatePassword();
    const { salt, hash } = await hashPassword(password);
    state.transaction(() => {
      state.prepare('UPDATE users SET password_salt = ?, password_hash = ? WHERE name = ?').run(salt, hash, FIRST_USER);
      state.prepare('DELETE FROM sessions WHERE user = ?').run(FIRST_USER);
    });
    return { user: FIRST_USER, password, ingestKey: null };
  }

  function checkIngestKey(headers: IncomingHttpHeaders): boolean {
    const secret = ingestKeyOf(headers);
    if (!secret) return false;
    if (extraKeyHash && timingSafeEqual(sha256(secret), extraKeyHash)) return true;
    return keys.find(secret, 'ingest') !== undefined;
  }

  async function login(
    user: string,
    password: string,
    address: string,
    { overHttps = false }: LoginOptions = {},
  ): Promise<LoginResult> {
    const retryAfterSeconds = limit.retryAfterSeconds(address);
    if (retryAfterSeconds > 0) return { outcome: 'limited', retryAfterSeconds };
    if (waiting >= MAX_WAITING_LOGINS) return { outcome: 'limited', retryAfterSeconds: 1 };
    // Counted before the hash is known: parallel guesses must not all pass the limit.
    limit.failed(address);
    if (!(await hasPassword(user, password))) return { outcome: 'refused' };
    limit.succeeded(address);
    return { outcome: 'accepted', user, cookie: openSession(user, overHttps) };
  }

  async function hasPassword(user: string, password: string): Promise<boolean> {
    if (password.length > MAX_PASSWORD_LENGTH) return false;
    const query = 'SELECT name, password_salt, password_hash FROM users WHERE name = ?';
    const row = state.prepare(query).get(user) as unknown as UserRow | undefined;
    // A name that does not exist takes as long as one that does.
    unknownUser ??= hashPassword(generatePassword());
    const stored = row ? { salt: row.password_salt, hash: row.password_hash } : await unknownUser;
    waiting++;
    const before = hashing;
    const result = (async () => {
      await before;
      return isPassword(password, stored);
    })();
    hashing = result.then(
      () => undefined,
      () => undefined,
    );
    try {
      return (await result) && row !== undefined;
    } finally {
      waiting--;
    }
  }

  function openSession(user: string, overHttps: boolean): string {
    const token = randomBytes(32).toString('base64url');
    state.transaction(() => {
      state.prepare('DELETE FROM sessions WHERE expires_at <= ?').run(now());
      state
        .prepare('INSERT INTO sessions (token_hash, user, created_at, expires_at) VALUES (?, ?, ?, ?)')
        .run(sha256(token), user, now(), now() + SESSION_MS);
    });
    return `${cookie(token, SESSION_MS / 1_000)}${overHttps ? '; Secure' : ''}`;
  }

  function logout(headers: IncomingHttpHeaders): string {
    const token = sessionOf(headers);
    if (token) state.prepare('DELETE FROM sessions WHERE token_hash = ?').run(sha256(token));
    return cookie('', 0);
  }

  function callerOf(headers: IncomingHttpHeaders): Caller | undefined {
    const secret = bearerOf(headers);
    const key = secret ? keys.find(secret, 'api') : undefined;
    if (key) return { kind: 'key', name: key.name };
    const token = sessionOf(headers);
    if (!token) return undefined;
    const query = 'SELECT user FROM sessions WHERE token_hash = ? AND expires_at > ?';
    const session = state.prepare(query).get(sha256(token), now()) as { user: string } | undefined;
    return session && { kind: 'user', name: session.user };
  }

  return { keys, ensureFirstLogin, renewLogin, checkIngestKey, login, logout, callerOf };
}

function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+)\s*$/i.exec(authorization ?? '')?.[1];
}

function sessionOf(headers: IncomingHttpHeaders): string | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === SESSION_COOKIE && value) return value;
  }
  return undefined;
}

function cookie(value: string, maxAgeSeconds: number): string {
  return `${SESSION_COOKIE}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${maxAgeSeconds}`;
}
