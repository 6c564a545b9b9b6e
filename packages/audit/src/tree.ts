import { AuditError } from './errors.ts';
import {
  createFrontier,
  type Frontier,
  HASH_BYTES,
  leafHash,
  nodeHash,
  pushHash,
  rootOf,
  type SubtreeReader,
} from './merkle.ts';
import type { AuditStore } from './store.ts';
import {
  decodeBundle,
  encodeBundle,
  entriesPath,
  partialWidth,
  subtreeInTile,
  TILE_HEIGHT,
  TILE_WIDTH,
  tilePath,
} from './tiles.ts';

/** The writer's tree: the right edge in memory, full and partial tiles and bundles written to the store. */
export interface Tree {
  readonly frontier: Frontier;
  /** Hashes of the unfinished tile of each level, and the entries of the unfinished bundle. */
  readonly edges: { level: number; hashes: Buffer[] }[];
  readonly entries: Uint8Array[];
}

export function createTree(): Tree {
  return { frontier: createFrontier(), edges: [], entries: [] };
}

/**
 * Rebuilds the right edge for a tree of `size` from its partial tiles. Throws `AUDIT_CORRUPT` where one is missing or
 * the entries of the last bundle do not hash to their tile.
 */
export async function loadTree(store: AuditStore, size: number): Promise<Tree> {
  const tree = createTree();
  let levels = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / TILE_WIDTH)) levels += 1;
  for (let level = levels - 1; level >= 0; level -= 1) {
    const width = partialWidth(level, size);
    const hashes: Buffer[] = [];
    if (width > 0) {
      const path = tilePath(level, Math.floor(size / TILE_WIDTH ** (level + 1)), width);
      const tile = await store.read(path);
      if (tile?.length !== width * HASH_BYTES)
        throw new AuditError('AUDIT_CORRUPT', `${path} is ${tile ? 'cut' : 'missing'}, and the checkpoint needs it`);
      for (let i = 0; i < width; i += 1) hashes.push(Buffer.from(tile.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)));
    }
    for (const hash of hashes) pushHash(tree.frontier, hash, level * TILE_HEIGHT);
    tree.edges[level] = { level, hashes };
  }
  const width = partialWidth(0, size);
  if (width > 0) {
    const path = entriesPath(Math.floor(size / TILE_WIDTH), width);
    const bundle = await store.read(path);
    if (bundle === null) throw new AuditError('AUDIT_CORRUPT', `${path} is missing, and the checkpoint needs it`);
    tree.entries.push(...decodeBundle(bundle));
    const matches =
      tree.entries.length === width &&
      tree.entries.every((entry, i) => leafHash(entry).equals(tree.edges[0]!.hashes[i]!));
    if (!matches) throw new AuditError('AUDIT_CORRUPT', `The entries in ${path} do not hash to their tile`);
  }
  return tree;
}

/** Appends one entry. `full` receives each tile and bundle that it completes. */
export function appendEntry(tree: Tree, entry: Uint8Array, hash: Buffer, full: Map<string, Uint8Array>): void {
  const index = tree.frontier.size;
  pushHash(tree.frontier, hash);
  tree.entries.push(entry);
  if (tree.entries.length === TILE_WIDTH) {
    full.set(entriesPath(Math.floor(index / TILE_WIDTH)), encodeBundle(tree.entries));
    tree.entries.length = 0;
  }
  appendHash(tree, 0, Math.floor(index / TILE_WIDTH), hash, full);
}

function appendHash(tree: Tree, level: number, tileIndex: number, hash: Buffer, full: Map<string, Uint8Array>): void {
  tree.edges[level] ??= { level, hashes: [] };
  const edge = tree.edges[level];
  edge.hashes.push(hash);
  if (edge.hashes.length < TILE_WIDTH) return;
  full.set(tilePath(level, tileIndex), Buffer.concat(edge.hashes));
  const root = perfectRoot(edge.hashes);
  edge.hashes = [];
  appendHash(tree, level + 1, Math.floor(tileIndex / TILE_WIDTH), root, full);
}

function perfectRoot(hashes: readonly Buffer[]): Buffer {
  let row = hashes;
  while (row.length > 1) {
    const next: Buffer[] = [];
    for (let i = 0; i < row.length; i += 2) next.push(nodeHash(row[i]!, row[i + 1]!));
    row = next;
  }
  return row[0]!;
}

/** The partial tiles and the partial bundle that a checkpoint of the present size needs. */
export function partials(tree: Tree): Map<string, Uint8Array> {
  const { size } = tree.frontier;
  const files = new Map<string, Uint8Array>();
  for (const { level, hashes } of tree.edges) {
    if (hashes.length > 0)
      files.set(tilePath(level, Math.floor(size / TILE_WIDTH ** (level + 1)), hashes.length), Buffer.concat(hashes));
  }
  if (tree.entries.length > 0)
    files.set(entriesPath(Math.floor(size / TILE_WIDTH), tree.entries.length), encodeBundle(tree.entries));
  return files;
}

export function treeRoot(tree: Tree): Buffer {
  return rootOf(tree.frontier);
}

/** Reads perfect subtrees out of the tiles of a published tree of `size`. Tiles are kept, at most `cacheTiles` (1,000). */
export function subtreeReader(
  read: (path: string) => Promise<Uint8Array | null>,
  size: number,
  cacheTiles = 1_000,
): SubtreeReader {
  const cache = new Map<string, Promise<Uint8Array>>();
  const load = async (path: string): Promise<Uint8Array> => {
    const tile = await read(path);
    if (tile === null) throw new AuditError('AUDIT_NOT_FOUND', `${path} is missing`);
    return tile;
  };
  return async (height, index) => {
    const level = Math.floor(height / TILE_HEIGHT);
    const inTile = height % TILE_HEIGHT;
    const first = index * 2 ** inTile;
    const tileIndex = Math.floor(first / TILE_WIDTH);
    const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - tileIndex * TILE_WIDTH);
    const path = tilePath(level, tileIndex, width);
    let tile = cache.get(path);
    if (tile === undefined) {
      tile = load(path);
      cache.set(path, tile);
      tile.catch(() => cache.delete(path));
      if (cache.size > cacheTiles) cache.delete(cache.keys().next().value!);
    }
    const bytes = await tile;
    if (bytes.length !== width * HASH_BYTES)
      throw new AuditError('AUDIT_CORRUPT', `${path} has ${bytes.length} bytes instead of ${width * HASH_BYTES}`);
    return subtreeInTile(bytes, first % TILE_WIDTH, inTile);
  };
}

/** A copy whose edge can grow while the original stays. */
export function copyTree(tree: Tree): Tree {
  return {
    frontier: { size: tree.frontier.size, hashes: [...tree.frontier.hashes] },
    edges: tree.edges.map(({ level, hashes }) => ({ level, hashes: [...hashes] })),
    entries: [...tree.entries],
  };
}
