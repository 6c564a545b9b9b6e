// A payment that happens once, whatever the client repeats. In memory here; a fleet takes one of the other stores.
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createEdge, createIdempotency, jsonAnswer, memoryIdempotencyStore, readJson } from '@breakwater/http';
import { exchangeOf, honoEdge, toResponse } from '@breakwater/http/hono';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const idempotent = createIdempotency({ store: memoryIdempotencyStore() });
let payments = 0;

const app = new Hono();
honoEdge(app, createEdge({ log: { log: () => {} } }));
app.post('/payments', async (context) => {
  const body = await readJson(context.req.raw.body);
  const answer = await idempotent(exchangeOf(context)!, body, async () => jsonAnswer(201, { payment: ++payments }));
  return toResponse(answer);
});
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
if (!server.listening) await once(server, 'listening');
const { port } = server.address() as { port: number };

async function pay(key: string | undefined, amount: number): Promise<void> {
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
  const init = { method: 'POST', headers, body: JSON.stringify({ amount }) };
  const answer = await fetch(`http://127.0.0.1:${port}/payments`, init);
  const { payment, code } = (await answer.json()) as { payment?: number; code?: string };
  console.log(answer.status, payment ?? code, answer.headers.get('idempotency-replayed') ?? '-');
}

await pay('order-17', 500);
await pay('order-17', 500);
await pay('order-17', 900);
await pay('order-18', 500);
await pay(undefined, 500);
server.close();
server.closeAllConnections();

// Output:
// 201 1 -
// 201 1 true
// 422 IDEMPOTENCY_KEY_REUSED -
// 201 2 -
// 400 IDEMPOTENCY_KEY_MISSING -
