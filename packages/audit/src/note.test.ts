import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { nodePrimitives } from './cli/primitives.ts';
import { isAuditError } from './errors.ts';
import {
  generateSigner,
  generateWitnessSigner,
  parseNote,
  parseSigner,
  parseVerifier,
  signNote,
  verifyNote,
} from './note.ts';
import { readCheckpoint, readPublicKey, type SignedCheckpoint } from './verify/signed-checkpoint.ts';

const bad = (error: unknown): boolean => isAuditError(error, 'AUDIT_BAD_SIGNATURE');

/** The key pair and note of the documentation of golang.org/x/mod/sumdb/note. */
const PETER_PRIVATE = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const PETER_PUBLIC = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PETER_NOTE =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

test("R5: keys and notes are those of Go's sumdb/note", () => {
  const signer = parseSigner(PETER_PRIVATE);
  assert.equal(String(signer.verifier), PETER_PUBLIC);
  assert.equal(signer.exportPrivateKey(), PETER_PRIVATE);
  const note = parseNote(PETER_NOTE);
  assert.equal(signNote(note.text, [signer]), PETER_NOTE);
  assert.deepEqual(verifyNote(note, [parseVerifier(PETER_PUBLIC)]).map(String), [PETER_PUBLIC]);
});

test('R5: a signature by an unknown key proves nothing, a wrong one by a known key throws', () => {
  const signer = generateSigner('example.com/a');
  const other = generateSigner('example.com/a');
  const note = signNote('text\n', [signer]);
  assert.deepEqual(verifyNote(parseNote(note), [other.verifier]), []);
  assert.throws(() => verifyNote(parseNote(note.replace('text', 'tent')), [signer.verifier]), bad);
});

test('R5: malformed keys and notes are refused without showing the private key', () => {
  for (const text of ['', 'x', 'a+00000000+AAAA', PETER_PUBLIC.replace('c74f20a3', 'c74f20a4'), PETER_PRIVATE]) {
    assert.throws(
      () => parseVerifier(text),
      (error: unknown) => bad(error) && !(error as Error).message.includes('AYEKFALV'),
      text,
    );
  }
  for (const text of ['', PETER_PUBLIC, PETER_PRIVATE.replace('c74f20a3', 'c74f20a4'), `${PETER_PRIVATE}AAAA`]) {
    assert.throws(
      () => parseSigner(text),
      (error: unknown) => bad(error) && !(error as Error).message.includes('AYEKFALV'),
    );
  }
  for (const note of [
    '',
    'a\n',
    'a\n\n',
    'a\n\n— x\n',
    'a\n\n— x AAAA\n',
    'a\u0007\n\n— x AAAAAAAA\n',
    'a\r\n\r\n— x AAAAAAAA\r\n',
    'a\n\n— x AAAAAAA\n',
    'a\n\n— x AAAAAAAB=\n',
    'a\n\n— x+y AAAAAAAA\n',
    'a\n\n— x AAAAAAAA \n',
    `${'— x AAAAAAAA\n'.repeat(101)}`,
  ]) {
    assert.throws(() => parseNote(note), bad, note);
  }
  assert.throws(() => signNote('no newline', [generateSigner('x')]), bad);
  assert.throws(
    () => generateSigner('a name'),
    (error: unknown) => isAuditError(error),
  );
});

test('R6: a cosignature binds the time', () => {
  const witness = generateWitnessSigner('witness.example', () => 1_700_000_000_999);
  const note = parseNote(signNote('text\n', [witness]));
  assert.equal(Buffer.from(note.signatures[0]!.signature).readBigUInt64BE(), 1_700_000_000n);
  assert.equal(verifyNote(note, [witness.verifier]).length, 1);
  Buffer.from(note.signatures[0]!.signature.buffer, note.signatures[0]!.signature.byteOffset).writeBigUInt64BE(1n);
  assert.throws(() => verifyNote(note, [witness.verifier]), bad);
});

test('R6: a time that no calendar has is no cosignature, for the verifier too', async () => {
  for (const [seconds, isGood] of [
    [8_640_000_000_000, true],
    [8_640_000_000_001, false],
    [2 ** 62, false],
  ] as const) {
    const witness = generateWitnessSigner('witness.example', () => seconds * 1_000);
    const own = generateSigner('example.com/a');
    const text = formatCheckpoint({ origin: own.name, size: 1, root: Buffer.alloc(32) });
    const note = signNote(text, [own, witness]);
    assert.equal(witness.verifier.verify(text, parseNote(note).signatures[1]!.signature), isGood);
    const key = readPublicKey(String(witness.verifier), nodePrimitives);
    assert.ok(typeof key === 'object');
    const read = await readCheckpoint(Buffer.from(note), [key], nodePrimitives);
    if (isGood)
      assert.equal((read as SignedCheckpoint).witnesses[0]!.time.toISOString(), '+275760-09-13T00:00:00.000Z');
    else assert.match(String(read), /does not belong/);
  }
});

test('R7: checkpoints are read as they are written; anything else is refused', () => {
  const checkpoint = { origin: 'example.com/a', size: 9_007_199_254_740_991, root: Buffer.alloc(32, 7) };
  const text = formatCheckpoint(checkpoint);
  assert.deepEqual(parseCheckpoint(text), checkpoint);
  assert.deepEqual(parseCheckpoint(`${text}extension\n`), checkpoint);
  for (const wrong of [
    '',
    text.replace('example.com/a', ''),
    text.replace('9007199254740991', '01'),
    text.replace('9007199254740991', '9007199254740993'),
    text.replace('9007199254740991', '-1'),
    text.replace('Bwc', 'B c'),
    text.replace(/.{4}=\n/, '=\n'),
  ]) {
    assert.throws(() => parseCheckpoint(wrong), bad, wrong);
  }
});
