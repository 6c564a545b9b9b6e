import { emptyRoot, nodeHash } from './merkle.ts';

/**
 * Checks an inclusion proof (RFC 9162 section 2.1.3.2). Shares no code with the writer but the two hash functions.
 * Never throws on hostile input.
 */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !proof.every(isHash) || !isHash(leaf)) return false;
  let position = index;
  let last = size - 1;
  let hash: Uint8Array = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash);
      while (position % 2 === 0 && position !== 0) {
        position = half(position);
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    position = half(position);
    last = half(last);
  }
  return last === 0 && equal(hash, root);
}

/** Checks a consistency proof (RFC 9162 section 2.1.4.2). Never throws on hostile input. */
export function verifyConsistency(
  oldSize: number,
  size: number,
  oldRoot: Uint8Array,
  root: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isSize(oldSize) || !isSize(size) || oldSize > size || !proof.every(isHash)) return false;
  if (oldSize === size) return proof.length === 0 && equal(oldRoot, root);
  if (oldSize === 0) return proof.length === 0 && equal(oldRoot, emptyRoot());
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : [...proof];
  const first = path.shift();
  if (first === undefined) return false;
  let position = oldSize - 1;
  let last = size - 1;
  while (position % 2 === 1) {
    position = half(position);
    last = half(last);
  }
  let oldHash: Uint8Array = first;
  let hash: Uint8Array = first;
  for (const sibling of path) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      oldHash = nodeHash(sibling, oldHash);
      hash = nodeHash(sibling, hash);
      while (position % 2 === 0 && position !== 0) {
        position = half(position);
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    position = half(position);
    last = half(last);
  }
  return last === 0 && equal(oldHash, oldRoot) && equal(hash, root);
}

function half(value: number): number {
  return Math.floor(value / 2);
}
function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
function isHash(value: Uint8Array): boolean {
  return value.length === 32;
}
function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
