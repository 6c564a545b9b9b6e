import { canonicalize } from '../src/canonical.ts';
import { nodePrimitives } from '../src/cli/primitives.ts';
import { generateSigner, type Signer } from '../src/note.ts';
import { type PublicKey, readPublicKey } from '../src/verify/signed-checkpoint.ts';
import { verifyTrail } from '../src/verify/verify.ts';
import { buildTrail, createRandom, sourceOf } from './fixture.ts';
import { KINDS, type MutationWorld, mutate } from './mutate.ts';

export interface MutationResult {
  readonly run: number;
  readonly found: { readonly [kind: string]: number };
  /** Mutations that the verifier called intact, or whose first bad entry it named wrongly. */
  readonly missed: readonly string[];
}

const SIZE = 700;
const KEPT = [100, 300, 600];

/** Makes a trail, mutates it `count` times, and verifies each copy as an auditor would who kept three checkpoints. */
export async function runMutations(count: number, seed: number): Promise<MutationResult> {
  const random = createRandom(seed);
  const entries = Array.from({ length: SIZE }, (_, i) =>
    Buffer.from(canonicalize({ v: 1, id: `entry-${i}`, action: 'read', note: 'x'.repeat(Math.floor(random() * 200)) })),
  );
  const current = generateSigner('audit.example.com/mutations');
  const retired = generateSigner('audit.example.com/mutations');
  const world: MutationWorld = {
    entries,
    files: buildTrail(entries, current),
    snapshots: [1, 50, 256, 300, 512, 599].map((size) => buildTrail(entries.slice(0, size), current)),
    current,
    retired,
  };
  const earlier = KEPT.map((size) => buildTrail(entries.slice(0, size), current).get('checkpoint')!);
  const options = {
    keys: [publicKey(current)],
    retiredKeys: [publicKey(retired)],
    primitives: nodePrimitives,
    earlier,
  };

  const honest = await verifyTrail({ ...options, source: sourceOf(world.files) });
  if (!honest.ok) throw new Error(`The trail is not intact before any mutation: ${honest.findings[0]?.message}`);
  const found: { [kind: string]: number } = {};
  const missed: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const mutation = mutate(world, KINDS[i % KINDS.length]!, random);
    const report = await verifyTrail({ ...options, source: sourceOf(mutation.files) });
    if (report.ok) missed.push(`${mutation.kind}: ${mutation.what}: called intact`);
    else if (mutation.firstBad !== undefined && report.firstBadIndex !== mutation.firstBad)
      missed.push(
        `${mutation.kind}: ${mutation.what}: first bad entry ${mutation.firstBad}, named ${report.firstBadIndex}`,
      );
    else found[mutation.kind] = (found[mutation.kind] ?? 0) + 1;
  }
  return { run: count, found, missed };
}

export function publicKey(signer: Signer): PublicKey {
  const key = readPublicKey(String(signer.verifier), nodePrimitives);
  if (typeof key === 'string') throw new Error(key);
  return key;
}
