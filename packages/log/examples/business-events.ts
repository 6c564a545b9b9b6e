/** 6.3 "Business event logging": typed events of the catalogue, and one of the service's own. */
import { createLogger, type LogRecord } from '@breakwater/log';
import { defineEvent, events } from '@breakwater/log/events';
import { memorySink } from '@breakwater/log/testing';

const sink = memorySink();
const logger = createLogger({ service: 'payment-service', sinks: [sink] });

class PaymentError extends Error {
  readonly code = 'CARD_DECLINED';
}

const payment = {
  'payment.id': 'pay-1',
  'payment.amount': 99.5,
  'payment.currency': 'EUR',
  'payment.method': 'card',
} as const;

events.paymentProcessed.emit(logger, { ...payment, 'payment.merchant_id': 'm-7', duration_ms: 182 });
events.paymentFailed.emit(logger, { ...payment, error: new PaymentError('The card was declined'), 'retry.count': 2 });
events.loginSucceeded.emit(logger, { 'user.id': 'user-7', 'login.method': 'passkey' });
events.loginFailed.emit(logger, {
  'user.id': 'user-42',
  'login.method': 'password',
  'login.failure_reason': 'wrong password',
  'login.attempt': 3,
});
events.performanceMeasured.emit(logger, { operation: 'settle batch', duration_ms: 1204 });
events.userAction.emit(logger, { 'user.action': 'address changed', 'user.id': 'user-42' });
events.systemChanged.emit(logger, { 'system.component': 'cache', 'system.state': 'read-only' });

const refundIssued = defineEvent({
  name: 'refund.issued',
  kind: 'business',
  message: 'Refund {refund.id} issued',
  fields: { 'refund.id': 'string', 'refund.amount': 'number', 'refund.reason': 'string?' },
});
refundIssued.emit(logger, { 'refund.id': 'ref-9', 'refund.amount': 20 });

const show = ({ severityText, eventName, body, attributes }: LogRecord): void =>
  console.log(
    severityText,
    eventName,
    attributes['event.kind'],
    '|',
    body,
    '|',
    attributes['error.type'] ?? 'no error',
  );
for (const record of sink.records()) show(record);
await logger.close();

// Output:
// INFO payment.processed business | Payment pay-1 processed | no error
// ERROR payment.failed business | Payment pay-1 failed | CARD_DECLINED
// INFO user.login.succeeded security | Login of user-7 succeeded | no error
// WARN user.login.failed security | Login of user-42 failed | no error
// INFO performance.measured performance | settle batch took 1204 ms | no error
// INFO user.action user_action | User action address changed | no error
// INFO system.changed system | cache is read-only | no error
// INFO refund.issued business | Refund ref-9 issued | no error
