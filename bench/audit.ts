/**
 * `npm run bench -- audit`: appends per second into a directory, durable and published, verification of a whole trail, and an inclusion
 * proof at 10 million entries with no tile in memory. The peer of the appends is a bare fsync per entry, what an audit
 * log without batching costs; the rounds are interleaved and the figures are medians.
 */
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { directoryStore, generateSigner, openTrail, verifyInclusion } from '@breakwater/audit';
import { fillTree, readFromDisk, rootOfTree } from '../packages/audit/scripts/big-tree.ts';
import { buildTrail } from '../packages/audit/scripts/fixture.ts';
import { publicKey } from '../packages/audit/scripts/mutation-run.ts';
import { createEntryChecker } from '../packages/audit/src/cli/entry-checker.ts';
import { nodePrimitives } from '../packages/audit/src/cli/primitives.ts';
import { openSource } from '../packages/audit/src/cli/sources.ts';
import { inclusionProof } from '../packages/audit/src/merkle.ts';
import { subtreeReader } from '../packages/audit/src/tree.ts';
import { verifyTrail } from '../packages/audit/src/verify/verify.ts';

const ROUNDS = 5;
const APPENDS = 50_000;
const VERIFIED = 500_000;
const TREE_SIZE = 10_000_000;
const PROOFS = 200;

const folder = await mkdtemp(join(tmpdir(), 'bw-audit-bench-'));
const signer = generateSigner('audit.example.com/bench');
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const event = (i: number) =>
  ({
    type: 'data_access',
    actor: { id: `user_${i % 997}`, ip: '192.0.2.10' },
    action: 'read',
    resource: { type: 'customer_data', id: `customer_${i}` },
    outcome: 'success',
    details: { fields: ['name', 'email'] },
  }) as const;

/** Durable, and published: until a signed checkpoint covers the last one. */
async function appendsPerSecond(round: number): Promise<{ durable: number; published: number }> {
  const trail = await openTrail({ store: directoryStore(join(folder, `trail-${round}`)), signer, maxPending: APPENDS });
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: APPENDS }, (_, i) => trail.append(event(i))));
  const durableAt = performance.now();
  await trail.publish();
  const publishedAt = performance.now();
  await trail.close();
  const perSecond = (endedAt: number): number => APPENDS / ((endedAt - startedAt) / 1_000);
  return { durable: perSecond(durableAt), published: perSecond(publishedAt) };
}

async function bareFsyncsPerSecond(round: number): Promise<number> {
  const handle = await open(join(folder, `bare-${round}`), 'w');
  const count = 200;
  const startedAt = performance.now();
  for (let i = 0; i < count; i += 1) {
    await handle.write(JSON.stringify(event(i)));
    await handle.datasync();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  await handle.close();
  return count / seconds;
}

const toVerify = join(folder, 'to-verify');
async function writeTrailToVerify(): Promise<void> {
  const entries = Array.from({ length: VERIFIED }, (_, i) => Buffer.from(JSON.stringify(event(i))));
  for (const [path, bytes] of buildTrail(entries, signer)) {
    await mkdir(dirname(join(toVerify, path)), { recursive: true });
    await writeFile(join(toVerify, path), bytes);
  }
}

async function verifiedPerSecond(processes: number): Promise<number> {
  const startedAt = performance.now();
  const checker = createEntryChecker(toVerify, () => undefined, processes);
  const report = await verifyTrail({
    source: openSource(toVerify),
    keys: [publicKey(signer)],
    primitives: nodePrimitives,
    entryChecker: checker,
  }).finally(() => checker.close());
  if (!report.ok || report.checkedEntries !== VERIFIED) throw new Error(report.findings[0]?.message);
  return VERIFIED / ((performance.now() - startedAt) / 1_000);
}

try {
  const durable: number[] = [];
  const published: number[] = [];
  const bare: number[] = [];
  const verified: number[] = [];
  const verifiedByAll: number[] = [];
  await writeTrailToVerify();
  for (let round = 0; round < ROUNDS; round += 1) {
    const appends = await appendsPerSecond(round);
    durable.push(appends.durable);
    published.push(appends.published);
    bare.push(await bareFsyncsPerSecond(round));
    verified.push(await verifiedPerSecond(1));
    verifiedByAll.push(await verifiedPerSecond(availableParallelism()));
  }

  const tree = join(folder, 'tree');
  const { leafAt } = await fillTree(tree, TREE_SIZE);
  const root = await rootOfTree(tree, TREE_SIZE);
  const proofs: number[] = [];
  for (let i = 0; i < PROOFS; i += 1) {
    const index = Math.floor((i * TREE_SIZE) / PROOFS) + ((i * 7919) % 50_000);
    const startedAt = performance.now();
    // A new reader each time: nothing of the last proof is kept.
    const proof = await inclusionProof(index, TREE_SIZE, subtreeReader(readFromDisk(tree), TREE_SIZE));
    proofs.push(performance.now() - startedAt);
    if (!verifyInclusion(index, TREE_SIZE, leafAt(index), proof, root))
      throw new Error(`The proof of ${index} is wrong`);
  }

  const results = [
    {
      name: 'durable appends, batched',
      value: Math.round(median(durable)),
      unit: '1/s',
      goal: 50_000,
      better: 'higher',
    },
    {
      name: 'published appends, batched',
      value: Math.round(median(published)),
      unit: '1/s',
      goal: 50_000,
      better: 'higher',
    },
    { name: 'one fsync an entry, bare', value: Math.round(median(bare)), unit: '1/s' },
    { name: 'verification from disk, one process', value: Math.round(median(verified)), unit: 'entries/s' },
    {
      name: `verification from disk, ${availableParallelism()} processes`,
      value: Math.round(median(verifiedByAll)),
      unit: 'entries/s',
      goal: 1_000_000,
      better: 'higher',
    },
    {
      name: 'inclusion proof at 10 million, cold tiles',
      value: Number(median(proofs).toFixed(3)),
      unit: 'ms',
      goal: 2,
      better: 'lower',
    },
  ].map((result) =>
    result.goal === undefined
      ? result
      : { ...result, met: result.better === 'higher' ? result.value >= result.goal : result.value <= result.goal },
  );
  for (const { name, value, unit, goal } of results)
    console.log(
      `${name.padEnd(44)} ${String(value).padStart(10)} ${unit.padEnd(10)} ${goal === undefined ? '' : `goal ${goal}`}`,
    );
  console.log(JSON.stringify({ bench: 'audit', results }));
} finally {
  await rm(folder, { recursive: true });
}
