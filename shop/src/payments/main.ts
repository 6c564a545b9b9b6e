import { trace } from '@opentelemetry/api';
import { call } from '../call.ts';
import { peerUrl, runService } from '../run-service.ts';
import { ShopError } from '../shop-error.ts';

const PROVIDER_TIMEOUT_MS = 1_200;
interface ChargeInput {
  orderId: string;
  amountMinor: number;
  currency: string;
  card: string;
}

await runService('payments', (log) => [
  {
    method: 'POST',
    path: '/charges',
    async handle({ body, correlationId }) {
      const input = toCharge(body);
      trace.getActiveSpan()?.setAttributes({ 'shop.order.id': input.orderId, 'shop.amount_minor': input.amountMinor });
      try {
        const charge = (await call(`${peerUrl('provider')}/v1/charges`, {
          method: 'POST',
          body: { amount: input.amountMinor, currency: input.currency, card: input.card },
          timeoutMs: PROVIDER_TIMEOUT_MS,
          correlationId,
          peer: 'payment provider',
        })) as { id: string };
        log.info(`Payment ${charge.id} captured for order ${input.orderId}`, {
          'shop.order.id': input.orderId,
          'shop.payment.id': charge.id,
          'shop.amount_minor': input.amountMinor,
          'shop.currency': input.currency,
        });
        return { status: 201, body: { chargeId: charge.id } };
      } catch (error) {
        if (error instanceof ShopError && error.code === 'CARD_DECLINED') throw error;
        throw new ShopError(
          'PaymentProviderError',
          'PAYMENT_PROVIDER_FAILED',
          503,
          `Charge of order ${input.orderId} failed: ${messageOf(error)}`,
          error,
        );
      }
    },
  },
]);

function toCharge(body: unknown): ChargeInput {
  const input = body as Partial<ChargeInput> | null;
  if (
    typeof input?.orderId !== 'string' ||
    typeof input.currency !== 'string' ||
    typeof input.card !== 'string' ||
    !Number.isSafeInteger(input.amountMinor)
  ) {
    throw new ShopError(
      'InvalidChargeError',
      'INVALID_CHARGE',
      400,
      'A charge needs orderId, currency, card and a whole amountMinor',
    );
  }
  return input as ChargeInput;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
