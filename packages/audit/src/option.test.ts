import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { isAuditError } from './errors.ts';
import { generateSigner, generateWitnessSigner } from './note.ts';
import { createPersonalData } from './personal-data.ts';
import { matchesFilter, readEntries } from './query.ts';
import { directoryStore } from './stores/directory.ts';
import { memoryStore } from './stores/memory.ts';
import { openTrail } from './trail.ts';
import { createWitness } from './witness/create-witness.ts';

const isMisuse =
  (words: RegExp) =>
  (error: unknown): boolean =>
    isAuditError(error, 'AUDIT_INVALID_OPTION') && words.test(error.message);

test('R17: an option that is unknown or wrong is refused by every function that takes options', async () => {
  const good = { store: memoryStore(), signer: generateSigner('audit.example.com/options') };
  const bad: [object | undefined, RegExp][] = [
    [undefined, /openTrail options: expected an object/],
    [{ ...good, witnessTimeout: 5 }, /witnessTimeout: .*no such option/],
    [{ ...good, store: new Map() }, /store: expected a store/],
    [{ signer: good.signer }, /store: expected a store/],
    [{ ...good, publishIntervalMs: Number.NaN }, /publishIntervalMs/],
    [{ ...good, witnesses: [{}] }, /witnesses: expected a list, each item a witness/],
    [{ ...good, redact: 'yes' }, /redact: expected a function/],
    [{ ...good, component: 'x'.repeat(201) }, /component/],
    [{ ...good, clock: '\ud800' }, /clock/],
  ];
  for (const [options, words] of bad) await assert.rejects(openTrail(options as never), isMisuse(words), String(words));
  const trail = await openTrail({ ...good, clock: undefined as never });
  await trail.close();

  const keys = { get: () => undefined, current: () => undefined, put: () => undefined, destroy: () => 0 };
  const masterKey = new Uint8Array(32);
  for (const options of [
    { keys, masterKey: new Uint8Array(31) },
    { keys, masterKey: 'x'.repeat(32) },
    { keys: new Map(), masterKey },
    { keys, masterKey, algorithm: 'none' },
  ])
    assert.throws(() => createPersonalData(options as never), isMisuse(/createPersonalData\./));
  for (const path of ['', '\0', 5]) assert.throws(() => directoryStore(path as never), isMisuse(/directoryStore/));
  assert.throws(() => directoryStore('x', { fsync: false } as never), isMisuse(/fsync: .*no such option/));
});

test('R5: no message shows a key that was given as text', async () => {
  const key = generateSigner('a.example').exportPrivateKey();
  const witnessKey = generateWitnessSigner('w.example').exportPrivateKey();
  const keys = { get: () => undefined, current: () => undefined, put: () => undefined, destroy: () => 0 };
  const hides = (secret: string) => (error: unknown) =>
    isMisuse(/not shown/)(error) && !inspect(error).includes(secret.slice(30, 50));
  await assert.rejects(openTrail({ store: memoryStore(), signer: key as never }), hides(key));
  const state = new Map();
  assert.throws(() => createWitness({ signer: witnessKey as never, trails: [], state }), hides(witnessKey));
  const masterKey = key.slice(-64);
  assert.throws(() => createPersonalData({ keys, masterKey: masterKey as never }), hides(masterKey));
});

test('R17: a filter that is misspelt does not match everything', async () => {
  const entry = { time: '2026-11-25T00:00:00.000Z', actor: { id: 'a' } };
  for (const filter of [{ actors: 'b' }, { from: '2027-01-01' }, { to: new Date(Number.NaN) }, { actor: 5 }]) {
    assert.throws(() => matchesFilter(entry as never, filter as never), isMisuse(/^filter\./));
    await assert.rejects(readEntries(memoryStore(), filter as never).next(), isMisuse(/^filter\./));
  }
});
