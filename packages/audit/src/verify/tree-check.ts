import type { Primitives } from './source.ts';

/** RFC 6962 hashes over reused buffers: the verifier's inner loop allocates the digest only. */
export interface TreeHasher {
  leaf(entry: Uint8Array): Uint8Array;
  node(left: Uint8Array, right: Uint8Array): Uint8Array;
  /** Root over a run of hashes, each 32 bytes, as one perfect or ragged tree. */
  root(hashes: Uint8Array): Uint8Array;
}

export function createHasher({ sha256 }: Primitives): TreeHasher {
  let leafInput = new Uint8Array(4_096);
  const nodeInput = new Uint8Array(65);
  nodeInput[0] = 1;
  const node = (left: Uint8Array, right: Uint8Array): Uint8Array => {
    nodeInput.set(left, 1);
    nodeInput.set(right, 33);
    return sha256(nodeInput);
  };
  const rootOfRange = (hashes: Uint8Array, from: number, to: number): Uint8Array => {
    const count = to - from;
    if (count === 1) return hashes.subarray(from * 32, to * 32);
    let split = 1;
    while (split * 2 < count) split *= 2;
    return node(rootOfRange(hashes, from, from + split), rootOfRange(hashes, from + split, to));
  };
  return {
    node,
    leaf(entry) {
      if (entry.length + 1 > leafInput.length) leafInput = new Uint8Array(2 * (entry.length + 1));
      leafInput[0] = 0;
      leafInput.set(entry, 1);
      return sha256(leafInput.subarray(0, entry.length + 1));
    },
    root: (hashes) => rootOfRange(hashes, 0, hashes.length / 32),
  };
}
