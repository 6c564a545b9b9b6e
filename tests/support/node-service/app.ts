// A program started with `--import @breakwater/node/register`. Its last argument says how it works and ends.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { currentContext } from '@breakwater/log';
import { keepUnlessOk } from '@breakwater/log/request';
import { currentService } from '@breakwater/node';
import { createBreaker } from '@breakwater/resilience';
import { logs, trace } from '@opentelemetry/api';

process.stdout.write('first line of the program\n');
const { log, watch, onShutdown } = currentService();
const mode = process.argv[2];

function write10000(): void {
  for (let number = 0; number < 10_000; number++) log.info('line', { number });
}

if (mode === 'serve') {
  const breaker = createBreaker({ name: 'upstream' });
  watch(breaker);
  const server = createServer((request, response) => {
    void handle(request.url ?? '/').then((body) => response.end(JSON.stringify(body)));
  });
  const handle = async (path: string): Promise<unknown> => {
    if (path.startsWith('/upstream')) {
      log.info('upstream called');
      return currentContext() ?? {};
    }
    if (path.startsWith('/mix')) {
      await sleep(Math.random() * 10);
      log.info('mixed', { path });
      return { correlationId: currentContext()?.correlationId, traceId: trace.getActiveSpan()?.spanContext().traceId };
    }
    log.info('calling upstream', { card: '4111 1111 1111 1111', big: 2n ** 60n });
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/upstream?token=secret`);
    breaker.isolate('by hand');
    return await answer.json();
  };
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
  onShutdown('intake', 'http server', () => new Promise<void>((resolve) => server.close(() => resolve())));
} else if (mode === 'load') {
  const service = currentService();
  const health = service.createHealth();
  const server = createServer((request, response) => {
    if (request.url === '/readyz') {
      void health.report().then(({ phase }) => response.end(phase));
      return;
    }
    void sleep(20).then(() => response.end('done'));
  });
  service.serve(server);
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
} else if (mode === 'end') {
  write10000();
  trace.getTracer('app').startSpan('work').end();
  logs.getLogger('library').emit({ body: 'from a library' });
} else if (mode === 'twice') {
  write10000();
  const service = currentService();
  const [first, second] = await Promise.all([service.shutdown(), service.shutdown()]);
  if (first !== second || !first.ok) process.exit(3);
} else if (mode === 'exit') {
  write10000();
  void keepUnlessOk({}, async () => {
    log.debug('kept by a request that goes on');
    await sleep(60_000);
  });
  process.exit(7);
} else if (mode === 'throw') {
  write10000();
  setTimeout(() => {
    throw new Error('unforeseen');
  }, 1);
} else if (mode === 'reject') {
  write10000();
  void Promise.reject(new Error('unforeseen'));
} else if (mode === 'stuck' || mode === 'broken') {
  const timer = setInterval(() => {}, 60_000);
  onShutdown('work', 'queue', () => {
    if (mode === 'broken') {
      clearInterval(timer);
      throw new Error('two messages left');
    }
    process.send?.({ port: 0 });
    return new Promise(() => {});
  });
  write10000();
  process.send?.({ port: 0 });
} else if (mode === 'throw-late') {
  const timer = setInterval(() => {}, 60_000);
  onShutdown('work', 'queue', async () => {
    clearInterval(timer);
    setTimeout(() => {
      throw new Error('unforeseen');
    });
    await new Promise((resolve) => process.once('uncaughtException', resolve));
  });
  process.send?.({ port: 0 });
} else if (mode === 'sigterm') {
  const timer = setInterval(() => {}, 60_000);
  onShutdown('intake', 'timer', () => clearInterval(timer));
  write10000();
  process.send?.({ port: 0 });
}
