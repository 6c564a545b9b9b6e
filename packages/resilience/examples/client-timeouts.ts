// The timeouts of chapter 6.2, "Intelligent timeout configuration": connect, read and total, each for the stage it limits.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTimeout } from '@breakwater/resilience';
import { createUndiciInterceptor } from '@breakwater/resilience/undici';
import { Agent, type Dispatcher, request } from 'undici';

// An API that answers, keeps silent, or stops in the middle of its answer.
const server = createServer((incoming, response) => {
  if (incoming.url === '/users/7') response.end('user 7');
  else if (incoming.url === '/stalls') response.writeHead(200).write('user');
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const limits = { connectMs: 2000, readMs: 500, idleMs: 500 };
const agent = new Agent();
const api = agent.compose(createUndiciInterceptor(limits));
const unreachable = new Agent({ connect: () => undefined }); // never connects
const far = unreachable.compose(createUndiciInterceptor({ ...limits, connectMs: 100 }));
// The total is over all attempts and their waits: it belongs to the policy.
const total = createTimeout({ timeoutMs: 50, limit: 'total' });
const hurried = agent.compose(createUndiciInterceptor({ ...limits, policy: total }));

async function get(path: string, dispatcher: Dispatcher): Promise<string> {
  try {
    const { body } = await request(`${origin}${path}`, { dispatcher });
    return await body.text();
  } catch (error) {
    const { code, kind } = error as { code?: string; kind?: string };
    return `${code} (${kind})`;
  }
}

console.log('answers: ', await get('/users/7', api));
console.log('no route:', await get('/users/7', far));
console.log('silent:  ', await get('/silent', api));
console.log('stalls:  ', await get('/stalls', api));
console.log('hurried: ', await get('/silent', hurried));

await Promise.all([agent.destroy(), unreachable.destroy()]);
server.closeAllConnections();
server.close();

// Output:
// answers:  user 7
// no route: TIMEOUT (connect)
// silent:   TIMEOUT (read)
// stalls:   TIMEOUT (idle)
// hurried:  TIMEOUT (total)
