// Kills a writer with SIGKILL at random moments and restarts it; nothing acknowledged may be lost, nothing forks.
// node --conditions=@breakwater/source packages/audit/scripts/crashes.ts [RUNS] [SEED]
import { runCrashes } from './crash-run.ts';

const runs = Number(process.argv[2] ?? 1_000);
const seed = Number(process.argv[3] ?? 6);
const startedAt = performance.now();
const { acknowledged, faults } = await runCrashes(runs, seed);
for (const fault of faults) console.log(`FAULT ${fault}`);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
console.log(
  `${runs} crashes, ${acknowledged} acknowledged entries, ${faults.length} faults, seed ${seed}, ${seconds} s`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
