import { equalBytes } from './bytes.ts';
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

/** Checks entries against their tiles. Every entry that is right goes to `onEntry`, in order. */
export async function checkBundles(
  job: BundleJob,
  source: TrailSource,
  primitives: Primitives,
  onEntry?: (index: number, entry: Uint8Array) => void,
): Promise<BundleResult> {
  const hasher = createHasher(primitives);
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
    let offset = 0;
    for (let i = 0; i < width; i += 1) {
      const at = first + i;
      const length = offset + 2 <= bundle.length ? bundle[offset]! * 256 + bundle[offset + 1]! : -1;
      const end = offset + 2 + length;
      if (length < 0 || end > bundle.length) {
        const message = `${path} ends before entry ${at}`;
        findings.push({ kind: 'damaged', message, path, from: at, to: first + width });
        return;
      }
      const entry = bundle.subarray(offset + 2, end);
      if (equalBytes(tile, hasher.leaf(entry), i * 32)) {
        if (at === job.pruneEntry) pruningIsProved = pruningOf(entry) === job.prunedBelow;
        onEntry?.(at, entry);
      } else {
        const message = `Entry ${at} is not the one that was signed`;
        findings.push({ kind: 'changed_entry', message, path, from: at, to: at + 1 });
      }
      checkedEntries += 1;
      offset = end;
    }
    if (offset < bundle.length) {
      const message = `${path} holds more than its ${width} entries`;
      findings.push({ kind: 'damaged', message, path, from: first + width - 1, to: first + width });
    }
  }
}
