import type { AuditEvent } from './event.ts';

/** Optional fields are often passed on as undefined; JSON has no word for that, and losing the event would be worse. */
export function withoutUndefined(event: AuditEvent): AuditEvent {
  return { ...clean(event), actor: clean(event.actor), resource: clean(event.resource) };
}

function clean<T extends object>(value: T): T {
  const isWhole = Object.values(value).every((item) => item !== undefined);
  return isWhole ? value : (Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T);
}

/** What the trail records about itself, in itself. */
export function ownEvent(
  type: string,
  action: string,
  origin: string,
  details: NonNullable<AuditEvent['details']>,
): AuditEvent {
  return {
    type,
    actor: { id: 'breakwater-audit', type: 'system' },
    action,
    resource: { type: 'audit_trail', id: origin },
    outcome: 'success',
    details,
  };
}
