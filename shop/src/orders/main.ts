import { randomUUID } from 'node:crypto';
import { trace } from '@opentelemetry/api';
import { call } from '../call.ts';
import { peerUrl, runService } from '../run-service.ts';
import { ShopError } from '../shop-error.ts';
import { openDatabase } from './database.ts';
import { priceOf } from './pricing.ts';

await runService('orders', (log) => {
  const database = openDatabase(Math.random);
  return [
    {
      method: 'POST',
      path: '/orders',
      async handle({ body, correlationId }) {
        const { sku, quantity, card } = toOrder(body);
        const { totalMinor, currency } = priceOf(sku, quantity);
        const id = randomUUID();
        trace.getActiveSpan()?.setAttributes({ 'shop.order.id': id, 'shop.sku': sku });
        await database.insert({ id, sku, quantity, totalMinor, currency, status: 'pending' });
        try {
          await call(`${peerUrl('payments')}/charges`, {
            method: 'POST',
            body: { orderId: id, amountMinor: totalMinor, currency, card },
            timeoutMs: 3_000,
            correlationId,
            peer: 'payments service',
          });
        } catch (error) {
          await database.setStatus(id, 'payment_failed');
          throw error;
        }
        await database.setStatus(id, 'paid');
        log.info(`Order ${id} paid`, {
          'shop.order.id': id,
          'shop.sku': sku,
          'shop.quantity': quantity,
          'shop.amount_minor': totalMinor,
        });
        return { status: 201, body: { id, status: 'paid', totalMinor, currency } };
      },
    },
    {
      method: 'GET',
      path: '/orders/{id}',
      async handle({ params }) {
        const order = await database.find(params['id']!);
        if (!order)
          throw new ShopError('OrderNotFoundError', 'ORDER_NOT_FOUND', 404, `No order has the id ${params['id']}`);
        return { status: 200, body: order };
      },
    },
  ];
});

function toOrder(body: unknown): { sku: string; quantity: number; card: string } {
  const input = body as { sku?: unknown; quantity?: unknown; card?: unknown } | null;
  const quantity = input?.quantity;
  if (
    typeof input?.sku !== 'string' ||
    typeof input.card !== 'string' ||
    typeof quantity !== 'number' ||
    !Number.isInteger(quantity) ||
    quantity < 1 ||
    quantity > 100
  ) {
    throw new ShopError(
      'InvalidOrderError',
      'INVALID_ORDER',
      400,
      'An order needs sku, card and a quantity from 1 to 100',
    );
  }
  return { sku: input.sku, quantity, card: input.card };
}
