// An audit trail that somebody else can check: append, publish, prove, verify.
import {
  authentication,
  createProofFile,
  generateSigner,
  memoryStore,
  nodePrimitives,
  openTrail,
} from '@breakwater/audit';
import { readPublicKey, verifyProof, verifyTrail } from '@breakwater/audit/verify';

const signer = generateSigner('audit.example.com/accounts');
const store = memoryStore(); // directoryStore('/var/lib/audit') on a machine
const trail = await openTrail({ store, signer });
for (const id of ['user_123', 'user_456', 'user_789']) {
  await trail.append(authentication({ actor: { id }, action: 'login', outcome: 'success', method: 'password' }));
}
await trail.publish();

// The auditor has the public key, and nothing of yours but the files.
const key = readPublicKey(String(signer.verifier), nodePrimitives);
if (typeof key === 'string') throw new Error(key);
const report = await verifyTrail({ source: store, keys: [key], primitives: nodePrimitives });
console.log('intact:', report.ok, 'entries:', report.checkedEntries);

const proof = await createProofFile(store, 1);
const proved = await verifyProof(proof, [key], nodePrimitives);
console.log('entry 1 proved alone:', typeof proved === 'object');

// Somebody with write access edits a line.
const path = 'tile/entries/000.p/3';
const bundle = Buffer.from(store.files.get(path)!).toString('latin1');
store.files.set(path, Buffer.from(bundle.replaceAll('user_456', 'user_999'), 'latin1'));
const after = await verifyTrail({ source: store, keys: [key], primitives: nodePrimitives });
console.log('intact:', after.ok, 'first bad entry:', after.firstBadIndex);
console.log(after.findings[0]?.message);
await trail.close();

// Output:
// intact: true entries: 3
// entry 1 proved alone: true
// intact: false first bad entry: 1
// Entry 1 is not the one that was signed
