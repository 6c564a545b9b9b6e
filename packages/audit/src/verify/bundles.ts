import { sameRange } from './bytes.ts';
import { pathOf } from './layout.ts';
import { pruningOf } from './pruning.ts';
import type { Finding } from './report.ts';
import type { Primitives, TrailSource } from './source.ts';
import { createHasher } from './tree-check.ts';

/** The level-0 tiles from `fromTile` to `toTile` (exclusive) with their entries. Plain data, so that it can go to a worker. */
export interface BundleJob {
  readonly size: number;
  readonly prunedBelow: number;
  /** Index of the entry that records the pruning, or -1. */
  readonly pruneEntry: number;
  readonly fromTile: number;
  readonly toTile: number;
}

export interface BundleResult {
  readonly findings: Finding[];
  /** What each full tile hashes to; null where it is not there or not full. */
  readonly roots: (Uint8Array | null)[];
  readonly checkedEntries: number;
  readonly prunedEntries: number;
  readonly checkedTiles: number;
  /** True where the entry that records the pruning was among them and says what the file says. */
  readonly pruningIsProved: boolean;
}

/** A bundle that was checked. Its bytes are the source's own and stand only during the call. */
export interface CheckedBundle {
  /** Index of its first entry, and how many entries were found. */
  readonly first: number;
  readonly count: number;
  readonly bytes: Uint8Array;
  /** The entry at a place (0 to `count` - 1), or null where it is not the one that was signed. */
  entry(place: number): Uint8Array | null;
}

/** Checks entries against their tiles. Each bundle that is there goes to `onBundle` when it was checked, in order. */
export async function checkBundles(
  job: BundleJob,
  source: TrailSource,
  primitives: Primitives,
  onBundle?: (bundle: CheckedBundle) => void,
): Promise<BundleResult> {
  const hasher = createHasher(primitives);
  /** Leaf hashes of a bundle's entries, and where each entry ends. */
  const computed = new Uint8Array(256 * 32);
  const ends = new Uint32Array(256);
  const findings: Finding[] = [];
  const roots: (Uint8Array | null)[] = [];
  let checkedEntries = 0;
  let prunedEntries = 0;
  let checkedTiles = 0;
  let pruningIsProved = false;

  for (let tileIndex = job.fromTile; tileIndex < job.toTile; tileIndex += 1) {
    const first = tileIndex * 256;
    const width = Math.min(256, job.size - first);
    const isPruned = first + width <= job.prunedBelow;
    const path = pathOf(0, tileIndex, width);
    const tile = await source.read(path);
    if (tile === null || tile.length !== width * 32) {
      roots.push(null);
      if (tile === null && isPruned) prunedEntries += width;
      else {
        const kind = tile === null ? 'missing' : 'damaged';
        const what = tile === null ? 'is missing' : 'is of the wrong length';
        findings.push({ kind, message: `${path} ${what}`, path, from: first, to: first + width });
      }
      continue;
    }
    checkedTiles += 1;
    roots.push(width === 256 ? hasher.root(tile) : null);
    await checkBundle(tileIndex, width, tile, isPruned);
  }
  return { findings, roots, checkedEntries, prunedEntries, checkedTiles, pruningIsProved };

  async function checkBundle(index: number, width: number, tile: Uint8Array, isPruned: boolean): Promise<void> {
    const path = pathOf('entries', index, width);
    const first = index * 256;
    const bundle = await source.read(path);
    if (bundle === null) {
      if (isPruned) prunedEntries += width;
      else findings.push({ kind: 'missing', message: `${path} is missing`, path, from: first, to: first + width });
      return;
    }
    let count = 0;
    let offset = 0;
    while (count < width) {
      const length = offset + 2 <= bundle.length ? bundle[offset]! * 256 + bundle[offset + 1]! : -1;
      const end = offset + 2 + length;
      if (length < 0 || end > bundle.length) break;
      hasher.leafInto(bundle, offset + 2, end, computed, count * 32);
      ends[count] = end;
      offset = end;
      count += 1;
    }
    checkedEntries += count;
    const isGood = (place: number): boolean => sameRange(tile, computed, place * 32, place * 32 + 32);
    const entryAt = (place: number): Uint8Array => bundle.subarray(place === 0 ? 2 : ends[place - 1]! + 2, ends[place]);
    if (!sameRange(tile, computed, 0, count * 32)) {
      for (let place = 0; place < count; place += 1) {
        const at = first + place;
        const message = `Entry ${at} is not the one that was signed`;
        if (!isGood(place)) findings.push({ kind: 'changed_entry', message, path, from: at, to: at + 1 });
      }
    }
    if (count < width) {
      const from = first + count;
      findings.push({ kind: 'damaged', message: `${path} ends before entry ${from}`, path, from, to: first + width });
    } else if (offset < bundle.length) {
      const message = `${path} holds more than its ${width} entries`;
      findings.push({ kind: 'damaged', message, path, from: first + width - 1, to: first + width });
    }
    const record = job.pruneEntry - first;
    if (record >= 0 && record < count && isGood(record))
      pruningIsProved = pruningOf(entryAt(record)) === job.prunedBelow;
    onBundle?.({ first, count, bytes: bundle, entry: (place) => (isGood(place) ? entryAt(place) : null) });
  }
}
