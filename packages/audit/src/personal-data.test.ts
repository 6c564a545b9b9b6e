import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAuditError } from './errors.ts';
import { generateSigner } from './note.ts';
import { createPersonalData, type KeyStore } from './personal-data.ts';
import { memoryStore } from './stores/memory.ts';
import { openTrail } from './trail.ts';

function memoryKeys(): KeyStore & { readonly all: Map<string, { subject: string; key: Uint8Array }> } {
  const all = new Map<string, { subject: string; key: Uint8Array }>();
  return {
    all,
    get: (keyId) => all.get(keyId)?.key,
    current: (subject) => [...all].find(([, value]) => value.subject === subject)?.[0],
    put: (subject, keyId, key) => void all.set(keyId, { subject, key }),
    destroy(subject) {
      const own = [...all].filter(([, value]) => value.subject === subject);
      for (const [keyId] of own) all.delete(keyId);
      return own.length;
    },
  };
}
const masterKey = new Uint8Array(32).fill(9);

test('R40: personal data is read with its key, unreadable after the erasure, and the trail still proves', async () => {
  const keys = memoryKeys();
  const personalData = createPersonalData({ keys, masterKey });
  const store = memoryStore();
  const signer = generateSigner('audit.example.com/people');
  const trail = await openTrail({ store, signer, personalData });
  const event = {
    type: 'data_access',
    actor: { id: 'a' },
    action: 'read',
    resource: { type: 'customer', id: '1' },
    outcome: 'success',
  } as const;
  const anna = await trail.append(
    { ...event, personal: { subject: 'anna', data: { email: 'anna@example.com' } } },
    'published',
  );
  const ben = await trail.append(
    { ...event, personal: { subject: 'ben', data: { email: 'ben@example.com' } } },
    'published',
  );
  const root = trail.checkpoint();
  const sealed = (await trail.entry(anna.index)).personal!;
  assert.ok(!Buffer.concat([...store.files.values()]).includes('anna@example.com'));
  assert.deepEqual(personalData.open(sealed, anna.id), { email: 'anna@example.com' });
  assert.equal(personalData.erase('anna'), 1);
  assert.throws(
    () => personalData.open(sealed, anna.id),
    (error: unknown) => isAuditError(error, 'AUDIT_NOT_FOUND'),
  );
  assert.deepEqual(personalData.open((await trail.entry(ben.index)).personal!, ben.id), { email: 'ben@example.com' });
  assert.equal(trail.checkpoint(), root);
  await trail.append({ ...event, personal: { subject: 'anna', data: { email: 'new' } } }, 'published');
  assert.notEqual((await trail.entry(2)).personal!.keyId, sealed.keyId);
  await trail.close();
});

test('R41: a ciphertext that was moved to another entry, changed or cut does not open', () => {
  const personalData = createPersonalData({ keys: memoryKeys(), masterKey });
  const one = personalData.seal({ subject: 'anna', data: { a: 1 } }, 'entry-1');
  const corrupt = (error: unknown): boolean => isAuditError(error, 'AUDIT_CORRUPT');
  assert.throws(() => personalData.open(one, 'entry-2'), corrupt);
  assert.throws(() => personalData.open({ ...one, ciphertext: '' }, 'entry-1'), corrupt);
  const bytes = Buffer.from(one.ciphertext, 'base64');
  bytes[0]! ^= 1;
  assert.throws(() => personalData.open({ ...one, ciphertext: bytes.toString('base64') }, 'entry-1'), corrupt);
  const two = personalData.seal({ subject: 'ben', data: { b: 1 } }, 'entry-1');
  assert.throws(() => personalData.open({ ...one, keyId: two.keyId }, 'entry-1'), corrupt);
});

test('R41: another master key opens nothing, and a short one is refused', () => {
  const keys = memoryKeys();
  const sealed = createPersonalData({ keys, masterKey }).seal({ subject: 'anna', data: {} }, 'e');
  const other = createPersonalData({ keys, masterKey: new Uint8Array(32).fill(1) });
  assert.throws(
    () => other.open(sealed, 'e'),
    (error: unknown) => isAuditError(error, 'AUDIT_CORRUPT'),
  );
  assert.throws(
    () => createPersonalData({ keys, masterKey: new Uint8Array(16) }),
    (error: unknown) => isAuditError(error, 'AUDIT_INVALID_OPTION'),
  );
});
