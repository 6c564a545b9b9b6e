import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRedactor } from '@breakwater/redact';
import fc from 'fast-check';
import { isAuditError } from './errors.ts';
import { checkEvent } from './event.ts';
import { administration, auditLog, authentication, configurationChange, dataAccess, payment } from './presets.ts';
import { redactEvent } from './redact-event.ts';
import { digestOf } from './reference.ts';

const actor = { id: 'user_1' };

test('R18: secrets leave details, reason, user agent, names and URIs; ids stay', () => {
  const card = '4111111111111111';
  const event = redactEvent({
    type: 'payment',
    actor: { id: 'user_1', userAgent: `curl card ${card}` },
    action: 'capture',
    resource: { type: 'payment', id: 'pay_1', name: `card ${card}` },
    outcome: 'failure',
    reason: `card ${card} declined`,
    after: { digest: digestOf('x'), uri: 'https://user:hunter2secret@example.com/x' },
    details: { password: 'hunter2secret', note: `paid with ${card}`, deep: [{ card }] },
  });
  const text = JSON.stringify(event);
  assert.ok(!text.includes(card) && !text.includes('hunter2secret'), text);
  assert.equal(event.actor.id, 'user_1');
  assert.equal(event.resource.id, 'pay_1');
  checkEvent(event);
});

test('R18: what is valid before redaction is valid after it', () => {
  const text = fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' });
  const everythingGoes = createRedactor({ rules: [{ path: 'note', action: 'drop' }] });
  fc.assert(
    fc.property(text, text, fc.dictionary(text, fc.jsonValue({ maxDepth: 2 })), (reason, name, details) => {
      const event = {
        type: 'a',
        actor,
        action: 'b',
        resource: { type: 'c', id: 'd', name },
        outcome: 'denied',
        reason,
        details,
      } as never;
      checkEvent(redactEvent(event));
      checkEvent(redactEvent(event, everythingGoes));
    }),
    { numRuns: 100 },
  );
  checkEvent(
    redactEvent({
      type: 'a',
      actor,
      action: 'b',
      resource: { type: 'c', id: 'd' },
      outcome: 'denied',
      reason: '\u0007'.repeat(4_096),
    }),
  );
});

test('R19: presets make valid events, and refuse what lacks a required field', () => {
  const events = [
    authentication({ actor, outcome: 'success', action: 'login', method: 'password', mfaUsed: true }),
    dataAccess({
      actor,
      outcome: 'success',
      action: 'read',
      resource: { type: 'customer', id: 'c1' },
      fields: ['name'],
    }),
    administration({
      actor,
      outcome: 'success',
      action: 'disable_account',
      resource: { type: 'user_account', id: 'u' },
      reason: 'policy',
      ticketId: 'T-1',
    }),
    configurationChange({
      actor,
      outcome: 'success',
      setting: 'rate_limit',
      before: { digest: digestOf('1') },
      after: { digest: digestOf('2') },
    }),
    auditLog({ actor, outcome: 'success', action: 'stop', log: 'audit.example.com/accounts' }),
    payment({
      actor,
      outcome: 'denied',
      reason: 'limit',
      action: 'refund',
      paymentId: 'p1',
      amount: '129.00',
      currency: 'EUR',
    }),
  ];
  assert.deepEqual(
    events.map(({ type }) => type),
    ['authentication', 'data_access', 'administration', 'configuration_change', 'audit_log', 'payment'],
  );
  assert.deepEqual(events[0]!.details, { method: 'password', mfaUsed: true });
  assert.deepEqual(events[0]!.resource, { type: 'user_account', id: 'user_1' });
  for (const event of events) checkEvent(event);
  assert.throws(
    () => authentication({ actor, outcome: 'failure', action: 'login' }),
    (error: unknown) => isAuditError(error, 'AUDIT_INVALID_EVENT'),
  );
});
