// What @breakwater/node costs a process. CPU time of its import, beside the OpenTelemetry packages it needs alone: built as
// for npm, one process per import, interleaved, medians. CPU time it adds to a request of a bare node:http server: spans,
// metrics, context and ids, exporters that take everything at once; slices with and without in turn, medians.
//
//   npm run bench -- node
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import node from '../packages/node/package.json' with { type: 'json' };
import { observeServers } from '../packages/node/src/http/server.ts';

const { buildSync } = createRequire(new URL('../packages/resilience/package.json', import.meta.url))(
  'esbuild',
) as typeof import('esbuild');
const root = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = 9;
const SLICES = 41;
const SLICE = 500;

// The peers are dependencies of the package, not of the workspace root.
const require = createRequire(new URL('../packages/node/package.json', import.meta.url));
const { AsyncLocalStorageContextManager } = (await import(
  require.resolve('@opentelemetry/context-async-hooks')
)) as typeof import('@opentelemetry/context-async-hooks');
const { MeterProvider, PeriodicExportingMetricReader } = (await import(
  require.resolve('@opentelemetry/sdk-metrics')
)) as typeof import('@opentelemetry/sdk-metrics');

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
  const exporter = {
    export: (_spans: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
    shutdown: () => Promise.resolve(),
    forceFlush: () => Promise.resolve(),
  };
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: 20_000 })] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  const server = createServer((_request, response) => response.end('done')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const times = { bare: [] as number[], observed: [] as number[] };
  for (let slice = 0; slice < SLICES * 2; slice++) {
    const undo = slice % 2 === 0 ? undefined : observeServers({ trustRemoteTrace: true });
    const us = await cpuPerRequestUs(socket);
    undo?.();
    // The first slices are the compiler's.
    if (slice >= 10) times[slice % 2 === 0 ? 'bare' : 'observed'].push(us);
  }
  socket.destroy();
  server.close();
  await Promise.all([provider.shutdown(), reader.shutdown()]);
  return { bare: median(times.bare), observed: median(times.observed) };
}

/** Sends a slice of requests in one write and waits for all answers. */
function cpuPerRequestUs(socket: Socket): Promise<number> {
  const before = process.cpuUsage();
  const { promise, resolve } = Promise.withResolvers<number>();
  let answers = 0;
  // A status line may come in two chunks.
  let rest = '';
  const onData = (chunk: Buffer): void => {
    const parts = (rest + chunk.toString('latin1')).split('HTTP/1.1 200');
    rest = parts.at(-1)!.slice(-11);
    answers += parts.length - 1;
    if (answers < SLICE) return;
    socket.off('data', onData);
    const { user, system } = process.cpuUsage(before);
    resolve((user + system) / SLICE);
  };
  socket.on('data', onData);
  socket.write('GET /orders/7 HTTP/1.1\r\nhost: localhost\r\nuser-agent: bench\r\n\r\n'.repeat(SLICE));
  return promise;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
