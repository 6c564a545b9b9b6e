/**
 * Storms, simulated: what clients do to a service in trouble, with naive retries and with the policies of
 * `@breakwater/resilience`. Seeded and under virtual time, so every run gives the same figures.
 * Writes docs/images/storms.svg. Run with `npm run bench -- storms`.
 */
import { writeFileSync } from 'node:fs';
import { amplification, fanOut, outage, step } from './storms/scenarios.ts';
import { toSvg } from './storms/svg.ts';

const amplified = {
  naive: await amplification('naive'),
  policy: await amplification('default'),
  naiveDeep: await amplification('naive, 3 layers'),
  policyDeep: await amplification('default, 3 layers'),
};
const outages = { naive: await outage('naive'), policy: await outage('default') };
const fans = { plain: await fanOut(false), hedged: await fanOut(true) };
const steps = { fixed: await step('fixed'), adaptive: await step('adaptive') };

const seconds = (ms: number): string => (ms === Number.POSITIVE_INFINITY ? 'never' : `${(ms / 1000).toFixed(2)} s`);
const rows: [storm: string, without: string, withPolicies: string][] = [
  ['calls made per call wanted, everything fails', `${amplified.naive.toFixed(2)}x`, `${amplified.policy.toFixed(2)}x`],
  ['the same through 3 layers', `${amplified.naiveDeep.toFixed(2)}x`, `${amplified.policyDeep.toFixed(2)}x`],
  [
    'recovery after a stall of 10 s at 80 % load',
    seconds(outages.naive.recoveryMs),
    seconds(outages.policy.recoveryMs),
  ],
  ['fan-out of 100: median', `${fans.plain.p50.toFixed(0)} ms`, `${fans.hedged.p50.toFixed(0)} ms`],
  ['fan-out of 100: p99.9', `${fans.plain.p999.toFixed(0)} ms`, `${fans.hedged.p999.toFixed(0)} ms`],
  ['fan-out of 100: extra calls', '0.00 %', `${(fans.hedged.extra * 100).toFixed(2)} %`],
  [
    'three quarters of the capacity lost: p95',
    `${steps.fixed.p95.toFixed(0)} ms`,
    `${steps.adaptive.p95.toFixed(0)} ms`,
  ],
  ['… capacity left that is used', percent(steps.fixed.used), percent(steps.adaptive.used)],
  ['… capacity used when it is back', percent(steps.fixed.usedAfter), percent(steps.adaptive.usedAfter)],
];
function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
console.log(`${'storm'.padEnd(48)}${'without'.padStart(12)}${'with'.padStart(12)}`);
for (const [storm, without, withPolicies] of rows) {
  console.log(storm.padEnd(48) + without.padStart(12) + withPolicies.padStart(12));
}
writeFileSync(new URL('../docs/images/storms.svg', import.meta.url), toSvg(outages, steps));

const lower = (name: string, value: number, unit: string, goal: number) => {
  const rounded = Math.round(value * 1000) / 1000;
  return { name, value: rounded, unit, goal, better: 'lower', met: rounded <= goal };
};
const higher = (name: string, value: number, unit: string, goal: number) => {
  const rounded = Math.round(value * 1000) / 1000;
  return { name, value: rounded, unit, goal, better: 'higher', met: rounded >= goal };
};
const results = [
  lower('load at 100 % failure', amplified.policy, 'x', 1.1),
  lower('load at 100 % failure, 3 layers', amplified.policyDeep, 'x', 1.1),
  // A storm that a naive client survives would show nothing.
  lower('share answered in the last 5 s of the run, naive', lastSeconds(outages.naive.goodput), 'share', 0.05),
  lower('recovery after a 10 s stall', outages.policy.recoveryMs / 1000, 's', 1),
  lower('hedged fan-out, extra calls', fans.hedged.extra * 100, '%', 1.5),
  lower('hedged fan-out, p99.9 to unhedged', fans.hedged.p999 / fans.plain.p999, 'x', 0.5),
  higher('adaptive, reduced capacity used', steps.adaptive.used, 'share', 0.9),
  lower('adaptive, p95 to fixed limit', steps.adaptive.p95 / steps.fixed.p95, 'x', 0.5),
  higher('adaptive, capacity used when it is back', steps.adaptive.usedAfter, 'share', 0.9),
];
function lastSeconds(goodput: readonly number[]): number {
  const last = goodput.slice(-20);
  return last.reduce((sum, share) => sum + share, 0) / last.length;
}
console.log(JSON.stringify({ bench: 'storms', results }));
