import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { canonicalize } from './canonical.ts';
import { formatCheckpoint } from './checkpoint.ts';
import { AuditError, toAuditError } from './errors.ts';
import { type AuditEvent, checkEvent } from './event.ts';
import { consistencyProof, inclusionProof, leafHash } from './merkle.ts';
import { parseNote, type Signer, signatureLine, signNote } from './note.ts';
import { checkedNumber } from './option.ts';
import { ownEvent, withoutUndefined } from './own-event.ts';
import { redactEvent } from './redact-event.ts';
import { createReport } from './report.ts';
import { openCheckpoint, PRUNED_PATH, parseEntry, readEntry, readPruned, readText } from './stored.ts';
import { createTidy } from './tidy.ts';
import { CHECKPOINT_PATH, entriesPath, MAX_ENTRY_BYTES, TILE_WIDTH, tilePath } from './tiles.ts';
import { checkNextSigner, checkTrailOptions } from './trail-options.ts';
import type { AppendResult, Trail, TrailOptions } from './trail-types.ts';
import { appendEntry, copyTree, createTree, loadTree, partials, subtreeReader, type Tree, treeRoot } from './tree.ts';
import { createWitnessRounds } from './witness/rounds.ts';
import { writeFiles } from './write-files.ts';

interface Pending {
  readonly entry: Buffer;
  readonly hash: Buffer;
  readonly resolve: (level: 'durable') => void;
  readonly reject: (error: AuditError) => void;
}

const MAX_BATCH = 4_096;

/**
 * Opens a trail for writing: takes the lock, checks the stored tree against its signed checkpoint, and continues with
 * what the journal holds. Throws `AUDIT_INVALID_OPTION`, `AUDIT_LOCKED`, `AUDIT_CORRUPT`, `AUDIT_BAD_SIGNATURE`, `AUDIT_STORAGE_FAILED`.
 */
export async function openTrail(options: TrailOptions): Promise<Trail> {
  checkTrailOptions(options);
  const { store, redact = redactEvent, now = Date.now, publishIntervalMs = 1_000, maxPending = 100_000 } = options;
  const { clock = 'system', component = hostname(), witnessRetryMs = 30_000 } = options;
  const { witnesses = [], witnessQuorum: quorum = witnesses.length } = options;
  let signer = options.signer;
  const report = createReport(options.onError);
  const cosignaturesReport = createReport(options.onError);
  const rounds = createWitnessRounds({
    witnesses,
    quorum,
    timeoutMs: options.witnessTimeoutMs ?? 10_000,
    graceMs: options.witnessGraceMs ?? 250,
    onFailure: (failure) => {
      if (options.onError !== undefined) report.tell(failure);
    },
  });

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
    await store.close().catch(report.tell);
    throw error;
  }

  let queue: Pending[] = [];
  /** Entries taken from the queue whose journal write is under way. */
  let writing = 0;
  let writeLoop: Promise<void> | null = null;
  let isWriting = false;
  let publication: Promise<void> | null = null;
  let nextPublication: Promise<void> | null = null;
  let publishTimer: NodeJS.Timeout | null = null;
  let witnessTimer: NodeJS.Timeout | null = null;
  /** Entries under a stored checkpoint that the quorum signed. */
  let cosigned = 0;
  let witnessFailures: readonly AuditError[] = [];
  let closed = false;
  let finished = false;
  let closing: Promise<void> | null = null;
  /** Signs beside `signer` while a key is changed. */
  let retiring: Signer | null = null;
  let lastRotation: Promise<unknown> = Promise.resolve();
  /** Resolves when a checkpoint is stored, before the witnesses are asked; then another takes its place. */
  let advance = Promise.withResolvers<void>();
  let race: { asked: Promise<void>; advanced: Promise<void>; ended: Promise<void> } | null = null;

  const tidy = createTidy(store, options.onError, partials(tree).keys());
  const size = (): number => published + durable.length + writing + queue.length;

  /** `isWriting` ends in the same turn in which the queue is seen empty, so that no entry is left waiting. */
  async function writeBatches(): Promise<void> {
    isWriting = true;
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
        isWriting = false;
        const failure = toAuditError(error, 'The journal could not be written');
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
    isWriting = false;
  }

  function schedulePublication(): void {
    if (publishTimer !== null || closed) return;
    publishTimer = setTimeout(() => {
      publishTimer = null;
      publishInBackground();
    }, publishIntervalMs);
  }

  /** Publications do not overlap. All that are asked for while one runs are one, which covers what is durable then. */
  function publish(): Promise<void> {
    if (nextPublication !== null) return nextPublication;
    if (publication === null) return startPublication();
    nextPublication = (async () => {
      while (publication !== null) await publication.catch(() => undefined);
      nextPublication = null;
      await startPublication();
    })();
    return nextPublication;
  }

  async function startPublication(): Promise<void> {
    if (finished) throw new AuditError('AUDIT_CLOSED', 'The trail was closed');
    publication = publishNow().finally(() => {
      publication = null;
    });
    await publication;
  }

  async function publishNow(): Promise<void> {
    const count = durable.length;
    if (count > 0 || signed === null || retiring !== null) {
      // A copy of the edge grows, so that a failed publication leaves the tree as its checkpoint says.
      const next = copyTree(tree);
      const files = new Map<string, Uint8Array>();
      for (let i = 0; i < count; i += 1) appendEntry(next, durable[i]!.entry, durable[i]!.hash, files);
      const edge = partials(next);
      for (const [path, bytes] of edge) files.set(path, bytes);
      await writeFiles(store, files);
      const note = toNote(formatCheckpoint({ origin: signer.name, size: next.frontier.size, root: treeRoot(next) }));
      await store.write(CHECKPOINT_PATH, Buffer.from(note));
      tree = next;
      signed = note;
      published = next.frontier.size;
      durable.splice(0, count);
      await tidy(published, files, edge.keys());
      advance.resolve();
      advance = Promise.withResolvers();
    }
    if (witnesses.length > 0 && cosigned < published) await askWitnesses();
    if (durable.length > 0) schedulePublication();
  }

  /** Where only a signature is added, those that stand on the same text stay: the witnesses gave theirs already. */
  function toNote(text: string): string {
    if (signed === null || parseNote(signed).text !== text)
      return signNote(text, retiring === null ? [signer] : [retiring, signer]);
    const line = signatureLine(signer, signer.sign(text));
    return signed.includes(line) ? signed : signed + line;
  }

  /** Part of a publication, so that the checkpoint that they signed is the one that is stored. Never rejects. */
  async function askWitnesses(): Promise<void> {
    if (witnessTimer !== null) clearTimeout(witnessTimer);
    witnessTimer = null;
    const covered = published;
    const round = await rounds.collect(signed!, (oldSize) => proofs.consistency(oldSize, covered));
    witnessFailures = round.failures;
    let isStored = true;
    if (round.note !== signed) {
      try {
        await store.write(CHECKPOINT_PATH, Buffer.from(round.note));
        signed = round.note;
        cosignaturesReport.ended();
      } catch (error) {
        isStored = false;
        witnessFailures = [...round.failures, toAuditError(error, 'The cosignatures could not be stored')];
        cosignaturesReport.tell(witnessFailures.at(-1)!);
      }
    }
    if (round.hasQuorum && isStored) cosigned = covered;
    else if (!closed) witnessTimer = setTimeout(publishInBackground, witnessRetryMs);
  }

  function publishInBackground(): void {
    publish().then(report.ended, report.tell);
  }

  /** Publishes, and does not wait for the witnesses: what they do is no reason to hold an entry that is published. */
  function publishOnly(): Promise<void> {
    const asked = publish();
    const advanced = advance.promise;
    // One race for the thousands that wait for the same.
    if (race?.asked !== asked || race.advanced !== advanced)
      race = { asked, advanced, ended: Promise.race([asked, advanced]) };
    return race.ended;
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
      if (!isWriting) writeLoop = writeBatches();
      const result: AppendResult = { index, id, leafHash: hash };
      if (level === 'accepted') {
        written.catch(report.tell);
        return result;
      }
      await written;
      if (level === 'durable') return result;
      try {
        while (published <= index) await publishOnly();
      } catch (cause) {
        const { code, message } = toAuditError(cause, 'the checkpoint could not be stored');
        throw new AuditError(code, `Entry ${index} is durable and not published yet: ${message}`, { cause });
      }
      if (level === 'witnessed' && cosigned <= index) {
        await publish();
        if (cosigned <= index)
          throw new AuditError(
            'AUDIT_NOT_WITNESSED',
            `Fewer than ${quorum} of ${witnesses.length} witnesses signed the checkpoint that covers entry ${index}`,
            { cause: new AggregateError(witnessFailures, witnessFailures.map(({ message }) => message).join('; ')) },
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
    rotateKey(next) {
      const rotation = lastRotation.then(() => rotate(next));
      lastRotation = rotation.catch(() => undefined);
      return rotation;
    },
    async prune(below) {
      const limit = Math.floor(checkedNumber('below', below, 0, published) / TILE_WIDTH) * TILE_WIDTH;
      const { below: known, removed } = await readPruned(store);
      if (limit <= known && removed === known) return known;
      const pruneBelow = Math.max(limit, known);
      const event = ownEvent('trail.prune', 'prune', signer.name, { below: pruneBelow });
      const { index } = await trail.append(event, 'published');
      const record = (removedBelow: number): Promise<void> =>
        store.write(PRUNED_PATH, Buffer.from(canonicalize({ below: pruneBelow, entry: index, removed: removedBelow })));
      await record(removed);
      for (let tile = removed / TILE_WIDTH; tile < pruneBelow / TILE_WIDTH; tile += 1) {
        await store.remove(entriesPath(tile));
        await store.remove(tilePath(0, tile));
      }
      await record(pruneBelow);
      return pruneBelow;
    },
    close() {
      closing ??= closeNow();
      return closing;
    },
  };
  if (durable.length > 0 || signed === null) {
    try {
      await publishOnly();
    } catch (error) {
      await store.close().catch(report.tell);
      throw error;
    }
  } else if (witnesses.length > 0) publishInBackground();
  return trail;

  async function rotate(next: Signer): Promise<void> {
    checkNextSigner(next, signer.name);
    const old = signer;
    const keys = { from: String(old.verifier), to: String(next.verifier) };
    await trail.append(ownEvent('trail.key_rotation', 'rotate_key', signer.name, keys));
    while (publication !== null) await publication.catch(() => undefined);
    signer = next;
    retiring = old;
    try {
      await publish();
      await store.write(`rotation/${published}`, Buffer.from(signed!));
    } catch (error) {
      // What was published until here both keys signed, so that the old one can go on.
      signer = old;
      throw error;
    } finally {
      retiring = null;
    }
  }

  async function closeNow(): Promise<void> {
    closed = true;
    if (publishTimer !== null) clearTimeout(publishTimer);
    if (witnessTimer !== null) clearTimeout(witnessTimer);
    try {
      while (isWriting) await writeLoop;
      await publish();
    } finally {
      finished = true;
      await store.close();
    }
  }

  function toEntry(event: AuditEvent, id: string): Buffer {
    const { personal, ...rest } = withoutUndefined(redact(event));
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
      component,
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
