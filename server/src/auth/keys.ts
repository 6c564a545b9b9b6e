import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createInputReader } from '../state/input-reader.ts';
import { NotFoundError } from '../state/refusals.ts';
import type { State } from '../state/state.ts';

export type KeyKind = 'ingest' | 'api';

/** A key without its secret, which nobody can read again. */
export interface Key {
  readonly id: string;
  readonly kind: KeyKind;
  readonly name: string;
  readonly createdAt: number;
}

/** Keys for programs: `ingest` keys may send telemetry, `api` keys may use the JSON API. */
export interface Keys {
  list(): Key[];
  /** `input` is an untrusted `{name, kind}`. The secret is in this answer only. Throws `InvalidInputError`. */
  create(input: unknown): Key & { readonly secret: string };
  /** Ends the key at once. Throws `NotFoundError`. */
  remove(id: string): void;
  /** The key that the secret belongs to, of that kind. Takes as long for a wrong secret as for the right one. */
  find(secret: string, kind: KeyKind): Key | undefined;
}

interface KeyRow {
  id: string;
  kind: KeyKind;
  name: string;
  secret_hash: Uint8Array;
  created_at: number;
}

export function createKeys(state: State, now: () => number): Keys {
  const view = ({ id, kind, name, created_at }: KeyRow): Key => ({ id, kind, name, createdAt: created_at });
  return {
    list: () => {
      const rows = state.prepare('SELECT * FROM keys ORDER BY created_at, rowid').all() as unknown as KeyRow[];
      return rows.map(view);
    },
    create: (input) => {
      const reader = createInputReader(input);
      const name = reader.text('name', { min: 1, max: 100 });
      const kind = reader.oneOf('kind', ['ingest', 'api']);
      reader.end();
      const id = randomBytes(6).toString('hex');
      const secret = `bw_${kind}_${id}_${randomBytes(32).toString('base64url')}`;
      const key: Key = { id, kind, name, createdAt: now() };
      state
        .prepare('INSERT INTO keys (id, kind, name, secret_hash, created_at) VALUES (?, ?, ?, ?, ?)')
        .run(id, kind, name, sha256(secret), key.createdAt);
      return { ...key, secret };
    },
    remove: (id) => {
      const { changes } = state.prepare('DELETE FROM keys WHERE id = ?').run(id);
      if (changes === 0) throw new NotFoundError(`there is no key ${id}`);
    },
    find: (secret, kind) => {
      const id = /^bw_(?:ingest|api)_([0-9a-f]{12})_/.exec(secret)?.[1];
      const row = state.prepare('SELECT * FROM keys WHERE id = ? AND kind = ?').get(id ?? '', kind);
      const found = row as unknown as KeyRow | undefined;
      const isSame = timingSafeEqual(sha256(secret), found?.secret_hash ?? NO_HASH);
      return found && isSame ? view(found) : undefined;
    },
  };
}

const NO_HASH = new Uint8Array(32);

export function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
