import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildTrail, type Files, sourceOf } from '../../scripts/fixture.ts';
import { publicKey, runMutations } from '../../scripts/mutation-run.ts';
import { formatCheckpoint } from '../checkpoint.ts';
import { nodePrimitives } from '../cli/primitives.ts';
import { generateSigner, signNote } from '../note.ts';
import { createProofFile } from '../proof-file.ts';
import { encodeBundle } from '../tiles.ts';
import { verifyProof } from './proof.ts';
import type { VerifyReport } from './report.ts';
import { readPublicKey } from './signed-checkpoint.ts';
import { verifyTrail } from './verify.ts';

const signer = generateSigner('audit.example.com/verify');
const entries = Array.from({ length: 600 }, (_, i) => Buffer.from(`{"id":${i}}`));
const original = buildTrail(entries, signer);
const kept = (size: number): Uint8Array => buildTrail(entries.slice(0, size), signer).get('checkpoint')!;

function check(files: Files, earlier: Uint8Array[] = [], by: (typeof signer)[] = [signer]): Promise<VerifyReport> {
  return verifyTrail({ source: sourceOf(files), keys: by.map(publicKey), primitives: nodePrimitives, earlier });
}
const kinds = (report: VerifyReport): string[] => [...new Set(report.findings.map(({ kind }) => kind))];

test('R50: an intact trail has no findings, at every kind of size', async () => {
  for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 600]) {
    const report = await check(
      buildTrail(entries.slice(0, size), signer),
      [0, 1, 200, 256, 512].filter((old) => old <= size).map(kept),
    );
    assert.deepEqual([report.ok, report.checkedEntries], [true, size], `${size}: ${report.findings[0]?.message}`);
  }
  const large = Array.from({ length: 66_000 }, (_, i) => Buffer.from(String(i)));
  const report = await check(buildTrail(large, signer));
  assert.deepEqual([report.ok, report.checkedEntries], [true, 66_000]);
});

test('R51: the first bad entry is named for an edit, deletion, insertion and swap', async () => {
  const bundle = entries.slice(256, 512);
  const change = (changed: Uint8Array[]): Promise<VerifyReport> =>
    check(new Map([...original, ['tile/entries/001', encodeBundle(changed)]]));
  const cases: [Uint8Array[], number][] = [
    [bundle.with(44, Buffer.from('{"id":3000}')), 300],
    [bundle.toSpliced(44, 1), 300],
    [bundle.toSpliced(44, 0, Buffer.from('x')), 300],
    [bundle.with(44, bundle[45]!).with(45, bundle[44]!), 300],
    [[...bundle, Buffer.from('x')], 511],
  ];
  for (const [changed, first] of cases) {
    const report = await change(changed);
    assert.equal(report.firstBadIndex, first);
    assert.equal(report.ok, false);
  }
});

test('R52: truncation, rollback and a fork are found by a checkpoint that was kept', async () => {
  const cut = buildTrail(entries.slice(0, 400), signer);
  assert.ok((await check(cut)).ok, 'without a kept checkpoint a rollback by the key holder cannot be told');
  const rolledBack = await check(cut, [kept(500)]);
  assert.deepEqual([kinds(rolledBack), rolledBack.firstBadIndex], [['rolled_back'], 400]);
  const fork = buildTrail(entries.with(10, Buffer.from('forged')), signer);
  assert.deepEqual(kinds(await check(fork, [kept(500)])), ['forked']);
  assert.deepEqual(kinds(await check(fork, [kept(5)])), []);
});

test('R53: tiles made again without the key are found', async () => {
  const forged = buildTrail(entries.with(10, Buffer.from('forged')), signer);
  forged.set('checkpoint', original.get('checkpoint')!);
  assert.deepEqual(kinds(await check(forged)), ['changed_tree']);
  const tile = Buffer.from(original.get('tile/0/001')!);
  tile[32 * 5]! ^= 1;
  const report = await check(new Map([...original, ['tile/0/001', tile]]));
  assert.deepEqual([kinds(report).sort(), report.firstBadIndex], [['changed_entry', 'changed_tile'], 256]);
});

test('R54: other keys, other trails and files that are not checkpoints are found', async () => {
  const stranger = generateSigner(signer.name);
  assert.deepEqual(kinds(await check(original, [], [stranger])), ['bad_signature']);
  const other = generateSigner('other.example');
  assert.deepEqual(kinds(await check(original, [buildTrail([], other).get('checkpoint')!], [signer, other])), [
    'wrong_origin',
  ]);
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from([0xff]),
    Buffer.from('a\n\n'),
    Buffer.from('x\n-1\n\n— x AAAAAAAA\n'),
  ])
    assert.deepEqual(kinds(await check(new Map([...original, ['checkpoint', bytes]]))), ['no_checkpoint']);
  assert.deepEqual(kinds(await check(new Map())), ['no_checkpoint']);
});

test('R55: a trail with everything missing is reported once per file, and checking stops', async () => {
  const text = formatCheckpoint({ origin: signer.name, size: 2 ** 52, root: Buffer.alloc(32) });
  const note = Buffer.from(signNote(text, [signer]));
  const report = await check(new Map([['checkpoint', note]]));
  assert.deepEqual([report.stopped, report.firstBadIndex, report.findings.length], [true, 0, 1_000]);
});

test('R56: a proof verifies alone, and only for its own entry, index and key', async () => {
  for (const size of [1, 2, 300, 600]) {
    const files = buildTrail(entries.slice(0, size), signer);
    for (const index of [0, 1, 255, 256, size - 1].filter((at) => at < size)) {
      const proof = await createProofFile(sourceOf(files), index);
      const proved = await verifyProof(proof, [publicKey(signer)], nodePrimitives);
      assert.ok(typeof proved !== 'string', String(proved));
      assert.deepEqual([proved.index, Buffer.from(proved.entry)], [index, entries[index]]);
      for (const wrong of [
        proof.replace(`index ${index}\n`, `index ${index + 1}\n`),
        proof.replace(/extra .*/, `extra ${Buffer.from('forged').toString('base64')}`),
        proof.replace(/(index \d+\n)/, `$1${Buffer.alloc(32).toString('base64')}\n`),
        proof.replace('c2sp', 'C2SP'),
        proof.replace(/\n\n[\s\S]*/, '\n\n'),
        '',
      ])
        assert.equal(typeof (await verifyProof(wrong, [publicKey(signer)], nodePrimitives)), 'string');
      assert.equal(
        typeof (await verifyProof(proof, [publicKey(generateSigner(signer.name))], nodePrimitives)),
        'string',
      );
    }
  }
});

test('R57: the verifier imports nothing of the writer and nothing of Node', () => {
  const folder = new URL('.', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  assert.ok(files.length >= 8);
  for (const file of files) {
    const imports = [...readFileSync(new URL(file, folder), 'utf8').matchAll(/from '([^']+)'/g)].map(
      ([, path]) => path!,
    );
    assert.deepEqual(
      imports.filter((path) => !/^\.\/[a-z-]+\.ts$/.test(path)),
      [],
      file,
    );
  }
});

test('R58: an option that is unknown or wrong is refused: a check that was asked for would not be made', async () => {
  const options = { source: sourceOf(original), keys: [publicKey(signer)], primitives: nodePrimitives };
  const bad: [object | null, RegExp][] = [
    [{ ...options, earlyer: [kept(700)] }, /earlyer: no such option/],
    [{ ...options, earlier: ['checkpoint'] }, /earlier: expected/],
    [{ ...options, earlier: kept(1) }, /earlier: expected/],
    [{ ...options, keys: [String(signer.verifier)] }, /keys: expected/],
    [{ ...options, keys: undefined }, /keys: expected/],
    [{ ...options, source: new Map() }, /source: expected/],
    [null, /expected an object/],
  ];
  for (const [given, words] of bad)
    await assert.rejects(
      verifyTrail(given as never),
      (error: unknown) => error instanceof TypeError && words.test(error.message),
      String(words),
    );
  assert.ok((await verifyTrail({ ...options, onEntry: undefined as never })).ok);
});

test('R58: public keys are refused with what is wrong', () => {
  const key = String(signer.verifier);
  for (const text of ['', 'a+b', key.slice(0, -1), key.replace(/\+[0-9a-f]{8}\+/, '+00000000+')])
    assert.equal(typeof readPublicKey(text, nodePrimitives), 'string', text);
});

test('R59: a sample of the mutations is found; scripts/mutations.ts runs 10,000', async () => {
  const { missed } = await runMutations(70, 1);
  assert.deepEqual(missed, []);
});
