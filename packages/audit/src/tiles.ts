import { AuditError } from './errors.ts';
import { HASH_BYTES, nodeHash } from './merkle.ts';

/**
 * Layout of C2SP tlog-tiles (https://c2sp.org/tlog-tiles): a tile holds up to 256 hashes of one level; a bundle holds
 * the 256 entries under one level-0 tile, each after its length as a big-endian uint16.
 */
export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;
export const MAX_ENTRY_BYTES = 65_535;
export const CHECKPOINT_PATH = 'checkpoint';

/** `tile/LEVEL/N`, or `tile/LEVEL/N.p/WIDTH` for a tile that is not full. */
export function tilePath(level: number, index: number, width: number = TILE_WIDTH): string {
  return `tile/${level}/${indexPath(index)}${partialSuffix(width)}`;
}

/** `tile/entries/N`, or `tile/entries/N.p/WIDTH`. */
export function entriesPath(index: number, width: number = TILE_WIDTH): string {
  return `tile/entries/${indexPath(index)}${partialSuffix(width)}`;
}

function partialSuffix(width: number): string {
  return width === TILE_WIDTH ? '' : `.p/${width}`;
}

/** 1234067 is `x001/x234/067`. */
function indexPath(index: number): string {
  let path = String(index % 1_000).padStart(3, '0');
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000)) {
    path = `x${String(rest % 1_000).padStart(3, '0')}/${path}`;
  }
  return path;
}

/** Hashes in the last tile of a level for a tree of this size; 0 where that level's tiles are all full. */
export function partialWidth(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;
}

/** Root of the perfect subtree over `2 ** height` hashes of a tile, from its hash number `start` on. */
export function subtreeInTile(tile: Uint8Array, start: number, height: number): Buffer {
  if (height === 0) return Buffer.from(tile.subarray(start * HASH_BYTES, (start + 1) * HASH_BYTES));
  const half = 2 ** (height - 1);
  return nodeHash(subtreeInTile(tile, start, height - 1), subtreeInTile(tile, start + half, height - 1));
}

export function encodeBundle(entries: readonly Uint8Array[]): Buffer {
  const bundle = Buffer.allocUnsafe(entries.reduce((total, entry) => total + 2 + entry.length, 0));
  let offset = 0;
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES) {
      throw new AuditError(
        'AUDIT_ENTRY_TOO_LARGE',
        `An entry has ${entry.length} bytes; the limit is ${MAX_ENTRY_BYTES}`,
      );
    }
    offset = bundle.writeUInt16BE(entry.length, offset);
    bundle.set(entry, offset);
    offset += entry.length;
  }
  return bundle;
}

/** The entries of a bundle, as views into it. Throws `AUDIT_CORRUPT` where lengths do not add up. */
export function decodeBundle(bundle: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let offset = 0;
  while (offset < bundle.length) {
    const length = offset + 2 <= bundle.length ? bundle[offset]! * 256 + bundle[offset + 1]! : Number.POSITIVE_INFINITY;
    if (offset + 2 + length > bundle.length) {
      throw new AuditError('AUDIT_CORRUPT', `An entry bundle ends in the middle of its entry number ${entries.length}`);
    }
    entries.push(bundle.subarray(offset + 2, offset + 2 + length));
    offset += 2 + length;
  }
  return entries;
}
