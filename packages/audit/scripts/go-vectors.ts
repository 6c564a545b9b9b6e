import { readFileSync } from 'node:fs';
import { createFrontier, leafHash, nodeHash, pushHash, rootOf, type SubtreeReader } from '../src/merkle.ts';

/** What `vectors/go` writes and reads. */
export interface GoVectors {
  readonly roots: readonly string[];
  readonly inclusion: readonly { readonly size: number; readonly index: number; readonly proof: readonly string[] }[];
  readonly consistency: readonly { readonly size: number; readonly old: number; readonly proof: readonly string[] }[];
  readonly tiles: readonly {
    readonly level: number;
    readonly index: number;
    readonly width: number;
    readonly path: string;
  }[];
  readonly notes: readonly {
    readonly private: string;
    readonly public: string;
    readonly text: string;
    readonly note: string;
  }[];
}

export function goVectors(): GoVectors {
  return JSON.parse(readFileSync(new URL('../vectors/vectors.json', import.meta.url), 'utf8')) as GoVectors;
}

/** The tree of `entry 0`, `entry 1`, … with its root at every size. */
export function treeOf(size: number): { leaves: Buffer[]; roots: Buffer[] } {
  const leaves = Array.from({ length: size }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));
  const frontier = createFrontier();
  const roots = [rootOf(frontier)];
  for (const leaf of leaves) {
    pushHash(frontier, leaf);
    roots.push(rootOf(frontier));
  }
  return { leaves, roots };
}

export function readerFor(leaves: readonly Buffer[]): SubtreeReader {
  const subtree = (from: number, to: number): Buffer => {
    if (to - from === 1) return leaves[from]!;
    const middle = from + (to - from) / 2;
    return nodeHash(subtree(from, middle), subtree(middle, to));
  };
  return async (height, index) => subtree(index * 2 ** height, (index + 1) * 2 ** height);
}
