import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuditErrorCode, isAuditError } from './errors.ts';
import { generateSigner, generateWitnessSigner, type Signer } from './note.ts';
import { authentication } from './presets.ts';
import type { AuditStore } from './store.ts';
import { memoryStore } from './stores/memory.ts';
import { openTrail } from './trail.ts';
import { createWitness } from './witness/create-witness.ts';
import type { Witness } from './witness/witness.ts';

const signer = generateSigner('audit.example.com/trail');
const login = authentication({ actor: { id: 'a' }, outcome: 'success', action: 'login' });
const withCode =
  (code: AuditErrorCode) =>
  (error: unknown): boolean =>
    isAuditError(error, code);

function witnessOf(...keys: Signer[]): Witness {
  const own = generateWitnessSigner('w.example', () => 0);
  return createWitness({ signer: own, trails: keys.map(({ verifier }) => verifier), state: new Map() });
}

function stored(store: { files: Map<string, Uint8Array> }): string {
  return Buffer.from(store.files.get('checkpoint')!).toString();
}

test('R34: an entry is published, and a trail is open, although a witness does not answer', async () => {
  const store = memoryStore();
  const answer = Promise.withResolvers<never>();
  const silent: Witness = { ...witnessOf(signer), addCheckpoint: () => answer.promise };
  const trail = await openTrail({ store, signer, witnesses: [silent], witnessTimeoutMs: 600_000 });
  const { index } = await trail.append(login, 'published');
  assert.equal((await trail.entry(index)).actor.id, 'a');
  answer.reject(new Error('gone'));
  await trail.close();
});

test('R34: cosignatures that could not be stored are no promise', async () => {
  const plain = memoryStore();
  let isBroken = true;
  const store: AuditStore = {
    ...plain,
    write: (path, bytes) =>
      isBroken && path === 'checkpoint' && Buffer.from(bytes).includes('— w.example')
        ? Promise.reject(new Error('disk full'))
        : plain.write(path, bytes),
  };
  const errors: string[] = [];
  const onError = ({ message }: Error): number => errors.push(message);
  const trail = await openTrail({ store, signer, witnesses: [witnessOf(signer)], witnessRetryMs: 1_000, onError });
  await assert.rejects(trail.append(login, 'witnessed'), withCode('AUDIT_NOT_WITNESSED'));
  assert.match(errors[0]!, /cosignatures could not be stored/);
  await assert.rejects(trail.append(login, 'witnessed'), withCode('AUDIT_NOT_WITNESSED'));
  isBroken = false;
  await trail.append(login, 'witnessed');
  assert.match(stored(plain), /^— w\.example /m);
  await trail.close();
});

test('R33: a trail that was published and not witnessed is witnessed after it is opened again', async () => {
  const store = memoryStore();
  const first = await openTrail({ store, signer });
  await first.append(login);
  await first.close();
  const signed = Promise.withResolvers<void>();
  const witness = witnessOf(signer);
  const watched: Witness = {
    ...witness,
    addCheckpoint: (request) => witness.addCheckpoint(request).finally(signed.resolve),
  };
  const again = await openTrail({ store, signer, witnesses: [watched] });
  await signed.promise;
  await again.close();
  assert.match(stored(store), /^— w\.example /m);
});

test('R31: a key change that adds only a signature keeps those of the witnesses', async () => {
  const plain = memoryStore();
  const held: (() => void)[] = [];
  let isHeld = false;
  const store: AuditStore = {
    ...plain,
    async write(path, bytes) {
      if (isHeld && path === 'checkpoint') {
        isHeld = false;
        await new Promise<void>((resolve) => held.push(resolve));
      }
      await plain.write(path, bytes);
    },
  };
  const next = generateSigner(signer.name);
  const trail = await openTrail({ store, signer, witnesses: [witnessOf(signer, next)], publishIntervalMs: 3_600_000 });
  isHeld = true;
  const first = trail.append(login, 'published');
  while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const second = trail.append(login, 'published');
  const rotation = trail.rotateKey(next);
  await new Promise((resolve) => setImmediate(resolve));
  held[0]!();
  await Promise.all([first, second, rotation]);
  for (const path of ['checkpoint', `rotation/${trail.size}`]) {
    const note = Buffer.from(plain.files.get(path)!).toString();
    assert.deepEqual(note.match(/^— \S+/gm)?.sort(), [`— ${signer.name}`, `— ${signer.name}`, '— w.example'], path);
  }
  await trail.close();
});

test('R31: a key change that rejects leaves the old key in use, and two at once come one after the other', async () => {
  const plain = memoryStore();
  let isBroken = true;
  const store: AuditStore = {
    ...plain,
    write: (path, bytes) =>
      isBroken && path.startsWith('rotation/') ? Promise.reject(new Error('disk full')) : plain.write(path, bytes),
  };
  const trail = await openTrail({ store, signer });
  await assert.rejects(trail.rotateKey(generateSigner(signer.name)), /disk full/);
  isBroken = false;
  await trail.append(login, 'published');
  await trail.close();
  const again = await openTrail({ store, signer });
  const [one, two] = [generateSigner(signer.name), generateSigner(signer.name)];
  await Promise.all([again.rotateKey(one), again.rotateKey(two)]);
  const entries = await Promise.all([again.size - 2, again.size - 1].map((index) => again.entry(index)));
  assert.deepEqual(
    entries.map(({ details }) => details),
    [
      { from: String(signer.verifier), to: String(one.verifier) },
      { from: String(one.verifier), to: String(two.verifier) },
    ],
  );
  await again.close();
  await (await openTrail({ store, signer: two })).close();
});

test('R17: a witness key signs no trail, no trail key is a witness, and one witness is not two', async () => {
  const own = generateWitnessSigner(signer.name);
  const isMisuse = withCode('AUDIT_INVALID_OPTION');
  await assert.rejects(openTrail({ store: memoryStore(), signer: own }), isMisuse);
  const trail = await openTrail({ store: memoryStore(), signer });
  await assert.rejects(trail.rotateKey(own), isMisuse);
  await trail.close();
  assert.throws(() => createWitness({ signer: own, trails: [own.verifier], state: new Map() }), isMisuse);
  const witness = witnessOf(signer);
  const twice = { ...witness };
  await assert.rejects(openTrail({ store: memoryStore(), signer, witnesses: [witness, twice] }), isMisuse);
});

test('R30: an onError that throws stops neither the trail nor the process', async (t) => {
  const warn = t.mock.method(process, 'emitWarning', () => undefined);
  const witness = { ...witnessOf(signer), addCheckpoint: () => Promise.reject(new Error('down')) };
  const onError = (): never => {
    throw new Error('the listener is broken');
  };
  const trail = await openTrail({ store: memoryStore(), signer, witnesses: [witness], onError });
  await trail.append(login, 'published');
  await trail.close();
  const warnings = warn.mock.calls.map((call) => (call.arguments as readonly unknown[])[0]);
  assert.deepEqual([...new Set(warnings)], ['An audit trail: onError failed']);
});

test('R34: an outage of storing cosignatures is one warning', async (t) => {
  const warn = t.mock.method(process, 'emitWarning', () => undefined);
  const plain = memoryStore();
  const enough = Promise.withResolvers<void>();
  let failures = 0;
  const store: AuditStore = {
    ...plain,
    async write(path, bytes) {
      if (path !== 'checkpoint' || !Buffer.from(bytes).includes('— w.example')) return plain.write(path, bytes);
      failures += 1;
      if (failures === 4) enough.resolve();
      throw new Error('disk full');
    },
  };
  const trail = await openTrail({ store, signer, witnesses: [witnessOf(signer)], witnessRetryMs: 1 });
  await trail.append(login, 'published');
  await enough.promise;
  await trail.close();
  assert.equal(warn.mock.callCount(), 1);
});

test('R33: a witness that remembered a checkpoint and could not answer signs it when it is asked again', async () => {
  const store = memoryStore();
  const witness = witnessOf(signer);
  let lost = 0;
  const mute: Witness = {
    ...witness,
    async addCheckpoint(request) {
      const answer = await witness.addCheckpoint(request);
      if (answer.kind !== 'signed' || lost >= 2) return answer;
      lost += 1;
      throw new Error('killed between the memory and the answer');
    },
  };
  const trail = await openTrail({ store, signer, witnesses: [mute] });
  await trail.append(login, 'published');
  const { index } = await trail.append(login, 'witnessed');
  assert.equal(lost, 2);
  assert.match(stored(store), new RegExp(`^${signer.name}\n${index + 1}\n[^]*^— w\\.example `, 'm'));
  await trail.close();
});
