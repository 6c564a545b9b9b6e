// One server of the node bench, in a process of its own: `requests.ts bare|observed`. For each message it answers a slice of
// requests, sent in one write, and tells the CPU time of one, client included, in µs.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, connect } from 'node:net';
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { observeServers } from '../../packages/node/src/http/server.ts';

// Dependencies of the package, not of the workspace root.
const require = createRequire(new URL('../../packages/node/package.json', import.meta.url));
const { AsyncLocalStorageContextManager } = (await import(
  require.resolve('@opentelemetry/context-async-hooks')
)) as typeof import('@opentelemetry/context-async-hooks');
const { MeterProvider, PeriodicExportingMetricReader } = (await import(
  require.resolve('@opentelemetry/sdk-metrics')
)) as typeof import('@opentelemetry/sdk-metrics');

const SLICE = 500;

if (process.argv[2] === 'observed') {
  const exporter = {
    export: (_spans: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
    shutdown: () => Promise.resolve(),
    forceFlush: () => Promise.resolve(),
  };
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: 20_000 });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }));
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  observeServers({ trustRemoteTrace: true });
}
const server = createServer((_request, response) => response.end('done')).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
process.on('message', () => void cpuPerRequestUs().then((us) => process.send?.(us)));
process.on('disconnect', () => process.exit());
process.send?.('ready');

function cpuPerRequestUs(): Promise<number> {
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
