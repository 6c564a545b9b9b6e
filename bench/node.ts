// What @breakwater/node costs a process. CPU time of its import, beside the OpenTelemetry packages it needs alone: built as
// for npm, one process per import, interleaved, medians. CPU time it adds to a request of a bare node:http server: spans,
// metrics, context and ids, exporters that take everything at once; two processes, slices of requests to each in turn,
// medians. Two processes, because a service is observed from its start to its end: patching and restoring the prototype
// of servers between slices has the compiler begin anew each time, which doubled the figure.
//
//   npm run bench -- node
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import node from '../packages/node/package.json' with { type: 'json' };

const { buildSync } = createRequire(new URL('../packages/resilience/package.json', import.meta.url))(
  'esbuild',
) as typeof import('esbuild');
const root = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = 9;
const SLICES = 41;

const folder = mkdtempSync(join(tmpdir(), 'breakwater-bench-node-'));
try {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const whole = join(folder, 'whole.mjs');
  buildSync({
    entryPoints: [join(root, 'packages/node/src/index.ts')],
    outfile: whole,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@breakwater/source'],
    external: ['@opentelemetry/*'],
  });
  const bare = join(folder, 'bare.mjs');
  const peers = Object.keys(node.dependencies).filter((name) => name.startsWith('@opentelemetry/'));
  writeFileSync(bare, peers.map((name) => `import '${name}';\n`).join(''));

  const times: Record<string, number[]> = { whole: [], bare: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times['whole']!.push(importCpuMs(whole));
    times['bare']!.push(importCpuMs(bare));
  }
  const ownMs = median(times['whole']!);
  const bareMs = median(times['bare']!);
  console.log('import                          CPU ms');
  console.log(`@breakwater/node, everything    ${ownMs.toFixed(0).padStart(6)}`);
  console.log(`its OpenTelemetry packages only ${bareMs.toFixed(0).padStart(6)}`);
  const results = [
    { name: 'import, everything', value: Math.round(ownMs), unit: 'ms CPU', better: 'lower' },
    { name: 'import, OpenTelemetry alone', value: Math.round(bareMs), unit: 'ms CPU', better: 'lower' },
    {
      name: 'everything vs OpenTelemetry alone',
      value: Math.round((ownMs / bareMs) * 100) / 100,
      unit: 'x',
      better: 'lower',
    },
  ];
  const request = await measureRequests();
  console.log(`\nCPU per request, µs: bare ${request.bare.toFixed(1)}, observed ${request.observed.toFixed(1)}`);
  const addedUs = request.observed - request.bare;
  results.push({ name: 'request, CPU added', value: Math.round(addedUs * 10) / 10, unit: 'µs', better: 'lower' });
  console.log(JSON.stringify({ bench: 'node', results }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function importCpuMs(path: string): number {
  const script = `const a=process.cpuUsage();await import(${JSON.stringify(path)});const b=process.cpuUsage(a);console.log((b.user+b.system)/1000)`;
  const env = { ...process.env, NODE_OPTIONS: '' };
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' }));
}

async function measureRequests(): Promise<{ bare: number; observed: number }> {
  const peers = ['bare', 'observed'].map((name) => {
    const child = fork(new URL('./node/requests.ts', import.meta.url), [name]);
    return { child, times: [] as number[] };
  });
  for (const { child } of peers) await once(child, 'message');
  // The first slices are the compiler's.
  for (let slice = -20; slice < SLICES; slice++)
    for (const { child, times } of peers) {
      child.send('slice');
      const [us] = (await once(child, 'message')) as [number];
      if (slice >= 0) times.push(us);
    }
  for (const { child } of peers) child.disconnect();
  const [bare, observed] = peers.map(({ times }) => median(times)) as [number, number];
  return { bare, observed };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
