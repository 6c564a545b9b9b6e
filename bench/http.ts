// What the edge adds to a request, per framework, over the same service without it.
//
// Every service runs in a process of its own and autocannon asks it from this one, one request at a time over one
// connection: the server is busy for about half of the time, so nothing waits in a queue, and what the edge does after
// the answer (the record of the end) still delays whoever asks next. autocannon's `overallRate` is no steadier load: it
// sends each second's share at once and then rests. Its histogram counts whole milliseconds and cannot show 50 µs;
// the figures come from its `response` events, which carry the same durations in full.
//
// Three processes per framework, asked in turn: bare, bare again, edge. A round gives each its p50 and p99; what is added
// is the median over all rounds of the difference to the mean of the two bare ones. The difference of the two
// bare processes, measured the same way, is the noise: what is below it says nothing. CPU time is the servers' own, of all threads: what the edge does at any time, garbage collection included.
//
//   npm run bench -- http [FRAMEWORK…]
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';

const FRAMEWORKS = ['fastify', 'express', 'hono', 'koa', 'nest'];
const ROUNDS = 24;
const PER_ROUND = 2_000;
const WARM_UP = 10_000;
const GOAL_US = 50;

interface Shot extends NodeJS.EventEmitter, PromiseLike<{ readonly non2xx: number; readonly errors: number }> {}
const autocannon = createRequire(import.meta.url)('autocannon') as (options: {
  url: string;
  connections: number;
  amount: number;
  sampleInt: number;
}) => Shot;

interface Peer {
  readonly name: string;
  readonly process: ChildProcess;
  readonly port: number;
  readonly p50: number[];
  readonly p99: number[];
  readonly cpu: number[];
}

const chosen = process.argv.slice(2);
const results: Record<string, unknown>[] = [];
console.log('µs          bare: p50    p99    CPU   added: p50    p99    CPU   noise: p50    p99    CPU');
for (const framework of chosen.length === 0 ? FRAMEWORKS : chosen) {
  const peers: Peer[] = [];
  for (const name of ['bare', 'again', 'edge']) peers.push(await startPeer(framework, name));
  const [bare, again, edge] = peers as [Peer, Peer, Peer];
  for (const peer of peers) await shoot(peer.port, WARM_UP);
  for (let round = 0; round < ROUNDS; round++) {
    // Each goes first as often as the others.
    for (let turn = 0; turn < peers.length; turn++) await measure(peers[(round + turn) % peers.length]!);
  }
  for (const peer of peers) peer.process.disconnect();

  const base = (what: 'p50' | 'p99' | 'cpu', round: number): number => (bare[what][round]! + again[what][round]!) / 2;
  const added = (what: 'p50' | 'p99' | 'cpu'): number =>
    median(edge[what].map((value, round) => value - base(what, round)));
  const noise = (what: 'p50' | 'p99' | 'cpu'): number =>
    median(again[what].map((value, round) => Math.abs(value - bare[what][round]!)));
  const WHAT = ['p50', 'p99', 'cpu'] as const;
  const cells = (of: (what: 'p50' | 'p99' | 'cpu') => number): string =>
    WHAT.map((what) => of(what).toFixed(1).padStart(7)).join('');
  console.log(
    `${framework.padEnd(12)}${cells((what) => median(bare[what]))}      ${cells(added)}      ${cells(noise)}`,
  );
  for (const what of WHAT) {
    const value = Math.round(added(what) * 10) / 10;
    const label = what === 'cpu' ? 'CPU' : what;
    const goal = what === 'cpu' ? {} : { goal: GOAL_US, met: value <= GOAL_US };
    results.push({ name: `${framework}: added ${label}`, value, unit: 'us', ...goal, better: 'lower' });
    const spread = Math.round(noise(what) * 10) / 10;
    results.push({ name: `${framework}: noise of ${label}`, value: spread, unit: 'us', better: 'lower' });
  }
}
console.log(JSON.stringify({ bench: 'http', results }));

async function startPeer(framework: string, name: string): Promise<Peer> {
  const child = fork(new URL('./http/server.ts', import.meta.url), [framework, name === 'edge' ? 'edge' : 'bare']);
  const [port] = (await once(child, 'message')) as [number];
  return { name, process: child, port, p50: [], p99: [], cpu: [] };
}

async function measure(peer: Peer): Promise<void> {
  const before = await cpuUs(peer);
  const times = (await shoot(peer.port, PER_ROUND)).sort((a, b) => a - b);
  peer.cpu.push(((await cpuUs(peer)) - before) / PER_ROUND);
  peer.p50.push(times[Math.floor(times.length * 0.5)]!);
  peer.p99.push(times[Math.floor(times.length * 0.99)]!);
}

/** Sends `amount` requests, one after the other; how long each took, in µs. */
async function shoot(port: number, amount: number): Promise<number[]> {
  const times: number[] = [];
  const shot = autocannon({ url: `http://127.0.0.1:${port}/ok`, connections: 1, amount, sampleInt: 20 });
  shot.on('response', (_client: unknown, _status: number, _bytes: number, ms: number) => times.push(ms * 1000));
  const { non2xx, errors } = await shot;
  if (non2xx + errors > 0 || times.length !== amount)
    throw new Error(`${times.length} answers to ${amount} requests, ${non2xx} refused, ${errors} failed`);
  return times;
}

async function cpuUs({ process: child }: Peer): Promise<number> {
  child.send('cpu');
  const [{ user, system }] = (await once(child, 'message')) as [NodeJS.CpuUsage];
  return user + system;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}
