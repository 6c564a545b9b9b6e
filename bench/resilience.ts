// What a policy costs: the success path of each and of all four core policies composed, against current peers, as
// ratios to a bare async call measured next to it; memory per call; refusals; bundle sizes.
//
//   npm run bench -- resilience
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import {
  type CallContext,
  compose,
  createBreaker,
  createBulkhead,
  createRetry,
  createTimeout,
  type Policy,
} from '@breakwater/resilience';

// The peers are devDependencies of the package, not of the workspace root.
const require = createRequire(new URL('../packages/resilience/package.json', import.meta.url));
const cockatiel = require('cockatiel') as typeof import('cockatiel');
const Opossum = require('opossum') as new (
  work: () => Promise<number>,
  options?: object,
) => { fire(): Promise<number>; shutdown(): void };
const { default: pRetry } = (await import(require.resolve('p-retry'))) as {
  default: (work: () => Promise<number>) => Promise<number>;
};
const { build } = require('esbuild') as typeof import('esbuild');

const ROUNDS = 301;
const SLICE = 400;

const work = async (): Promise<number> => 1;
const withSignal = async (context: CallContext): Promise<number> => (context.signal.aborted ? 0 : 1);

const retry = createRetry();
const timeout = createTimeout({ timeoutMs: 1000 });
const breaker = createBreaker();
const bulkhead = createBulkhead({ maxConcurrent: 10, maxQueue: 10 });
const composed = compose(retry, bulkhead, breaker, timeout);

const peerRetry = cockatiel.retry(cockatiel.handleAll, { maxAttempts: 3, backoff: new cockatiel.ExponentialBackoff() });
const peerTimeout = cockatiel.timeout(1000, cockatiel.TimeoutStrategy.Aggressive);
const peerBreaker = cockatiel.circuitBreaker(cockatiel.handleAll, {
  halfOpenAfter: 30_000,
  breaker: new cockatiel.ConsecutiveBreaker(5),
});
const peerBulkhead = cockatiel.bulkhead(10, 10);
const peerComposed = cockatiel.wrap(peerRetry, peerBulkhead, peerBreaker, peerTimeout);
const opossum = new Opossum(work);

const cases: Record<string, { call: () => Promise<unknown>; slice: number }> = {
  bare: { call: () => work(), slice: SLICE },
  retry: { call: () => retry.execute(work), slice: SLICE },
  timeout: { call: () => timeout.execute(work), slice: SLICE },
  breaker: { call: () => breaker.execute(work), slice: SLICE },
  bulkhead: { call: () => bulkhead.execute(work), slice: SLICE },
  composed: { call: () => composed.execute(work), slice: SLICE },
  'composed, signal used': { call: () => composed.execute(withSignal), slice: SLICE },
  'cockatiel retry': { call: () => peerRetry.execute(work), slice: 50 },
  'cockatiel timeout': { call: () => peerTimeout.execute(work), slice: 50 },
  'cockatiel breaker': { call: () => peerBreaker.execute(work), slice: 50 },
  'cockatiel bulkhead': { call: () => peerBulkhead.execute(work), slice: 50 },
  'cockatiel composed': { call: () => peerComposed.execute(work), slice: 50 },
  'opossum (timeout + breaker)': { call: () => opossum.fire(), slice: 50 },
  'p-retry': { call: () => pRetry(work), slice: 50 },
};

/** A loop of its own for each case, so that no case spoils the type feedback of another. */
function loopOf(): (call: () => Promise<unknown>, times: number) => Promise<void> {
  return new Function(
    'call',
    'times',
    'return (async () => { for (let i = 0; i < times; i++) await call(); })()',
  ) as never;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function measure(): Promise<Map<string, { ns: number; ratio: number }>> {
  const loops = new Map(Object.keys(cases).map((name) => [name, loopOf()]));
  const times = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]));
  const ratios = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS + 20; round++) {
    let bareNs = 0;
    for (const [name, { call, slice }] of Object.entries(cases)) {
      const start = performance.now();
      await loops.get(name)!(call, slice);
      const ns = ((performance.now() - start) * 1e6) / slice;
      if (name === 'bare') bareNs = ns;
      if (round < 20) continue;
      times.get(name)!.push(ns);
      ratios.get(name)!.push(ns / bareNs);
    }
    // Lets the event loop turn, as in a service: timers are armed and cleared here, not in the loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return new Map(
    Object.keys(cases).map((name) => [name, { ns: median(times.get(name)!), ratio: median(ratios.get(name)!) }]),
  );
}

/** Bytes a call allocates: few enough calls for no garbage collection to come between. */
async function bytesPerCall(call: () => Promise<unknown>): Promise<number> {
  const loop = loopOf();
  const samples: number[] = [];
  await loop(call, 2000);
  for (let round = 0; round < 15; round++) {
    globalThis.gc!();
    const before = process.memoryUsage().heapUsed;
    await loop(call, 300);
    samples.push((process.memoryUsage().heapUsed - before) / 300);
  }
  return Math.round(median(samples));
}

async function refusalMicroseconds(policy: Policy): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < 41; round++) {
    const start = performance.now();
    for (let index = 0; index < 500; index++) {
      try {
        await policy.execute(work);
      } catch {
        // The refusal is what is measured.
      }
    }
    samples.push(((performance.now() - start) * 1000) / 500);
  }
  return median(samples);
}

function idleBreakerBytes(): number {
  const many: unknown[] = new Array(20_000);
  globalThis.gc!();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < many.length; index++) many[index] = createBreaker();
  globalThis.gc!();
  return Math.round((process.memoryUsage().heapUsed - before) / many.length);
}

/** Minified and gzipped kilobytes of a bundle that exports some names of entries. `external`: what is not part of it. */
async function bundle(names: string, external: string[], ...entries: string[]): Promise<{ kB: number; text: string }> {
  const from = entries.length === 0 ? [''] : entries;
  const contents = from.map((entry) => `export ${names} from '@breakwater/resilience${entry}';`).join('');
  const result = await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    write: false,
    conditions: ['@breakwater/source'],
    external: ['@opentelemetry/api', ...external],
  });
  const { text } = result.outputFiles[0]!;
  return { kB: gzipSync(text, { level: 9 }).length / 1000, text };
}

const measured = await measure();
opossum.shutdown();
const bytes = await bytesPerCall(() => composed.execute(work));
const bytesBare = await bytesPerCall(work);
const open = createBreaker();
open.forceOpen(1e9);
const refusal = await refusalMicroseconds(open);
const idle = idleBreakerBytes();
const four = await bundle('{ createRetry, createTimeout, createBreaker, createBulkhead }', ['@breakwater/errors']);
const main = await bundle('*', ['@breakwater/errors']);
// Every policy, chaos too, with all that chains are built of. The other entries connect policies to something else (fetch,
// undici, Redis, worker threads, telemetry); each is measured alone, with all of the core that it needs.
const all = await bundle('*', ['@breakwater/errors'], '', '/chaos', '/registry');
const entries = new Map<string, number>();
for (const entry of ['http', 'undici', 'redis', 'worker', 'telemetry', 'registry', 'chaos']) {
  entries.set(entry, (await bundle('*', ['@breakwater/errors', 'undici'], `/${entry}`)).kB);
}
const withErrors = await bundle('{ createRetry, createTimeout, createBreaker, createBulkhead }', []);
const timeoutOnly = await bundle('{ createTimeout }', []);

const pad = (text: string, width: number): string => text.padEnd(width);
console.log(`Node ${process.version}, ${ROUNDS} rounds, medians; ratio: to the bare call of the same round\n`);
console.log(`${pad('success path', 30)}${'ns'.padStart(9)}${'ratio'.padStart(9)}`);
for (const [name, { ns, ratio }] of measured) {
  console.log(`${pad(name, 30)}${ns.toFixed(0).padStart(9)}${ratio.toFixed(2).padStart(9)}`);
}
console.log(`\nbytes per call: bare ${bytesBare}, composed ${bytes}`);
console.log(`refusal by an open breaker: ${refusal.toFixed(2)} µs; idle breaker: ${idle} B`);
console.log(
  `minified and gzipped, without @breakwater/errors: four core policies ${four.kB.toFixed(1)} kB, main entry ${main.kB.toFixed(1)} kB, ` +
    `every policy ${all.kB.toFixed(1)} kB; ` +
    `four with @breakwater/errors ${withErrors.kB.toFixed(1)} kB; timeout alone ${timeoutOnly.kB.toFixed(1)} kB`,
);
console.log(
  `other entries, each with what it needs of the core: ${[...entries].map(([entry, kB]) => `/${entry} ${kB.toFixed(1)} kB`).join(', ')}`,
);

interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: number;
  readonly better: 'lower';
  readonly met?: boolean;
}
const result = (name: string, value: number, unit: string, goal?: number): Result => {
  const rounded = Math.round(value * 100) / 100;
  return goal === undefined
    ? { name, value: rounded, unit, better: 'lower' }
    : { name, value: rounded, unit, goal, better: 'lower', met: rounded <= goal };
};
const ratioOf = (name: string): number => measured.get(name)!.ratio;
const results = [
  result('composed vs bare', ratioOf('composed'), 'x', 3.5),
  result('composed, signal used, vs bare', ratioOf('composed, signal used'), 'x', 10),
  result('bytes per composed call', bytes, 'B', 900),
  result('open-circuit refusal', refusal, 'us', 0.8),
  result('idle breaker', idle, 'B', 400),
  result('four core policies, gzipped', four.kB, 'kB', 4),
  result('everything, gzipped', all.kB, 'kB', 15),
  result('main entry, gzipped', main.kB, 'kB'),
  ...[...entries].map(([entry, kB]) => result(`entry /${entry} alone, gzipped`, kB, 'kB')),
  // What is not used must not be bundled: the queue of a bulkhead has no place in a timeout.
  result(
    'bulkhead code in a bundle of the timeout alone',
    timeoutOnly.text.includes('maxConcurrent') ? 1 : 0,
    'times',
    0,
  ),
  ...['retry', 'timeout', 'breaker', 'bulkhead'].map((name) => result(`${name} vs bare`, ratioOf(name), 'x')),
  ...Object.keys(cases)
    .filter((name) => /cockatiel|opossum|p-retry/.test(name))
    .map((name) => result(`${name} vs bare`, ratioOf(name), 'x')),
];
console.log(JSON.stringify({ bench: 'resilience', results }));
