import type { Signer } from '../src/note.ts';
import { CHECKPOINT_PATH, decodeBundle, encodeBundle, entriesPath, TILE_WIDTH } from '../src/tiles.ts';
import { buildTrail, type Files } from './fixture.ts';

export interface MutationWorld {
  readonly entries: readonly Uint8Array[];
  readonly files: Files;
  /** Whole states of the trail at earlier sizes, all below the newest checkpoint that the auditor kept. */
  readonly snapshots: readonly Files[];
  readonly current: Signer;
  readonly retired: Signer;
}

/** A changed copy, and the index of the first changed entry where the mutation is of entries and that is known. */
export interface Mutation {
  readonly kind: string;
  readonly what: string;
  readonly files: Files;
  readonly firstBad?: number;
}

export const KINDS = ['flip', 'delete', 'swap', 'splice', 'truncate', 'replay', 'resign'] as const;

/**
 * One mutation of the trail. Each changes at least one byte that the checkpoint needs: what is picked is never replaced
 * by itself.
 */
export function mutate(world: MutationWorld, kind: (typeof KINDS)[number], random: () => number): Mutation {
  const below = (limit: number): number => Math.floor(random() * limit);
  const paths = [...world.files.keys()];
  const files: Files = new Map(world.files);
  const path = paths[below(paths.length)]!;
  const bytes = files.get(path)!;
  const bundlePath = (bundle: number): string =>
    entriesPath(bundle, Math.min(TILE_WIDTH, world.entries.length - bundle * TILE_WIDTH));
  const index = below(world.entries.length);
  const bundle = Math.floor(index / TILE_WIDTH);
  const bundled = decodeBundle(files.get(bundlePath(bundle))!);
  const withBundle = (entries: readonly Uint8Array[], what: string, firstBad: number): Mutation => {
    files.set(bundlePath(bundle), encodeBundle(entries));
    return { kind, what, files, firstBad };
  };

  switch (kind) {
    case 'flip': {
      const at = below(bytes.length);
      const bit = below(8);
      const copy = Uint8Array.from(bytes);
      copy[at] = bytes[at]! ^ (1 << bit);
      files.set(path, copy);
      const base = { kind, what: `bit ${bit} of byte ${at} of ${path}`, files };
      return path.startsWith('tile/entries/') ? { ...base, firstBad: entryAt(world, path, bytes, at) } : base;
    }
    case 'delete':
      if (random() < 0.5) {
        files.delete(path);
        return { kind, what: `file ${path}`, files };
      }
      return withBundle(bundled.toSpliced(index % TILE_WIDTH, 1), `entry ${index}`, index);
    case 'swap': {
      if (random() < 0.5 && bundled.length > 1) {
        const one = index % TILE_WIDTH;
        const two = (one + 1 + below(bundled.length - 1)) % bundled.length;
        const swapped = [...bundled];
        [swapped[one], swapped[two]] = [bundled[two]!, bundled[one]!];
        return withBundle(
          swapped,
          `entries ${one} and ${two} of bundle ${bundle}`,
          bundle * TILE_WIDTH + Math.min(one, two),
        );
      }
      const other = paths[(paths.indexOf(path) + 1 + below(paths.length - 1)) % paths.length]!;
      files.set(path, world.files.get(other)!);
      files.set(other, bytes);
      return { kind, what: `files ${path} and ${other}`, files };
    }
    case 'splice': {
      if (random() < 0.5) {
        const at = index % TILE_WIDTH;
        const forged = Buffer.from(`{"forged":${below(1e9)}}`);
        return withBundle(bundled.toSpliced(at, 0, forged), `an entry before ${index}`, index);
      }
      const at = below(bytes.length + 1);
      const added = Uint8Array.from({ length: 1 + below(64) }, () => below(256));
      files.set(path, Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]));
      return { kind, what: `${added.length} bytes at ${at} of ${path}`, files };
    }
    case 'truncate': {
      const length = below(bytes.length);
      files.set(path, bytes.subarray(0, length));
      return { kind, what: `${path} to ${length} bytes`, files };
    }
    case 'replay': {
      const snapshot = world.snapshots[below(world.snapshots.length)]!;
      if (random() < 0.5) return { kind, what: 'the whole trail as it was', files: new Map(snapshot) };
      files.set(CHECKPOINT_PATH, snapshot.get(CHECKPOINT_PATH)!);
      for (const [old, content] of snapshot) files.set(old, content);
      return { kind, what: 'an earlier checkpoint with its tiles beside the later ones', files };
    }
    default: {
      const changed = [...world.entries];
      const how = below(3);
      if (how === 0) changed[index] = Buffer.from(`{"forged":${below(1e9)}}`);
      else if (how === 1) changed.splice(index, 1);
      else changed.splice(index, 0, Buffer.from(`{"forged":${below(1e9)}}`));
      return {
        kind,
        what: `entry ${index} ${['edited', 'deleted', 'inserted'][how]}, all tiles made again, signed with the retired key`,
        files: buildTrail(changed, world.retired),
      };
    }
  }
}

/** Index of the entry, with its length, that a byte of a bundle belongs to. */
function entryAt(world: MutationWorld, path: string, bundle: Uint8Array, at: number): number {
  const first =
    [...world.files.keys()]
      .filter((name) => name.startsWith('tile/entries/'))
      .sort()
      .indexOf(path) * TILE_WIDTH;
  let end = 0;
  for (const [i, entry] of decodeBundle(bundle).entries()) {
    end += 2 + entry.length;
    if (at < end) return first + i;
  }
  return first;
}
