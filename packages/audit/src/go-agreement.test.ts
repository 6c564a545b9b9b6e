import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goVectors, readerFor, treeOf } from '../scripts/go-vectors.ts';
import { consistencyProof, inclusionProof } from './merkle.ts';
import { parseNote, parseSigner, parseVerifier, signNote, verifyNote } from './note.ts';
import { verifyConsistency, verifyInclusion } from './proof.ts';
import { tilePath } from './tiles.ts';
import { pathOf } from './verify/layout.ts';

const go = goVectors();
const tree = treeOf(go.roots.length - 1);
const base64 = (hashes: readonly Uint8Array[]): string[] => hashes.map((hash) => Buffer.from(hash).toString('base64'));
const bytes = (text: string): Buffer => Buffer.from(text, 'base64');

test('R8: roots equal those of golang.org/x/mod/sumdb/tlog', () => {
  assert.deepEqual(base64(tree.roots), go.roots);
});

test('R8: proofs equal those of golang.org/x/mod/sumdb/tlog, byte for byte', async () => {
  assert.ok(go.inclusion.length > 40 && go.consistency.length > 40);
  for (const { size, index, proof } of go.inclusion) {
    assert.deepEqual(base64(await inclusionProof(index, size, readerFor(tree.leaves))), proof);
    assert.ok(verifyInclusion(index, size, tree.leaves[index]!, proof.map(bytes), bytes(go.roots[size]!)));
  }
  for (const { size, old, proof } of go.consistency) {
    assert.deepEqual(base64(await consistencyProof(old, size, readerFor(tree.leaves))), proof);
    assert.ok(verifyConsistency(old, size, bytes(go.roots[old]!), bytes(go.roots[size]!), proof.map(bytes)));
  }
});

test('R9: tile paths equal those of Go, without the height', () => {
  for (const { level, index, width, path } of go.tiles) {
    assert.equal(tilePath(level, index, width), path);
    assert.equal(pathOf(level, index, width), path);
  }
});

test('R5: notes equal those of golang.org/x/mod/sumdb/note, byte for byte', () => {
  for (const { private: key, public: publicKey, text, note } of go.notes) {
    const signer = parseSigner(key);
    assert.equal(String(signer.verifier), publicKey);
    assert.equal(signNote(text, [signer]), note);
    assert.equal(verifyNote(parseNote(note), [parseVerifier(publicKey)]).length, 1);
  }
});
