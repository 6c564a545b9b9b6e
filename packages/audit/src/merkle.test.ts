import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  consistencyProof,
  createFrontier,
  emptyRoot,
  inclusionProof,
  leafHash,
  nodeHash,
  pushHash,
  rootOf,
  type SubtreeReader,
} from './merkle.ts';
import { verifyConsistency, verifyInclusion } from './proof.ts';

/** The test entries of certificate-transparency's reference implementation. */
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

function leaves(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));
}

function readerOf(hashes: readonly Buffer[]): SubtreeReader {
  const subtree = (from: number, to: number): Buffer => {
    if (to - from === 1) return hashes[from]!;
    const middle = from + (to - from) / 2;
    return nodeHash(subtree(from, middle), subtree(middle, to));
  };
  return async (height, index) => subtree(index * 2 ** height, (index + 1) * 2 ** height);
}

test('roots equal those of the RFC 6962 reference implementation', () => {
  assert.equal(emptyRoot().toString('hex'), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  const frontier = createFrontier();
  for (const [i, entry] of ENTRIES.entries()) {
    pushHash(frontier, leafHash(Buffer.from(entry, 'hex')));
    assert.equal(rootOf(frontier).toString('hex'), ROOTS[i]);
  }
});

test('every inclusion and consistency proof verifies, and only for its own tree', async () => {
  const all = leaves(70);
  const roots: Buffer[] = [emptyRoot()];
  const frontier = createFrontier();
  for (const leaf of all) {
    pushHash(frontier, leaf);
    roots.push(rootOf(frontier));
  }
  const read = readerOf(all);
  for (let size = 1; size <= all.length; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const proof = await inclusionProof(index, size, read);
      assert.ok(verifyInclusion(index, size, all[index]!, proof, roots[size]!), `leaf ${index} of ${size}`);
      assert.ok(!verifyInclusion(index, size, all[(index + 1) % all.length]!, proof, roots[size]!));
      assert.ok(!verifyInclusion(index, size, all[index]!, [...proof, all[0]!], roots[size]!));
    }
    for (let old = 0; old <= size; old += 1) {
      const proof = await consistencyProof(old, size, read);
      assert.ok(verifyConsistency(old, size, roots[old]!, roots[size]!, proof), `${old} to ${size}`);
      if (old > 0 && old < size) {
        assert.ok(!verifyConsistency(old, size, roots[old - 1]!, roots[size]!, proof));
        assert.ok(!verifyConsistency(old, size, roots[old]!, roots[size - 1]!, proof));
      }
    }
  }
});
