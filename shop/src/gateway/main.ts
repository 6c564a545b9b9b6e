import { call } from '../call.ts';
import { peerUrl, runService } from '../run-service.ts';

await runService('gateway', () => [
  {
    method: 'POST',
    path: '/api/checkout',
    async handle({ body, correlationId }) {
      const order = await call(`${peerUrl('orders')}/orders`, {
        method: 'POST',
        body,
        timeoutMs: 6_000,
        correlationId,
        peer: 'orders service',
      });
      return { status: 201, body: order };
    },
  },
  {
    method: 'GET',
    path: '/api/orders/{id}',
    async handle({ params, correlationId }) {
      const order = await call(`${peerUrl('orders')}/orders/${encodeURIComponent(params['id']!)}`, {
        method: 'GET',
        timeoutMs: 3_000,
        correlationId,
        peer: 'orders service',
      });
      return { status: 200, body: order };
    },
  },
]);
