import { hash as digest } from 'node:crypto';

/** The Merkle tree of RFC 6962 section 2 (same as RFC 9162): SHA-256, 0x00 before leaves, 0x01 before nodes. */
export const HASH_BYTES = 32;

/** A digest as a string (binary, that is Latin-1) costs a quarter of one as a Buffer, whose memory is allocated outside the heap. */
function sha256(input: Uint8Array): Buffer {
  return Buffer.from(digest('sha256', input, 'binary'), 'latin1');
}

let leafInput = Buffer.alloc(4_096);

export function leafHash(entry: Uint8Array): Buffer {
  if (entry.length >= leafInput.length) leafInput = Buffer.alloc(2 * entry.length);
  leafInput.set(entry, 1);
  return sha256(leafInput.subarray(0, entry.length + 1));
}

const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES);
nodeInput[0] = 1;

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return sha256(nodeInput);
}

/** The root of a tree without entries: the hash of nothing. */
export function emptyRoot(): Buffer {
  return digest('sha256', '', 'buffer');
}

/**
 * The right edge of a tree: the roots of its perfect subtrees, largest first. Enough to append and to compute the
 * root; 32 bytes per set bit of the size.
 */
export interface Frontier {
  size: number;
  readonly hashes: Buffer[];
}

export function createFrontier(): Frontier {
  return { size: 0, hashes: [] };
}

/** Appends the root of a perfect subtree of `2 ** height` leaves. The size must be a multiple of that. */
export function pushHash(frontier: Frontier, hash: Buffer, height = 0): void {
  let joined = hash;
  let index = frontier.size / 2 ** height;
  while (index % 2 === 1) {
    joined = nodeHash(frontier.hashes.pop()!, joined);
    index = (index - 1) / 2;
  }
  frontier.hashes.push(joined);
  frontier.size += 2 ** height;
}

export function rootOf(frontier: Frontier): Buffer {
  if (frontier.size === 0) return emptyRoot();
  let root = frontier.hashes.at(-1)!;
  for (let i = frontier.hashes.length - 2; i >= 0; i -= 1) root = nodeHash(frontier.hashes[i]!, root);
  return root;
}

/** Hash of the perfect subtree of `2 ** height` leaves that starts at leaf `index * 2 ** height`. */
export type SubtreeReader = (height: number, index: number) => Promise<Uint8Array>;

/** Root over the leaves `from` (inclusive) to `to` (exclusive), by reading as few perfect subtrees as possible. */
export async function rangeRoot(from: number, to: number, read: SubtreeReader): Promise<Buffer> {
  const size = to - from;
  if (size === 0) return emptyRoot();
  const height = Math.log2(size);
  if (Number.isInteger(height) && from % size === 0) return Buffer.from(await read(height, from / size));
  const split = largestPowerOfTwoBelow(size);
  const [left, right] = await Promise.all([rangeRoot(from, from + split, read), rangeRoot(from + split, to, read)]);
  return nodeHash(left, right);
}

/** PATH(m, D[n]) of RFC 6962 section 2.1.1: from the leaf's sibling up to the root's child. */
export async function inclusionProof(index: number, size: number, read: SubtreeReader): Promise<Buffer[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`No leaf ${index} in a tree of ${size}`);
  const siblings: Promise<Buffer>[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + largestPowerOfTwoBelow(to - from);
    if (index < middle) {
      siblings.push(rangeRoot(middle, to, read));
      to = middle;
    } else {
      siblings.push(rangeRoot(from, middle, read));
      from = middle;
    }
  }
  return (await Promise.all(siblings)).reverse();
}

/** PROOF(m, D[n]) of RFC 6962 section 2.1.2: that the tree of `size` extends the tree of `oldSize`. */
export async function consistencyProof(oldSize: number, size: number, read: SubtreeReader): Promise<Buffer[]> {
  if (!(oldSize >= 0 && oldSize <= size)) throw new RangeError(`No tree of ${oldSize} within a tree of ${size}`);
  if (oldSize === 0 || oldSize === size) return [];
  const proof: Promise<Buffer>[] = [];
  let from = 0;
  let to = size;
  let isOldRoot = true;
  while (oldSize !== to) {
    const middle = from + largestPowerOfTwoBelow(to - from);
    if (oldSize <= middle) {
      proof.push(rangeRoot(middle, to, read));
      to = middle;
    } else {
      proof.push(rangeRoot(from, middle, read));
      from = middle;
      isOldRoot = false;
    }
  }
  if (!isOldRoot) proof.push(rangeRoot(from, to, read));
  return (await Promise.all(proof)).reverse();
}

function largestPowerOfTwoBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}
