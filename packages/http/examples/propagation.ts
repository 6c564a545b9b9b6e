import { once } from 'node:events';
import { createServer } from 'node:http';
import { createEdge } from '@breakwater/http';
import { expressEdge } from '@breakwater/http/express';
import { createPropagationInterceptor } from '@breakwater/http/undici';
import express from 'express';
import { Agent, request } from 'undici';

// The service behind, which shows what it is told.
const NAMES = ['x-correlation-id', 'tracestate', 'baggage'];
const inventory = createServer((incoming, outgoing) => {
  outgoing.end(JSON.stringify(NAMES.map((name) => incoming.headers[name] ?? null)));
}).listen(0, '127.0.0.1');
await once(inventory, 'listening');
const { port: behind } = inventory.address() as { port: number };

const edge = createEdge({ log: { log: () => {} }, baggage: ['tier'] });
const listed = new Agent().compose(createPropagationInterceptor({ hosts: ['127.0.0.1'], baggage: ['tier'] }));
const app = express();
app.use(expressEdge(edge));
app.get('/orders', async (_request, response) => {
  const told = await request(`http://127.0.0.1:${behind}/stock`, { dispatcher: listed });
  const other = await request(`http://localhost:${behind}/stock`, { dispatcher: listed });
  response.json({ listed: await told.body.json(), other: await other.body.json() });
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as { port: number };

const answer = await fetch(`http://127.0.0.1:${port}/orders`, {
  headers: {
    'x-correlation-id': 'order-17',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    tracestate: 'vendor=abc',
    baggage: 'tier=gold,session=secret',
  },
});
console.log(await answer.text());

await listed.close();
for (const each of [server, inventory]) {
  each.closeAllConnections();
  each.close();
}

// Output:
// {"listed":["order-17","vendor=abc","tier=gold"],"other":[null,null,null]}
