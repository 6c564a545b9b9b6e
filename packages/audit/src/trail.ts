import { randomUUID } from 'node:crypto';
import { canonicalize } from './canonical.ts';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { AuditError } from './errors.ts';
import { type AuditEntry, type AuditEvent, checkEvent } from './event.ts';
import { consistencyProof, inclusionProof, leafHash } from './merkle.ts';
import { parseNote, type Signer, signNote, verifyNote } from './note.ts';
import type { PersonalData } from './personal-data.ts';
import type { AuditStore } from './store.ts';
import { CHECKPOINT_PATH, decodeBundle, entriesPath, MAX_ENTRY_BYTES, partialWidth, TILE_WIDTH } from './tiles.ts';
import { appendEntry, createTree, loadTree, partials, subtreeReader, type Tree, treeRoot } from './tree.ts';
import { collectCosignatures, type Witness } from './witness.ts';

/** How far an entry has come when `append` resolves. Each level includes those before it. */
export type Durability =
  /** It has its index and is in memory. A crash loses it. */
  | 'accepted'
  /** It is in the journal, on disk. A crash keeps it, at its index. The default. */
  | 'durable'
  /** A signed checkpoint covers it: a proof of it can be given to anybody. */
  | 'published'
  /** The witnesses have signed that checkpoint, so that the operator cannot show another history to somebody else. */
  | 'witnessed';

export interface AppendResult {
  readonly index: number;
  readonly id: string;
  readonly leafHash: Uint8Array;
}

export interface TrailOptions {
  readonly store: AuditStore;
  /** Signs checkpoints. Its name is the trail's origin. */
  readonly signer: Signer;
  /** A checkpoint is signed at most this long after an entry is durable. Default 1,000 ms. */
  readonly publishIntervalMs?: number;
  /** Entries that may wait to be written; beyond it `append` rejects with `AUDIT_OVERLOADED`. Default 100,000. */
  readonly maxPending?: number;
  /** Takes secrets out of an event before it is hashed; `redactEvent` does it with `@breakwater/redact`. */
  readonly redact: (event: AuditEvent) => AuditEvent;
  /** Keys for `event.personal`. Without it an event with personal data is refused. */
  readonly personalData?: PersonalData;
  readonly witnesses?: readonly Witness[];
  /** Witness signatures needed for `witnessed`. Default: all of them. */
  readonly witnessQuorum?: number;
  /** What the machine's clock is set by, as far as the operator knows. Default `system`. */
  readonly clock?: string;
  /** Milliseconds since 1970. Default Date.now. */
  readonly now?: () => number;
  /** Hears of a failed background publication; the next one tries again. */
  readonly onError?: (error: AuditError) => void;
}

export interface Trail {
  readonly origin: string;
  /** Entries with an index, durable or not. */
  readonly size: number;
  /** Records an event. Rejects with an AuditError where it did not reach `level`; see the codes. */
  append(event: AuditEvent, level?: Durability): Promise<AppendResult>;
  /** Publishes what is durable now. */
  publish(): Promise<void>;
  /** The latest signed checkpoint, with cosignatures, or null before the first. */
  checkpoint(): string | null;
  /** The entry at an index of the published tree. */
  entry(index: number): Promise<AuditEntry>;
  /** Hashes from the leaf's sibling upwards, for the published tree or an earlier `size` of it. */
  inclusionProof(index: number, size?: number): Promise<Uint8Array[]>;
  consistencyProof(oldSize: number, size?: number): Promise<Uint8Array[]>;
  /** Publishes everything, then gives up the lock. */
  close(): Promise<void>;
}

interface Pending {
  readonly entry: Buffer;
  readonly hash: Buffer;
  readonly resolve: (level: 'durable') => void;
  readonly reject: (error: AuditError) => void;
}

const MAX_BATCH = 4_096;

/**
 * Opens a trail for writing: takes the lock, checks the stored tree against its signed checkpoint, and continues with
 * what the journal holds. Throws `AUDIT_LOCKED`, `AUDIT_CORRUPT`, `AUDIT_BAD_SIGNATURE`, `AUDIT_STORAGE_FAILED`.
 */
export async function openTrail(options: TrailOptions): Promise<Trail> {
  const { store, signer } = options;
  const now = options.now ?? Date.now;
  const publishIntervalMs = checkedNumber('publishIntervalMs', options.publishIntervalMs ?? 1_000, 0, 3_600_000);
  const maxPending = checkedNumber('maxPending', options.maxPending ?? 100_000, 1, 10_000_000);
  const witnesses = options.witnesses ?? [];
  const quorum = checkedNumber('witnessQuorum', options.witnessQuorum ?? witnesses.length, 0, witnesses.length);
  const clock = options.clock ?? 'system';

  await store.lock();
  let tree: Tree;
  let signed: string | null;
  let published: number;
  const durable: { entry: Uint8Array; hash: Buffer }[] = [];
  try {
    signed = await readText(store, CHECKPOINT_PATH);
    published = signed === null ? 0 : openCheckpoint(signed, signer).size;
    tree = signed === null ? createTree() : await loadTree(store, published);
    if (signed !== null) {
      const { root } = openCheckpoint(signed, signer);
      if (!treeRoot(tree).equals(root))
        throw new AuditError('AUDIT_CORRUPT', 'The tiles do not hash to the root of the signed checkpoint');
    }
    let expected = published;
    for await (const { index, entry } of store.readJournal()) {
      if (index < published) continue;
      if (index !== expected)
        throw new AuditError(
          'AUDIT_CORRUPT',
          `The journal goes on with entry ${index}, and entry ${expected} is missing`,
        );
      durable.push({ entry, hash: leafHash(entry) });
      expected += 1;
    }
  } catch (error) {
    await store.close();
    throw error;
  }

  let queue: Pending[] = [];
  /** Entries taken from the queue whose journal write is under way. */
  let writing = 0;
  let writeLoop: Promise<void> | null = null;
  let publication: Promise<void> | null = null;
  let publishTimer: NodeJS.Timeout | null = null;
  let cosigned = 0;
  let closed = false;

  const size = (): number => published + durable.length + writing + queue.length;

  async function writeBatches(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.length > MAX_BATCH ? queue.splice(0, MAX_BATCH) : queue;
      if (batch === queue) queue = [];
      writing = batch.length;
      try {
        await store.appendJournal(
          published + durable.length,
          batch.map((item) => item.entry),
        );
      } catch (error) {
        writing = 0;
        const failure =
          error instanceof AuditError
            ? error
            : new AuditError('AUDIT_STORAGE_FAILED', 'The journal could not be written', { cause: error });
        for (const item of batch) item.reject(failure);
        // What queued behind the failed batch was promised indexes that are free again.
        for (const item of queue.splice(0)) item.reject(failure);
        return;
      }
      writing = 0;
      for (const item of batch) {
        durable.push(item);
        item.resolve('durable');
      }
      schedulePublication();
    }
  }

  function schedulePublication(): void {
    if (publishTimer !== null || closed) return;
    publishTimer = setTimeout(() => {
      publishTimer = null;
      publish().catch((error: unknown) => options.onError?.(error as AuditError));
    }, publishIntervalMs);
  }

  /** Publications do not overlap; one asked for while another runs covers what was durable when it was asked for. */
  async function publish(): Promise<void> {
    while (publication !== null) await publication.catch(() => undefined);
    publication = publishNow().finally(() => {
      publication = null;
    });
    await publication;
  }

  async function publishNow(): Promise<void> {
    const count = durable.length;
    if (count > 0 || signed === null) {
      // A copy of the edge grows, so that a failed publication leaves the tree as its checkpoint says.
      const next = copyTree(tree);
      const files = new Map<string, Uint8Array>();
      for (let i = 0; i < count; i += 1) appendEntry(next, durable[i]!.entry, durable[i]!.hash, files);
      for (const [path, bytes] of partials(next)) files.set(path, bytes);
      for (const [path, bytes] of files) await store.write(path, bytes);
      const note = signNote(formatCheckpoint({ origin: signer.name, size: next.frontier.size, root: treeRoot(next) }), [
        signer,
      ]);
      await store.write(CHECKPOINT_PATH, Buffer.from(note));
      tree = next;
      signed = note;
      published = next.frontier.size;
      durable.splice(0, count);
      await store.trimJournal(published);
    }
    if (witnesses.length > 0 && cosigned < published) {
      const { note, count: witnessed } = await collectCosignatures(signed!, witnesses, (oldSize) =>
        proofs.consistency(oldSize, published),
      );
      signed = note;
      await store.write(CHECKPOINT_PATH, Buffer.from(note));
      if (witnessed >= quorum) cosigned = published;
    }
    if (durable.length > 0) schedulePublication();
  }

  const reader = (treeSize: number): ReturnType<typeof subtreeReader> => {
    if (treeSize > published)
      throw new AuditError('AUDIT_NOT_FOUND', `The published trail has ${published} entries, not ${treeSize}`);
    return subtreeReader((path) => store.read(path), published);
  };
  const proofs = {
    consistency: (oldSize: number, treeSize: number) => consistencyProof(oldSize, treeSize, reader(treeSize)),
  };

  const trail: Trail = {
    origin: signer.name,
    get size() {
      return size();
    },
    async append(event, level = 'durable') {
      if (closed) throw new AuditError('AUDIT_CLOSED', 'The trail was closed');
      checkEvent(event);
      if (queue.length + writing >= maxPending) {
        throw new AuditError(
          'AUDIT_OVERLOADED',
          `${queue.length + writing} entries wait to be written, the limit is ${maxPending}`,
        );
      }
      const id = randomUUID();
      const entry = toEntry(event, id);
      const hash = leafHash(entry);
      const index = size();
      const written = new Promise<'durable'>((resolve, reject) => queue.push({ entry, hash, resolve, reject }));
      writeLoop ??= writeBatches().finally(() => {
        writeLoop = null;
      });
      const result: AppendResult = { index, id, leafHash: hash };
      if (level === 'accepted') {
        written.catch((error: unknown) => options.onError?.(error as AuditError));
        return result;
      }
      await written;
      if (level === 'durable') return result;
      while (published <= index) await publish();
      if (level === 'witnessed' && cosigned <= index) {
        await publish();
        if (cosigned <= index)
          throw new AuditError(
            'AUDIT_NOT_WITNESSED',
            `Fewer than ${quorum} witnesses signed the checkpoint that covers entry ${index}`,
          );
      }
      return result;
    },
    publish,
    checkpoint: () => signed,
    async entry(index) {
      return parseEntry(await readEntry(store, index, published));
    },
    async inclusionProof(index, treeSize = published) {
      return inclusionProof(index, treeSize, reader(treeSize));
    },
    async consistencyProof(oldSize, treeSize = published) {
      return proofs.consistency(oldSize, treeSize);
    },
    async close() {
      if (closed) return;
      closed = true;
      if (publishTimer !== null) clearTimeout(publishTimer);
      try {
        while (writeLoop !== null) await writeLoop;
        await publish();
      } finally {
        await store.close();
      }
    },
  };
  if (durable.length > 0 || signed === null) await publish();
  return trail;

  function toEntry(event: AuditEvent, id: string): Buffer {
    const { personal, ...rest } = options.redact(event);
    const sealed = event.personal === undefined ? undefined : options.personalData?.seal(event.personal, id);
    if (personal !== undefined && sealed === undefined) {
      throw new AuditError(
        'AUDIT_INVALID_EVENT',
        'The event has personal data, and the trail was opened without the option personalData',
      );
    }
    const entry = {
      ...rest,
      ...(sealed === undefined ? {} : { personal: sealed }),
      v: 1,
      id,
      time: new Date(now()).toISOString(),
      clock,
    };
    const bytes = Buffer.from(canonicalize(entry));
    if (bytes.length > MAX_ENTRY_BYTES) {
      throw new AuditError(
        'AUDIT_ENTRY_TOO_LARGE',
        `The entry has ${bytes.length} bytes, the limit is ${MAX_ENTRY_BYTES}. Put large content elsewhere and refer to it by its digest.`,
      );
    }
    return bytes;
  }
}

function openCheckpoint(text: string, signer: Signer): ReturnType<typeof parseCheckpoint> {
  const note = parseNote(text);
  const [own] = verifyNote(note, [signer.verifier]);
  if (own === undefined)
    throw new AuditError(
      'AUDIT_BAD_SIGNATURE',
      `The stored checkpoint is not signed by "${signer.name}" with this key`,
    );
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== signer.name)
    throw new AuditError(
      'AUDIT_BAD_SIGNATURE',
      `The store holds the trail "${checkpoint.origin}", not "${signer.name}"`,
    );
  return checkpoint;
}

function copyTree(tree: Tree): Tree {
  return {
    frontier: { size: tree.frontier.size, hashes: [...tree.frontier.hashes] },
    edges: tree.edges.map(({ level, hashes }) => ({ level, hashes: [...hashes] })),
    entries: [...tree.entries],
  };
}

async function readEntry(store: AuditStore, index: number, size: number): Promise<Uint8Array> {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size)) {
    throw new AuditError('AUDIT_NOT_FOUND', `The published trail has ${size} entries; there is none at ${index}`);
  }
  const bundleIndex = Math.floor(index / TILE_WIDTH);
  const isLast = bundleIndex === Math.floor(size / TILE_WIDTH);
  const path = entriesPath(bundleIndex, isLast ? partialWidth(0, size) : TILE_WIDTH);
  const bundle = await store.read(path);
  const entry = bundle === null ? undefined : decodeBundle(bundle)[index % TILE_WIDTH];
  if (entry === undefined)
    throw new AuditError(
      'AUDIT_NOT_FOUND',
      `Entry ${index} is not in the store; its bundle ${path} was pruned or lost`,
    );
  return entry;
}

function parseEntry(bytes: Uint8Array): AuditEntry {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as AuditEntry;
}

async function readText(store: AuditStore, path: string): Promise<string | null> {
  const bytes = await store.read(path);
  return bytes === null ? null : Buffer.from(bytes).toString('utf8');
}

function checkedNumber(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new AuditError(
      'AUDIT_INVALID_OPTION',
      `${name} must be a whole number from ${min} to ${max}, and is ${String(value)}`,
    );
  }
  return value;
}
