import type { Primitives } from './source.ts';

const HASH_BYTES = 32;

/** RFC 6962 hashes. The verifier's inner loops (`leafInto`, `root`) hash where the bytes stand and copy none. */
export interface TreeHasher {
  leaf(entry: Uint8Array): Uint8Array;
  /**
   * Hash of the leaf that stands at `from` (at least 1) to `to` in `bytes`, to `target` from `offset` on. The byte before
   * the leaf is changed for the time of the call.
   */
  leafInto(bytes: Uint8Array, from: number, to: number, target: Uint8Array, offset: number): void;
  node(left: Uint8Array, right: Uint8Array): Uint8Array;
  /** Root over a run of hashes (at least one), each 32 bytes, as one perfect or ragged tree. */
  root(hashes: Uint8Array): Uint8Array;
}

export function createHasher({ sha256, sha256Into }: Primitives): TreeHasher {
  const hashInto =
    sha256Into ?? ((bytes: Uint8Array, target: Uint8Array, offset: number) => target.set(sha256(bytes), offset));
  const nodeInput = new Uint8Array(1 + 2 * HASH_BYTES);
  nodeInput[0] = 1;
  let row = new Uint8Array(1 + 256 * HASH_BYTES);
  return {
    node(left, right) {
      nodeInput.set(left, 1);
      nodeInput.set(right, 1 + HASH_BYTES);
      return sha256(nodeInput);
    },
    leaf(entry) {
      const input = new Uint8Array(entry.length + 1);
      input.set(entry, 1);
      return sha256(input);
    },
    leafInto(bytes, from, to, target, offset) {
      const before = bytes[from - 1]!;
      bytes[from - 1] = 0;
      hashInto(bytes.subarray(from - 1, to), target, offset);
      bytes[from - 1] = before;
    },
    root(hashes) {
      if (hashes.length >= row.length) row = new Uint8Array(1 + hashes.length);
      row.set(hashes, 1);
      // Row by row, each over the one before it. The prefix of a pair goes over the last byte of the pair before it and
      // its hash over a pair further left; both were hashed already.
      for (let count = hashes.length / HASH_BYTES; count > 1; count = Math.ceil(count / 2)) {
        for (let i = 0; i + 1 < count; i += 2) {
          const at = i * HASH_BYTES;
          row[at] = 1;
          hashInto(row.subarray(at, at + 1 + 2 * HASH_BYTES), row, 1 + at / 2);
        }
        // An odd one goes up as it is: the same tree as the split at the largest power of two.
        if (count % 2 === 1) {
          const last = 1 + (count - 1) * HASH_BYTES;
          row.copyWithin(1 + ((count - 1) / 2) * HASH_BYTES, last, last + HASH_BYTES);
        }
      }
      return row.slice(1, 1 + HASH_BYTES);
    },
  };
}
