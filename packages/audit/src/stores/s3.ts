import { randomUUID } from 'node:crypto';
import { AuditError } from '../errors.ts';
import { decodeFrames, encodeFrame } from '../journal-frame.ts';
import type { AuditStore, JournalEntry } from '../store.ts';
import { percentEncode, type S3Credentials, signRequest } from './sigv4.ts';

export interface S3StoreOptions {
  /** `https://s3.eu-central-1.amazonaws.com`, or any server that speaks S3 with conditional writes. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Before every key, such as `payments/`. Default none. */
  readonly prefix?: string;
  readonly credentials: S3Credentials;
  /**
   * Takes the writer's lock although another holds it. A crash leaves the lock behind: set this after making sure that
   * the old writer is gone. Conditional writes stop it in any case, with `AUDIT_LOCKED`, before it can fork the trail.
   */
  readonly takeOver?: boolean;
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

const LOCK = 'writer.lock';

/**
 * A trail in an S3-compatible bucket. A batch of the journal is one object, written with `If-None-Match: *`, and the
 * checkpoint is replaced with `If-Match`, so that of two writers one fails. Each request is made once, at most
 * `timeoutMs` (default 30,000) long.
 */
export function s3Store(options: S3StoreOptions): AuditStore {
  const { endpoint, region, bucket, prefix = '', credentials, timeoutMs = 30_000, now = Date.now } = options;
  const base = `${endpoint.replace(/\/$/, '')}/${bucket}/`;
  const owner = randomUUID();
  let locked = false;
  let checkpointTag: string | null = null;
  /** A batch that failed and may be there all the same. */
  let refused: { key: string; frame: Buffer } | null = null;

  async function send(
    method: string,
    key: string,
    more: { query?: string; headers?: { [name: string]: string }; body?: Uint8Array; allow?: number[] } = {},
  ): Promise<{ status: number; bytes: Buffer; tag: string | null }> {
    const { query = '', headers = {}, body = new Uint8Array(0), allow = [] } = more;
    const url = new URL(`${base}${key.split('/').map(percentEncode).join('/')}${query}`);
    try {
      const signed = signRequest({ method, url, headers, body }, credentials, region, new Date(now()));
      const response = await fetch(url, {
        method,
        headers: signed,
        ...(method === 'PUT' ? { body: Buffer.from(body) } : {}),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      if (!response.ok && !allow.includes(response.status))
        throw new Error(
          `it answered ${response.status} ${/<Code>([^<]{1,100})/.exec(bytes.toString('latin1'))?.[1] ?? ''}`,
        );
      return { status: response.status, bytes, tag: response.headers.get('etag') };
    } catch (cause) {
      throw new AuditError(
        'AUDIT_STORAGE_FAILED',
        `Could not ${method} ${key} in bucket ${bucket}: ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  async function journalKeys(): Promise<string[]> {
    const keys: string[] = [];
    for (let token = ''; ; ) {
      const query = `?list-type=2&prefix=${percentEncode(`${prefix}journal/`)}${token && `&continuation-token=${percentEncode(token)}`}`;
      const text = (await send('GET', '', { query })).bytes.toString('utf8');
      for (const [, name] of text.matchAll(/<Key>[^<]*journal\/(\d{16})<\/Key>/g)) keys.push(name!);
      token = /<NextContinuationToken>([^<]+)</.exec(text)?.[1] ?? '';
      if (token === '') return keys.sort();
    }
  }

  const journalKey = (name: string | number): string => `${prefix}journal/${String(name).padStart(16, '0')}`;

  async function readBatch(name: string): Promise<JournalEntry[]> {
    const { bytes, status } = await send('GET', journalKey(name), { allow: [404] });
    if (status === 404) return [];
    const { entries, goodBytes } = decodeFrames(bytes, `journal/${name}`);
    if (goodBytes !== bytes.length)
      throw new AuditError('AUDIT_CORRUPT', `journal/${name} is damaged at byte ${goodBytes}`);
    return entries;
  }

  /** Removes a batch that was refused, if it is there and is ours. */
  async function undoRefused(): Promise<void> {
    if (refused === null) return;
    const { status, bytes } = await send('GET', refused.key, { allow: [404] });
    if (status !== 404) {
      if (!bytes.equals(refused.frame)) throw anotherWriter();
      await send('DELETE', refused.key, { allow: [404] });
    }
    refused = null;
  }

  function anotherWriter(): AuditError {
    return new AuditError(
      'AUDIT_LOCKED',
      `Another process writes this trail (bucket ${bucket}, ${prefix || 'no prefix'})`,
    );
  }

  return {
    description: `bucket ${bucket}, ${prefix || 'no prefix'}`,
    async lock() {
      const headers: { [name: string]: string } = options.takeOver === true ? {} : { 'if-none-match': '*' };
      const { status } = await send('PUT', `${prefix}${LOCK}`, {
        headers,
        body: Buffer.from(owner),
        allow: [409, 412],
      });
      if (status >= 400) throw anotherWriter();
      locked = true;
      checkpointTag = (await send('GET', `${prefix}checkpoint`, { allow: [404] })).tag;
    },
    async read(path) {
      const { status, bytes } = await send('GET', `${prefix}${path}`, { allow: [404] });
      return status === 404 ? null : bytes;
    },
    async write(path, bytes) {
      if (path !== 'checkpoint') {
        await send('PUT', `${prefix}${path}`, { body: bytes });
        return;
      }
      const headers: { [name: string]: string } =
        checkpointTag === null ? { 'if-none-match': '*' } : { 'if-match': checkpointTag };
      const { status, tag } = await send('PUT', `${prefix}${path}`, { body: bytes, headers, allow: [404, 409, 412] });
      if (status < 400) {
        checkpointTag = tag;
        return;
      }
      // An answer that was lost leaves our own bytes there: that is done, not a conflict.
      const stored = await send('GET', `${prefix}${path}`, { allow: [404] });
      if (!stored.bytes.equals(bytes)) throw anotherWriter();
      checkpointTag = stored.tag;
    },
    async remove(path) {
      await send('DELETE', `${prefix}${path}`, { allow: [404] });
      if (path === 'checkpoint') checkpointTag = null;
    },
    async appendJournal(first, entries) {
      await undoRefused();
      const key = journalKey(first);
      const frame = encodeFrame(first, entries);
      let status: number;
      try {
        ({ status } = await send('PUT', key, { body: frame, headers: { 'if-none-match': '*' }, allow: [409, 412] }));
      } catch (error) {
        refused = { key, frame };
        throw error;
      }
      if (status >= 400) throw anotherWriter();
    },
    async *readJournal() {
      for (const name of await journalKeys()) yield* await readBatch(name);
    },
    async trimJournal(below) {
      const keys = await journalKeys();
      for (const [i, name] of keys.entries()) {
        const next = keys[i + 1];
        const end = next === undefined ? ((await readBatch(name)).at(-1)?.index ?? -1) + 1 : Number(next);
        if (end > below) return;
        await send('DELETE', journalKey(name), { allow: [404] });
      }
    },
    async close() {
      if (!locked) return;
      locked = false;
      const { bytes } = await send('GET', `${prefix}${LOCK}`, { allow: [404] });
      if (bytes.toString('utf8') === owner) await send('DELETE', `${prefix}${LOCK}`, { allow: [404] });
    },
  };
}
