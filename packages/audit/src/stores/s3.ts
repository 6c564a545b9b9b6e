import { hash, randomUUID } from 'node:crypto';
import { callable, either, flag, type Rule, record, secret, whole } from '@breakwater/errors/options';
import { AuditError } from '../errors.ts';
import { decodeFrames, encodeFrame } from '../journal-frame.ts';
import { checkOptions } from '../option.ts';
import type { AuditStore, JournalEntry } from '../store.ts';
import { checkCredentials, createS3Client, type S3Answer } from './s3-client.ts';
import type { S3Credentials } from './sigv4.ts';

export interface S3StoreOptions {
  /** `https://s3.eu-central-1.amazonaws.com`, or any server that speaks S3 with conditional writes. Addressed path style. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Before every key, such as `payments/`. Default none. */
  readonly prefix?: string;
  /** A function is asked before each request: for credentials that expire. */
  readonly credentials: S3Credentials | (() => S3Credentials | Promise<S3Credentials>);
  /**
   * Takes the writer's lock although another holds it. A crash leaves the lock behind: set this after making sure that
   * the old writer is gone. If it is not, it fails with `AUDIT_LOCKED` at its next batch and cannot fork the trail.
   */
  readonly takeOver?: boolean;
  /** For one request, with its credentials and repetitions, in ms. Default 30,000. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

const LOCK = 'writer.lock';
const MAX_ATTEMPTS = 3;
/** A batch has at most 4,096 entries of 65,535 bytes. */
const MAX_BATCH_BYTES = 4_096 * 65_539 + 28;
/** The tag of no object. */
const NO_TAG = `"${'0'.repeat(32)}"`;

const isUrl = (value: unknown): boolean => {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
  return (
    url !== null && /^https?:$/.test(url.protocol) && `${url.search}${url.hash}${url.username}${url.password}` === ''
  );
};
const isPrefix = (value: unknown): boolean =>
  typeof value === 'string' &&
  value.length <= 800 &&
  value.isWellFormed() &&
  !/[\u0000-\u001f\u007f]/.test(value) &&
  !value.split('/').some((part) => part === '.' || part === '..');

const RULES: { readonly [option in keyof S3StoreOptions]-?: Rule } = {
  endpoint: secret(['an http or https URL without query, user and password', isUrl]),
  region: ['a region, such as eu-central-1', (value) => typeof value === 'string' && /^[\w-]{1,64}$/.test(value)],
  bucket: ["a bucket's name", (value) => typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(value)],
  prefix: ['text of at most 800 characters without control characters and the segments . and ..', isPrefix],
  credentials: secret(either(record, callable)),
  takeOver: flag,
  timeoutMs: whole(1, 3_600_000),
  now: callable,
};

/**
 * A trail in an S3-compatible bucket. A batch of the journal is one object, written with `If-None-Match: *`, and the
 * checkpoint is replaced with `If-Match`. A batch is acknowledged after the lock was seen to be this writer's still, so
 * that one that was taken over acknowledges nothing that the next one does not know. `lock` refuses a server that
 * ignores the conditions. Throws `AUDIT_INVALID_OPTION`.
 */
export function s3Store(options: S3StoreOptions): AuditStore {
  checkOptions('s3Store', options, RULES, ['endpoint', 'region', 'bucket', 'credentials']);
  const { bucket, prefix = '', credentials, takeOver = false, timeoutMs = 30_000, now = Date.now } = options;
  if (typeof credentials !== 'function') checkCredentials(credentials);
  const { send, list } = createS3Client({ ...options, timeoutMs, now });
  const owner = randomUUID();
  const ownBytes = Buffer.from(owner);
  const lockKey = `${prefix}${LOCK}`;
  const checkpointKey = `${prefix}checkpoint`;
  const journal = `${prefix}journal/`;
  const description = `bucket ${bucket}, ${prefix || 'no prefix'}`;
  let locked = false;
  let checkpointTag: string | null = null;
  /** Digests of checkpoints whose write had no answer: one of them may be the stored one. */
  const unanswered = new Set<string>();
  /** Where a batch that failed may be all the same. */
  let refusedKey: string | null = null;
  /** Index after the last entry that was acknowledged or read: below it nothing is replaced. */
  let known = 0;

  const journalKey = (name: string | number): string => `${journal}${String(name).padStart(16, '0')}`;

  const anotherWriter = (): AuditError =>
    new AuditError('AUDIT_LOCKED', `Another process writes this trail (${description})`);
  const failed = (why: string): AuditError => new AuditError('AUDIT_STORAGE_FAILED', `${description}: ${why}`);

  async function isOwner(): Promise<boolean> {
    const { status, bytes } = await send('GET', lockKey, { allow: [404] });
    return status !== 404 && bytes.equals(ownBytes);
  }

  async function takeLock(): Promise<void> {
    const headers: { [name: string]: string } = takeOver ? {} : { 'if-none-match': '*' };
    let isTaken: boolean;
    try {
      isTaken = (await send('PUT', lockKey, { headers, body: ownBytes, allow: [409, 412] })).status < 400;
    } catch (error) {
      // The answer may be lost and the lock ours; then a second try would find it taken, by nobody.
      if (await isOwner().catch(() => false)) return;
      throw error;
    }
    if (!isTaken && !(await isOwner())) throw anotherWriter();
  }

  async function checkConditions(): Promise<void> {
    for (const [name, value] of [
      ['if-none-match', '*'],
      ['if-match', NO_TAG],
    ] as const) {
      const { status } = await send('PUT', lockKey, {
        headers: { [name]: value },
        body: ownBytes,
        allow: [404, 409, 412],
      });
      if (status < 400) throw failed(`the server ignores ${name}, so that two writers could fork the trail`);
    }
  }

  async function giveUpLock(): Promise<void> {
    locked = false;
    if (await isOwner()) await send('DELETE', lockKey, { allow: [404] });
  }

  function tagOf({ tag }: S3Answer): string {
    if (tag === null) throw failed('the server gives objects no ETag, so that a checkpoint cannot be replaced safely');
    return tag;
  }

  async function writeCheckpoint(bytes: Uint8Array): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const headers: { [name: string]: string } =
        checkpointTag === null ? { 'if-none-match': '*' } : { 'if-match': checkpointTag };
      let answer: S3Answer;
      try {
        answer = await send('PUT', checkpointKey, { body: bytes, headers, allow: [404, 409, 412] });
      } catch (error) {
        unanswered.add(hash('sha256', bytes));
        throw error;
      }
      const stored =
        answer.status < 400 && answer.tag !== null ? answer : await send('GET', checkpointKey, { allow: [404] });
      if (answer.status < 400 || (stored.status !== 404 && stored.bytes.equals(bytes))) {
        checkpointTag = tagOf(stored);
        unanswered.clear();
        return;
      }
      const isOurs = stored.status !== 404 && unanswered.has(hash('sha256', stored.bytes));
      // A conflict (409) with what is as we know it: another request was under way, maybe an earlier one of ours.
      const isUnchanged = answer.status === 409 && (stored.status === 404 ? null : stored.tag) === checkpointTag;
      if (!isOurs && !isUnchanged) throw anotherWriter();
      checkpointTag = stored.status === 404 ? null : tagOf(stored);
    }
    throw failed('the checkpoint could not be written: other requests for it were under way');
  }

  async function writeBatch(first: number, frame: Buffer): Promise<void> {
    const key = journalKey(first);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const { status } = await send('PUT', key, {
        body: frame,
        headers: { 'if-none-match': '*' },
        allow: [409, 412],
      });
      const isWritten = status < 400 || (await isStored(key, frame));
      if (!(await isOwner())) throw anotherWriter();
      if (isWritten) return;
      if (first < known) throw failed(`${key} holds a batch that was acknowledged`);
      // What stands there was not acknowledged, or it would have been read when the lock was taken: it is a batch of ours
      // that failed, or of a writer that does not know yet that it was taken over.
      await send('DELETE', key, { allow: [404] });
    }
    throw failed(`${key} could not be written: other requests for it were under way`);
  }

  async function isStored(key: string, frame: Buffer): Promise<boolean> {
    const { status, bytes } = await send('GET', key, { allow: [404], maxBytes: MAX_BATCH_BYTES });
    return status !== 404 && bytes.equals(frame);
  }

  async function journalNames(): Promise<string[]> {
    return (await list(journal))
      .filter((key) => key.startsWith(journal) && /^\d{16}$/.test(key.slice(journal.length)))
      .map((key) => key.slice(journal.length));
  }

  async function readBatch(name: string): Promise<JournalEntry[]> {
    const { bytes, status } = await send('GET', journalKey(name), { allow: [404], maxBytes: MAX_BATCH_BYTES });
    if (status === 404) return [];
    const { entries, goodBytes } = decodeFrames(bytes, `journal/${name}`);
    if (goodBytes !== bytes.length)
      throw new AuditError('AUDIT_CORRUPT', `journal/${name} is damaged at byte ${goodBytes}`);
    return entries;
  }

  return {
    description,
    async lock() {
      await takeLock();
      try {
        await checkConditions();
        const stored = await send('GET', checkpointKey, { allow: [404] });
        checkpointTag = stored.status === 404 ? null : tagOf(stored);
        locked = true;
      } catch (error) {
        // What is thrown says more than that the lock could not be given back either.
        await giveUpLock().catch(() => undefined);
        throw error;
      }
    },
    async read(path) {
      const { status, bytes } = await send('GET', `${prefix}${path}`, { allow: [404] });
      return status === 404 ? null : bytes;
    },
    async write(path, bytes) {
      if (path === 'checkpoint') await writeCheckpoint(bytes);
      else await send('PUT', `${prefix}${path}`, { body: bytes });
    },
    async remove(path) {
      await send('DELETE', `${prefix}${path}`, { allow: [404] });
      if (path === 'checkpoint') checkpointTag = null;
    },
    async appendJournal(first, entries) {
      try {
        await writeBatch(first, encodeFrame(first, entries));
        refusedKey = null;
        known = Math.max(known, first + entries.length);
      } catch (error) {
        if (first >= known) refusedKey = journalKey(first);
        throw error;
      }
    },
    async *readJournal() {
      for (const name of await journalNames()) {
        const entries = await readBatch(name);
        known = Math.max(known, (entries.at(-1)?.index ?? -1) + 1);
        yield* entries;
      }
    },
    async trimJournal(below) {
      const names = await journalNames();
      for (const [i, name] of names.entries()) {
        const next = names[i + 1];
        const end = next === undefined ? ((await readBatch(name)).at(-1)?.index ?? -1) + 1 : Number(next);
        if (end > below) return;
        await send('DELETE', journalKey(name), { allow: [404] });
      }
    },
    async close() {
      if (!locked) return;
      if (refusedKey !== null && (await isOwner())) await send('DELETE', refusedKey, { allow: [404] });
      refusedKey = null;
      await giveUpLock();
    },
  };
}
