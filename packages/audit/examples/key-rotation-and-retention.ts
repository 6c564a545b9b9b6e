// A new key, and old entries removed: both are recorded in the trail itself.
import { authentication, generateSigner, memoryStore, nodePrimitives, openTrail } from '@breakwater/audit';
import { type PublicKey, readPublicKey, verifyTrail } from '@breakwater/audit/verify';

const oldKey = generateSigner('audit.example.com/accounts');
const newKey = generateSigner('audit.example.com/accounts');
const store = memoryStore();
const trail = await openTrail({ store, signer: oldKey });
const login = authentication({ actor: { id: 'user_123' }, action: 'login', outcome: 'success' });
await Promise.all(Array.from({ length: 1_000 }, () => trail.append(login)));
await trail.rotateKey(newKey);
console.log('content is gone below entry', await trail.prune(600));
await trail.close();

const publicKey = (text: string): PublicKey => {
  const key = readPublicKey(text, nodePrimitives);
  if (typeof key === 'string') throw new Error(key);
  return key;
};
const report = await verifyTrail({
  source: store,
  keys: [publicKey(String(newKey.verifier))],
  retiredKeys: [publicKey(String(oldKey.verifier))],
  earlier: [store.files.get('rotation/1001')!],
  primitives: nodePrimitives,
  onEntry(index, bytes) {
    const { type } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { type: string };
    if (type.startsWith('trail.')) console.log('entry', index, 'records', type);
  },
});
console.log('intact:', report.ok, 'read:', report.checkedEntries, 'pruned:', report.prunedEntries);

// Output:
// content is gone below entry 512
// entry 1000 records trail.key_rotation
// entry 1001 records trail.prune
// intact: true read: 490 pruned: 512
