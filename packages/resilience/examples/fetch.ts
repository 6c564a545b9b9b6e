// A `fetch` that repeats what may be repeated, waits as it is told, and sends its deadline along.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBreaker, createRetry, createTimeout, fixedBackoff, pipeline } from '@breakwater/resilience';
import { createFetch } from '@breakwater/resilience/http';

let count = 0;
const server = createServer((request, response) => {
  const left = Number(request.headers['x-request-timeout-ms']);
  console.log(`  ${request.method}, the caller waits: ${left > 0 && left <= 5000}`);
  request.resume();
  response.statusCode = ++count % 2 === 1 ? 503 : 200;
  response.setHeader('retry-after', '0.01');
  response.end(`answer ${count}`);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`;

const guarded = createFetch({
  policy: pipeline({
    name: 'orders',
    retry: createRetry({ backoff: fixedBackoff({ delayMs: 1 }) }),
    breaker: createBreaker(),
    timeout: createTimeout({ timeoutMs: 2000 }),
  }),
  idleMs: 10_000,
});
const deadline = (): { deadline: number } => ({ deadline: performance.now() + 5000 });

const read = await guarded(url, { call: deadline() });
console.log(read.status, await read.text());
const write = await guarded(url, { method: 'POST', call: deadline() });
console.log(write.status, await write.text(), '- may have taken effect, so not repeated');
count = 0;
const keyed = await guarded(url, { method: 'POST', headers: { 'idempotency-key': 'order-7' }, call: deadline() });
console.log(keyed.status, await keyed.text());
server.closeAllConnections();
server.close();

// Output:
//   GET, the caller waits: true
//   GET, the caller waits: true
// 200 answer 2
//   POST, the caller waits: true
// 503 answer 3 - may have taken effect, so not repeated
//   POST, the caller waits: true
//   POST, the caller waits: true
// 200 answer 2
