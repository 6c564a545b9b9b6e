import { formatCheckpoint } from '../src/checkpoint.ts';
import { leafHash } from '../src/merkle.ts';
import { type Signer, signNote } from '../src/note.ts';
import { CHECKPOINT_PATH } from '../src/tiles.ts';
import { appendEntry, createTree, partials, treeRoot } from '../src/tree.ts';
import type { TrailSource } from '../src/verify/source.ts';

export type Files = Map<string, Uint8Array>;

/** The files of a trail with these entries, signed: what an operator, or a forger with the key, can make at will. */
export function buildTrail(entries: readonly Uint8Array[], signer: Signer): Files {
  const tree = createTree();
  const files: Files = new Map();
  for (const entry of entries) appendEntry(tree, entry, leafHash(entry), files);
  for (const [path, bytes] of partials(tree)) files.set(path, bytes);
  const text = formatCheckpoint({ origin: signer.name, size: entries.length, root: treeRoot(tree) });
  files.set(CHECKPOINT_PATH, Buffer.from(signNote(text, [signer])));
  return files;
}

export function sourceOf(files: Files): TrailSource {
  return { description: 'The trail', read: async (path) => files.get(path) ?? null };
}

/** mulberry32: the same sequence for the same seed on every machine. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
