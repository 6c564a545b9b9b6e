// Two of three witnesses elsewhere sign each checkpoint; the third is down.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  authentication,
  createWitness,
  createWitnessHandler,
  generateSigner,
  generateWitnessSigner,
  httpWitness,
  memoryStore,
  openTrail,
} from '@breakwater/audit';

const signer = generateSigner('audit.example.com/accounts');

// What the other parties run: `breakwater-audit witness`, or these parts in a server of their own.
const servers = ['one.example', 'two.example'].map((name) => {
  const own = generateWitnessSigner(name);
  const witness = createWitness({ signer: own, trails: [signer.verifier], state: new Map() });
  return { key: String(own.verifier), server: createServer(createWitnessHandler(witness)) };
});
for (const { server } of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

const witnesses = servers.map(({ key, server }) =>
  httpWitness({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, key }),
);
const away = httpWitness({ url: 'http://127.0.0.1:1/', key: String(generateWitnessSigner('three.example').verifier) });

const trail = await openTrail({
  store: memoryStore(),
  signer,
  witnesses: [...witnesses, away],
  witnessQuorum: 2,
  onError: (error) => console.log(error.code, error.message.split(':')[0]),
});
const login = authentication({ actor: { id: 'user_123' }, action: 'login', outcome: 'success' });
const { index } = await trail.append(login, 'witnessed');
const signedBy = [...trail.checkpoint()!.matchAll(/^— (\S+)/gm)].map(([, name]) => name);
console.log('entry', index, 'is under a checkpoint of', signedBy.sort().join(', '));

await trail.close();
for (const { server } of servers) {
  server.closeAllConnections();
  server.close();
}

// Output:
// AUDIT_NOT_WITNESSED The witness "three.example" did not sign
// entry 0 is under a checkpoint of audit.example.com/accounts, one.example, two.example
