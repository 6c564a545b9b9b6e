import { once } from 'node:events';
import { createEdge } from '@breakwater/http';
import { expressEdge, expressErrors } from '@breakwater/http/express';
import { jwtGuard } from '@breakwater/http/jwt';
import { createLogger } from '@breakwater/log';
import { memorySink } from '@breakwater/log/testing';
import express from 'express';
import { SignJWT } from 'jose';

const key = new TextEncoder().encode('an example secret of 32 bytes ok');
const sink = memorySink();
const log = createLogger({ service: 'payment_service', sinks: [sink] });
const edge = createEdge({
  log,
  guards: [jwtGuard({ key, algorithms: ['HS256'], issuer: 'shop', audience: 'payments' })],
});

const app = express();
app.use(expressEdge(edge));
app.get('/payments/:id', (request, response) => {
  log.info('Payment looked up', { paymentId: request.params.id });
  response.json({ id: request.params.id });
});
app.get('/broken', () => {
  throw new Error('connect to db-7.internal as admin failed');
});
app.use(expressErrors(edge));

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address() as { port: number };
const token = await new SignJWT({ iss: 'shop', aud: 'payments', sub: 'user_123' })
  .setProtectedHeader({ alg: 'HS256' })
  .setExpirationTime('1 minute')
  .sign(key);
const headers = { 'x-correlation-id': 'order-17', authorization: `Bearer ${token}` };

const found = await fetch(`http://127.0.0.1:${address.port}/payments/p-1`, { headers });
console.log(found.status, found.headers.get('x-correlation-id'));
const broken = await fetch(`http://127.0.0.1:${address.port}/broken`, { headers });
console.log(broken.status, await broken.text());

server.close();
server.closeAllConnections();
await once(server, 'close');
for (const { severityText, body, attributes } of sink.records()) {
  const { 'breakwater.correlation_id': correlation, 'user.id': user, 'http.response.status_code': status } = attributes;
  console.log(severityText, '|', body, '|', correlation, '|', user ?? '-', '|', status ?? '-');
}
await log.close();

// Output:
// 200 order-17
// 500 {"type":"urn:breakwater:problem:internal-error","title":"Internal error","status":500,"detail":"Something went wrong on our side. Please try again later.","code":"INTERNAL_ERROR","correlationId":"order-17","retryable":false}
// INFO | Request started | order-17 | - | -
// INFO | Payment looked up | order-17 | user_123 | -
// INFO | Request completed | order-17 | user_123 | 200
// INFO | Request started | order-17 | - | -
// ERROR | Request failed | order-17 | user_123 | 500
