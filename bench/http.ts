// What the edge adds to a request, per framework, over the same service without it: both are asked in turn, in one run.
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createLogger, fileSink } from '@breakwater/log';
import { type App, apps } from '../packages/http/src/conformance/apps.ts';
import { createEdge } from '../packages/http/src/edge.ts';

const ROUNDS = 30;
const PER_ROUND = 200;
const GOAL_MICROSECONDS = 50;

const log = createLogger({ service: 'bench', sinks: [fileSink({ path: '/dev/null' })] });
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

async function ask(port: number): Promise<number> {
  const startedAt = performance.now();
  const outgoing = request({ host: '127.0.0.1', port, path: '/ok', agent });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  incoming.resume();
  await once(incoming, 'end');
  return (performance.now() - startedAt) * 1000;
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

const results: { name: string; value: number; unit: string; goal: number; better: string; met: boolean }[] = [];
console.log('framework   added p50 µs   added p99 µs   (bare p50, p99)');
for (const [name, start] of Object.entries(apps)) {
  const peers: { readonly app: App; readonly times: number[] }[] = [];
  for (const edge of [undefined, createEdge({ log })]) peers.push({ app: await start(edge), times: [] });
  for (let round = -5; round < ROUNDS; round++)
    for (const peer of round % 2 === 0 ? peers : peers.toReversed())
      for (let index = 0; index < PER_ROUND; index++) {
        const time = await ask(peer.app.port);
        if (round >= 0) peer.times.push(time);
      }
  const [bare, edged] = peers.map((peer) => peer.times.sort((a, b) => a - b)) as [number[], number[]];
  const added = (q: number): number => Math.round((quantile(edged, q) - quantile(bare, q)) * 10) / 10;
  const base = `(${quantile(bare, 0.5).toFixed(0)}, ${quantile(bare, 0.99).toFixed(0)})`;
  console.log(`${name.padEnd(12)}${String(added(0.5)).padStart(12)}${String(added(0.99)).padStart(15)}   ${base}`);
  for (const [label, q] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const value = added(q);
    const met = value <= GOAL_MICROSECONDS;
    results.push({ name: `${name}: added ${label}`, value, unit: 'us', goal: GOAL_MICROSECONDS, better: 'lower', met });
  }
  for (const { app } of peers) await app.close();
}
agent.destroy();
await log.close();
console.log(JSON.stringify({ bench: 'http', results }));
