import { hash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { leafHash, nodeHash, rangeRoot } from '../src/merkle.ts';
import { TILE_WIDTH, tilePath } from '../src/tiles.ts';
import { subtreeReader } from '../src/tree.ts';

/**
 * Writes the tiles of a large tree without its entries. The level-0 tiles repeat 16 different ones, so that the work is
 * files and not hashing; from level 1 up every tile is computed from those below it. Memory stays bounded.
 */
export async function fillTree(directory: string, size: number): Promise<{ leafAt: (index: number) => Buffer }> {
  const kinds = Array.from({ length: 16 }, (_, kind) =>
    Array.from({ length: TILE_WIDTH }, (_, i) => leafHash(Buffer.from(hash('sha256', `leaf ${kind} ${i}`)))),
  );
  const full = kinds.map((leaves) => ({ bytes: Buffer.concat(leaves), root: rootOfRow(leaves) }));
  let row: Buffer[] = [];
  const count = Math.ceil(size / TILE_WIDTH);
  for (let tile = 0; tile < count; tile += 1) {
    const { bytes, root } = full[tile % 16]!;
    const width = Math.min(TILE_WIDTH, size - tile * TILE_WIDTH);
    await write(directory, tilePath(0, tile, width), bytes.subarray(0, width * 32));
    if (width === TILE_WIDTH) row.push(root);
  }
  for (let level = 1; row.length > 0; level += 1) {
    const next: Buffer[] = [];
    for (let from = 0; from < row.length; from += TILE_WIDTH) {
      const hashes = row.slice(from, from + TILE_WIDTH);
      await write(directory, tilePath(level, from / TILE_WIDTH, hashes.length), Buffer.concat(hashes));
      if (hashes.length === TILE_WIDTH) next.push(rootOfRow(hashes));
    }
    row = next;
  }
  return { leafAt: (index) => kinds[Math.floor(index / TILE_WIDTH) % 16]![index % TILE_WIDTH]! };
}

export function rootOfTree(directory: string, size: number): Promise<Buffer> {
  return rangeRoot(0, size, subtreeReader(readFromDisk(directory), size));
}

export function readFromDisk(directory: string): (path: string) => Promise<Uint8Array> {
  return (path) => readFile(join(directory, path));
}

const made = new Set<string>();
async function write(directory: string, path: string, bytes: Uint8Array): Promise<void> {
  const target = join(directory, path);
  if (!made.has(dirname(target))) await mkdir(dirname(target), { recursive: true });
  made.add(dirname(target));
  await writeFile(target, bytes);
}

function rootOfRow(hashes: readonly Buffer[]): Buffer {
  let row = hashes;
  while (row.length > 1) row = Array.from({ length: row.length / 2 }, (_, i) => nodeHash(row[2 * i]!, row[2 * i + 1]!));
  return row[0]!;
}
