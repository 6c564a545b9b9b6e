import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { goVectors, readerFor, treeOf } from '../scripts/go-vectors.ts';
import { consistencyProof, inclusionProof } from './merkle.ts';
import { generateSigner, signNote } from './note.ts';

const program = fileURLToPath(new URL('../vectors/go', import.meta.url));
const hasGo = spawnSync('go', ['version']).status === 0;
const options = {
  timeout: 180_000,
  ...(hasGo ? {} : { skip: 'there is no go on the PATH; the committed vectors are compared all the same' }),
};

function run(command: string, input = ''): string {
  const done = spawnSync('go', ['run', '.', command], { cwd: program, input, encoding: 'utf8', maxBuffer: 10_000_000 });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

test('R8: the Go program makes the committed vectors', options, () => {
  assert.deepEqual(JSON.parse(run('make')), goVectors());
});

test('R8: Go opens our notes and accepts our proofs', options, async () => {
  const size = 700;
  const { leaves, roots } = treeOf(size);
  const read = readerFor(leaves);
  const texts = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('base64'));
  const inclusion = [];
  for (let index = 0; index < size; index += 13)
    inclusion.push({ size, index, proof: texts(await inclusionProof(index, size, read)) });
  const consistency = [];
  for (let old = 1; old < size; old += 17)
    consistency.push({ size, old, proof: texts(await consistencyProof(old, size, read)) });
  const notes = Array.from({ length: 5 }, (_, i) => {
    const signer = generateSigner('audit.example.com/go');
    const text = `text ${i}\n`;
    return { public: String(signer.verifier), text, note: signNote(text, [signer]) };
  });
  const answer = run('check', JSON.stringify({ roots: texts(roots), inclusion, consistency, notes }));
  assert.match(answer, /^5 notes, 54 inclusion proofs, 42 consistency proofs good/);
});
