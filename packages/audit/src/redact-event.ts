import { createRedactor, type Redactor } from '@breakwater/redact';
import type { AuditEvent, AuditReference } from './event.ts';

const MAX_TEXT = 4_096;
let standard: Redactor | undefined;

/**
 * A copy of the event with secrets and card numbers masked in its free text: `details`, `reason`, the actor's user agent,
 * the resource's name, and the URIs of `before` and `after`. Ids stay: they say who did what, and PCI DSS 10.2.2 asks
 * for them, so do not use a secret as an id. `personal` stays: it is encrypted. The copy is as valid as the event.
 * `redactor` defaults to the rules of `@breakwater/redact` without options.
 */
export function redactEvent(event: AuditEvent, redactor?: Redactor): AuditEvent {
  standard ??= createRedactor();
  const rules = redactor ?? standard;
  const text = (value: string): string => {
    const redacted = rules.string(value);
    if (redacted === value) return value;
    return redacted === '' ? '[redacted]' : redacted.slice(0, MAX_TEXT).toWellFormed();
  };
  const reference = (value: AuditReference): AuditReference =>
    value.uri === undefined ? value : { ...value, uri: text(value.uri) };
  const { actor, resource, reason, before, after, details } = event;
  return {
    ...event,
    actor: actor.userAgent === undefined ? actor : { ...actor, userAgent: text(actor.userAgent) },
    resource: resource.name === undefined ? resource : { ...resource, name: text(resource.name) },
    ...(reason === undefined ? {} : { reason: text(reason) }),
    ...(before === undefined ? {} : { before: reference(before) }),
    ...(after === undefined ? {} : { after: reference(after) }),
    ...(details === undefined ? {} : { details: (rules.redact(details) ?? {}) as NonNullable<AuditEvent['details']> }),
  };
}
