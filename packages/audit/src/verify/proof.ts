import { equalBytes, fromBase64, toBytes } from './bytes.ts';
import { type PublicKey, readCheckpoint, type SignedCheckpoint } from './signed-checkpoint.ts';
import type { Primitives } from './source.ts';
import { createHasher, type TreeHasher } from './tree-check.ts';

/** A proof that holds: this entry stood at this index when the checkpoint was signed. */
export interface ProvedEntry {
  readonly index: number;
  readonly entry: Uint8Array;
  readonly checkpoint: SignedCheckpoint;
}

/** A path longer than this belongs to no tree that a checkpoint can state. */
const MAX_PATH = 64;

/**
 * Checks a proof file (C2SP tlog-proof, https://c2sp.org/tlog-proof, with the entry as `extra`). Needs nothing but the
 * file and the keys. Text that says what is wrong, or what is proved. Never throws.
 */
export async function verifyProof(
  text: string,
  keys: readonly PublicKey[],
  primitives: Primitives,
): Promise<ProvedEntry | string> {
  const split = text.indexOf('\n\n');
  if (split < 0) return 'The proof has no checkpoint';
  const [header, extra, indexLine, ...hashLines] = text.slice(0, split).split('\n');
  if (header !== 'c2sp.org/tlog-proof@v1') return 'The file is not a proof: it must begin with c2sp.org/tlog-proof@v1';
  const entry = extra?.startsWith('extra ') ? fromBase64(extra.slice(6)) : null;
  if (entry === null) return 'The proof does not hold the entry: its second line must be "extra" and base64';
  const digits = /^index (0|[1-9]\d{0,15})$/.exec(indexLine ?? '')?.[1];
  const index = Number(digits);
  if (digits === undefined || !Number.isSafeInteger(index)) return 'The proof does not state an index';
  const path = hashLines.map(fromBase64);
  if (path.length > MAX_PATH || !path.every((hash) => hash?.length === 32))
    return 'The proof has a hash that cannot be read';
  const checkpoint = await readCheckpoint(toBytes(text.slice(split + 2)), keys, primitives);
  if (typeof checkpoint === 'string') return checkpoint;
  const isOwn = checkpoint.signedBy.some((key) => key.name === checkpoint.origin);
  if (!isOwn) return 'The checkpoint in the proof is not signed by any of the given keys of this trail';
  if (index >= checkpoint.size) return `The proof is for entry ${index}, and the checkpoint covers ${checkpoint.size}`;
  const hasher = createHasher(primitives);
  const root = rootFromPath(hasher.leaf(entry), index, checkpoint.size, path as Uint8Array[], hasher);
  if (root === null || !equalBytes(root, checkpoint.root))
    return `The entry is not the one that stands at index ${index} of the signed trail`;
  return { index, entry, checkpoint };
}

/** Climbs from a leaf to the root by halving the tree as RFC 6962 section 2.1 splits it. Null where the path does not fit. */
function rootFromPath(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  hasher: TreeHasher,
): Uint8Array | null {
  const turns: boolean[] = [];
  let position = index;
  let count = size;
  while (count > 1) {
    let left = 1;
    while (left * 2 < count) left *= 2;
    const isRight = position >= left;
    turns.push(isRight);
    position = isRight ? position - left : position;
    count = isRight ? count - left : left;
  }
  if (turns.length !== path.length) return null;
  return path.reduce((hash, sibling, i) => {
    const isRight = turns[turns.length - 1 - i]!;
    return isRight ? hasher.node(sibling, hash) : hasher.node(hash, sibling);
  }, leaf);
}
