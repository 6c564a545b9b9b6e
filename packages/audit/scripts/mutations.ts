// Seeded mutations of a trail, each of which the verifier must find.
// node --conditions=@breakwater/source packages/audit/scripts/mutations.ts [COUNT] [SEED]
import { runMutations } from './mutation-run.ts';

const count = Number(process.argv[2] ?? 10_000);
const seed = Number(process.argv[3] ?? 6);
const startedAt = performance.now();
const { found, missed } = await runMutations(count, seed);
for (const [kind, number] of Object.entries(found)) console.log(`${kind.padEnd(10)} ${number} found`);
for (const miss of missed) console.log(`MISSED ${miss}`);
const total = count - missed.length;
console.log(
  `${total} of ${count} mutations found, seed ${seed}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
);
process.exitCode = missed.length === 0 ? 0 : 1;
