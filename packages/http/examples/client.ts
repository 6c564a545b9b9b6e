// A client whose answers are checked and whose errors are the types that the service threw.
import { once } from 'node:events';
import { defineErrors } from '@breakwater/errors';
import { createClient, createEdge } from '@breakwater/http';
import { koaEdge } from '@breakwater/http/koa';
import { createRetry, createTimeout, pipeline } from '@breakwater/resilience';
import Koa from 'koa';
import * as z from 'zod';

const errors = defineErrors({
  OUT_OF_STOCK: { category: 'business', message: '{item:string} is gone', status: 409, publicParams: ['item'] },
});

// The service.
let calls = 0;
const app = new Koa();
app.use(koaEdge(createEdge({ log: { log: () => {} } })));
app.use((context) => {
  if (context.path === '/stock/lamp') throw new errors.OUT_OF_STOCK({ item: 'lamp' });
  if (context.path === '/stock/desk' && ++calls === 1) context.throw(503);
  context.body = { left: context.path === '/stock/desk' ? 7 : 'many' };
});
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as { port: number };

// The client.
const stock = createClient({
  baseUrl: `http://127.0.0.1:${port}`,
  errors,
  policy: pipeline({
    name: 'stock',
    retry: createRetry({ maxAttempts: 3 }),
    timeout: createTimeout({ timeoutMs: 1000 }),
  }),
});
const Stock = z.object({ left: z.number() });

for (const item of ['desk', 'lamp', 'chair', 'a/../b']) {
  try {
    const { left } = await stock.request('GET', `/stock/${item}`, { schema: Stock });
    console.log(item, left, 'after', calls, 'calls');
  } catch (error) {
    if (error instanceof errors.OUT_OF_STOCK) console.log(item, 'is gone:', error.params.item);
    else console.log(item, (error as Error).name);
  }
}
server.close();
server.closeAllConnections();

// Output:
// desk 7 after 2 calls
// lamp is gone: lamp
// chair UpstreamAnswerInvalid
// a/../b OptionError
