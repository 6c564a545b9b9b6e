// The chapter's "log data access", with personal data that can be erased later.
import {
  createPersonalData,
  dataAccess,
  generateSigner,
  type KeyStore,
  memoryStore,
  openTrail,
} from '@breakwater/audit';

/** Keys by person. A service keeps them in its database, wrapped; here they are in memory. */
function keysInMemory(): KeyStore {
  const bySubject = new Map<string, { keyId: string; key: Uint8Array }>();
  return {
    get: (keyId) => [...bySubject.values()].find((one) => one.keyId === keyId)?.key,
    current: (subject) => bySubject.get(subject)?.keyId,
    put: (subject, keyId, key) => void bySubject.set(subject, { keyId, key }),
    destroy: (subject) => (bySubject.delete(subject) ? 1 : 0),
  };
}

const personalData = createPersonalData({ keys: keysInMemory(), masterKey: new Uint8Array(32).fill(7) });
const trail = await openTrail({
  store: memoryStore(),
  signer: generateSigner('audit.example.com/customers'),
  personalData,
});

const read = dataAccess({
  actor: { id: 'user_456' },
  action: 'read',
  resource: { type: 'customer_data', id: 'customer_789' },
  outcome: 'success',
  fields: ['name', 'email', 'phone'],
  personal: { subject: 'customer_789', data: { email: 'ada@example.org' } },
});
const { index, id } = await trail.append(read, 'published');
const entry = await trail.entry(index);
console.log(entry.type, entry.resource.id, entry.details);
console.log('in the trail:', Object.keys(entry.personal!).join(', '));
console.log('with the key:', personalData.open(entry.personal!, id));

personalData.erase('customer_789');
try {
  personalData.open(entry.personal!, id);
} catch (error) {
  console.log('after erasure:', (error as Error).message);
}
console.log('still the same entry:', (await trail.entry(index)).id === id);
await trail.close();

// Output:
// data_access customer_789 { fields: [ 'name', 'email', 'phone' ] }
// in the trail: ciphertext, keyId, nonce, subject
// with the key: { email: 'ada@example.org' }
// after erasure: The personal data was erased: its key is destroyed
// still the same entry: true
