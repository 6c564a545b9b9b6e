import { type BundleJob, type BundleResult, type CheckedBundle, checkBundles } from './bundles.ts';
import { equalBytes } from './bytes.ts';
import { checkVerifyOptions } from './check-options.ts';
import { pathOf, tilesOfLevel } from './layout.ts';
import { type Pruning, readPruning } from './pruning.ts';
import type { Finding, VerifyOptions, VerifyReport } from './report.ts';
import { readCheckpoint, type SignedCheckpoint } from './signed-checkpoint.ts';
import { createHasher, type TreeHasher } from './tree-check.ts';

/** Checking stops here: a trail with this many findings needs no more of them. */
const MAX_FINDINGS = 1_000;
const TILES_PER_JOB = 32;

/**
 * Checks a whole trail against its signed checkpoint. Reads only; trusts nothing but the keys; never throws on hostile
 * files (an error of the source itself is passed on). Throws a TypeError for an option that is unknown or wrong.
 */
export async function verifyTrail(options: VerifyOptions): Promise<VerifyReport> {
  checkVerifyOptions(options);
  const { source, keys, primitives } = options;
  const findings: Finding[] = [];
  const report = (checkpoint: SignedCheckpoint | null, counts: Counts): VerifyReport => {
    const indexes = findings.map((finding) => finding.from).filter((from) => from !== undefined);
    return {
      ok: findings.length === 0,
      checkpoint,
      findings,
      firstBadIndex: indexes.length === 0 ? null : Math.min(...indexes),
      stopped: findings.length >= MAX_FINDINGS,
      ...counts,
    };
  };
  const nothing: Counts = { checkedEntries: 0, prunedEntries: 0, checkedTiles: 0 };

  const bytes = await source.read('checkpoint');
  if (bytes === null) {
    findings.push({ kind: 'no_checkpoint', message: `${source.description} holds no checkpoint`, path: 'checkpoint' });
    return report(null, nothing);
  }
  const checkpoint = await readCheckpoint(bytes, keys, primitives);
  if (typeof checkpoint === 'string') {
    findings.push({
      kind: checkpoint.startsWith('The signature') ? 'bad_signature' : 'no_checkpoint',
      message: checkpoint,
      path: 'checkpoint',
    });
    return report(null, nothing);
  }
  if (checkpoint.signedBy.length === 0) {
    findings.push({
      kind: 'bad_signature',
      message: (await isRetired(bytes, options))
        ? 'The checkpoint is signed only by a key that was retired'
        : 'The checkpoint is not signed by any of the given keys',
      path: 'checkpoint',
    });
    return report(checkpoint, nothing);
  }
  if (!checkpoint.signedBy.some((key) => key.name === checkpoint.origin)) {
    findings.push({
      kind: 'wrong_origin',
      message: `The checkpoint is of "${checkpoint.origin}", and the given key is not its own`,
      path: 'checkpoint',
    });
  }

  const pruning = await readPruning(source, checkpoint.size);
  const walk = createWalk(options, checkpoint, pruning, findings);
  await walk.checkLevels();
  for (const old of options.earlier ?? []) await checkEarlier(old, walk, options, checkpoint, findings);
  return report(checkpoint, walk.counts);
}

interface Counts {
  checkedEntries: number;
  prunedEntries: number;
  checkedTiles: number;
}

interface Walk {
  readonly counts: Counts;
  readonly prunedBelow: number;
  checkLevels(): Promise<void>;
  /** Root of the first `size` entries by the stored tiles, or null where a tile is not there. */
  rootAt(size: number): Promise<Uint8Array | null>;
}

async function isRetired(bytes: Uint8Array, { retiredKeys = [], primitives }: VerifyOptions): Promise<boolean> {
  const checkpoint = await readCheckpoint(bytes, retiredKeys, primitives);
  return typeof checkpoint !== 'string' && checkpoint.signedBy.length > 0;
}

function createWalk(options: VerifyOptions, checkpoint: SignedCheckpoint, pruning: Pruning, findings: Finding[]): Walk {
  const { source, primitives } = options;
  const prunedBelow = pruning.below;
  let pruningIsProved = prunedBelow === 0;
  const { size, root } = checkpoint;
  const hasher = createHasher(primitives);
  const counts: Counts = { checkedEntries: 0, prunedEntries: 0, checkedTiles: 0 };
  const levels = levelCount(size);
  /** What each full level-0 tile hashes to. */
  const tileRoots: (Uint8Array | null)[] = [];
  const note = (finding: Finding): void => {
    if (findings.length < MAX_FINDINGS) findings.push(finding);
  };

  async function readTile(level: number, index: number, width: number): Promise<Uint8Array | null> {
    const tile = await source.read(pathOf(level, index, width));
    return tile?.length === width * 32 ? tile : null;
  }

  /** Checks one tile above level 0 against the tiles below it. */
  async function checkTile(level: number, index: number, width: number): Promise<void> {
    const path = pathOf(level, index, width);
    const tile = await source.read(path);
    if (tile === null || tile.length !== width * 32) {
      const from = index * 256 ** (level + 1);
      const to = Math.min(size, from + width * 256 ** level);
      const kind = tile === null ? 'missing' : 'damaged';
      note({ kind, message: `${path} is ${tile === null ? 'missing' : 'of the wrong length'}`, path, from, to });
      return;
    }
    counts.checkedTiles += 1;
    await checkChildren(level, index, width, tile);
  }

  const { onEntry } = options;
  const onBundle =
    onEntry &&
    ((bundle: CheckedBundle): void => {
      for (let place = 0; place < bundle.count; place += 1) {
        const entry = bundle.entry(place);
        if (entry !== null) onEntry(bundle.first + place, entry);
      }
    });

  /** Entries and level-0 tiles, in ranges of which several may be under way; results are taken in order. */
  async function checkEntries(): Promise<void> {
    const tiles = Math.ceil(size / 256);
    const { check, concurrency } = options.entryChecker ?? {
      check: (job: BundleJob) => checkBundles(job, source, primitives, onBundle),
      concurrency: 1,
    };
    const running: Promise<BundleResult>[] = [];
    let next = 0;
    while (findings.length < MAX_FINDINGS && (next < tiles || running.length > 0)) {
      while (next < tiles && running.length < concurrency) {
        const toTile = Math.min(tiles, next + TILES_PER_JOB);
        const job = check({ size, prunedBelow, pruneEntry: pruning.entry, fromTile: next, toTile });
        // Its failure is thrown where its turn comes; until then it must not count as unhandled.
        job.catch(() => undefined);
        running.push(job);
        next = toTile;
      }
      const result = await running.shift()!;
      for (const finding of result.findings) note(finding);
      for (const root of result.roots) tileRoots.push(root);
      counts.checkedEntries += result.checkedEntries;
      counts.prunedEntries += result.prunedEntries;
      counts.checkedTiles += result.checkedTiles;
      pruningIsProved ||= result.pruningIsProved;
      options.onProgress?.(counts.checkedEntries + counts.prunedEntries, size);
    }
  }

  async function checkChildren(level: number, index: number, width: number, tile: Uint8Array): Promise<void> {
    for (let i = 0; i < width; i += 1) {
      const child = index * 256 + i;
      const bytes = level === 1 ? null : await readTile(level - 1, child, 256);
      const childRoot = level === 1 ? tileRoots[child] : bytes && hasher.root(bytes);
      // A child that is not there is reported, or allowed as pruned, where its own level is checked.
      if (childRoot && !equalBytes(tile, childRoot, i * 32)) {
        const from = child * 256 ** level;
        note({
          kind: 'changed_tile',
          message: `${pathOf(level - 1, child, 256)} does not hash to its place in ${pathOf(level, index, width)}`,
          path: pathOf(level - 1, child, 256),
          from,
          to: from + 256 ** level,
        });
      }
    }
  }

  return {
    counts,
    prunedBelow,
    async checkLevels() {
      await checkEntries();
      for (let level = 1; level < levels; level += 1) {
        const { count, lastWidth } = tilesOfLevel(level, size);
        for (let index = 0; index < count && findings.length < MAX_FINDINGS; index += 1)
          await checkTile(level, index, index === count - 1 ? lastWidth : 256);
      }
      if (!pruningIsProved) {
        note({
          kind: 'unproved_pruning',
          message: `The file "pruned" says that entries below ${prunedBelow} were pruned, and no entry of the trail says so`,
          path: 'pruned',
          from: 0,
          to: prunedBelow,
        });
      }
      const computed = await this.rootAt(size);
      if (computed !== null && !equalBytes(computed, root)) {
        note({ kind: 'changed_tree', message: 'The tiles do not hash to the root that was signed' });
      }
    },
    async rootAt(atSize) {
      const pieces: Uint8Array[] = [];
      for (let level = levelCount(atSize) - 1; level >= 0; level -= 1) {
        const hashes = Math.floor(atSize / 256 ** level);
        const width = hashes % 256;
        if (width === 0) continue;
        const index = Math.floor(hashes / 256);
        const stored = tilesOfLevel(level, size);
        const storedWidth = index === stored.count - 1 ? stored.lastWidth : 256;
        const tile = await readTile(level, index, storedWidth);
        if (tile === null) return null;
        pieces.push(...perfectPieces(tile, width, hasher));
      }
      if (pieces.length === 0) return primitives.sha256(new Uint8Array(0));
      return pieces.reduceRight((right, left) => hasher.node(left, right));
    },
  };
}

/** The first `width` hashes of a tile as roots of perfect subtrees, largest first. */
function perfectPieces(tile: Uint8Array, width: number, hasher: TreeHasher): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let run = 128; run >= 1; run /= 2) {
    if (width - start < run) continue;
    pieces.push(hasher.root(tile.subarray(start * 32, (start + run) * 32)));
    start += run;
  }
  return pieces;
}

function levelCount(size: number): number {
  let levels = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) levels += 1;
  return levels;
}

async function checkEarlier(
  bytes: Uint8Array,
  walk: Walk,
  options: VerifyOptions,
  present: SignedCheckpoint,
  findings: Finding[],
): Promise<void> {
  const old = await readCheckpoint(bytes, [...options.keys, ...(options.retiredKeys ?? [])], options.primitives);
  if (typeof old === 'string') {
    findings.push({ kind: 'bad_signature', message: `An earlier checkpoint that you gave: ${old}` });
    return;
  }
  if (old.signedBy.length === 0) {
    findings.push({
      kind: 'bad_signature',
      message: 'An earlier checkpoint that you gave is not signed by any of the given keys',
    });
    return;
  }
  if (old.origin !== present.origin) {
    findings.push({
      kind: 'wrong_origin',
      message: `An earlier checkpoint that you gave is of "${old.origin}", this trail is "${present.origin}"`,
    });
    return;
  }
  if (old.size > present.size) {
    findings.push({
      kind: 'rolled_back',
      message: `The trail had ${old.size} entries when an earlier checkpoint was signed, and has ${present.size} now`,
      from: present.size,
      to: old.size,
    });
    return;
  }
  const root = await walk.rootAt(old.size);
  if (root === null && old.size < walk.prunedBelow) {
    findings.push({
      kind: 'missing',
      message: `An earlier checkpoint of ${old.size} entries cannot be compared: the tiles it needs were pruned`,
    });
    return;
  }
  if (root === null || !equalBytes(root, old.root)) {
    findings.push({
      kind: 'forked',
      message: `The trail does not extend its earlier checkpoint of ${old.size} entries: what was signed then is not what is here now`,
      from: 0,
      to: old.size,
    });
  }
}
