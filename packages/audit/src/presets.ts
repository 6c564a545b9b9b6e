import type { AuditActor, AuditEvent, AuditOutcome, AuditReference, AuditResource } from './event.ts';
import { checkEvent } from './event.ts';

/**
 * Presets for the events that PCI DSS 4.0.1, requirement 10.2.1, and the SOC 2 trust services criteria (AICPA 2017, points
 * of focus of 2022) ask for. The numbers: 10.2.1.1 individual access to cardholder data, .2 actions with administrative
 * access, .3 access to audit logs, .4 invalid access attempts, .5 changes to identification and authentication
 * credentials, .6 audit logs initialized, started, stopped or paused, .7 system-level objects created or deleted; CC6.1
 * logical access, CC6.2 and CC6.3 granting, changing and removing it, CC7.2 monitoring for anomalies, CC8.1 changes, PI1.5
 * complete and accurate storage of what goes in, is processed and comes out. Numbers and wording were read on pages that
 * quote the standards, not in the standards, which are under licence.
 */

/** What every preset takes beside its own fields. `reason` is required where the outcome is `failure` or `denied`. */
export interface EventDetails {
  readonly actor: AuditActor;
  readonly outcome: AuditOutcome;
  readonly reason?: string;
  readonly correlationId?: string;
  readonly traceId?: string;
  readonly details?: NonNullable<AuditEvent['details']>;
  readonly personal?: NonNullable<AuditEvent['personal']>;
}

/**
 * Somebody proves, or fails to prove, who they are (PCI DSS 10.2.1.4 and 10.2.1.5, SOC 2 CC6.1). The resource is the
 * account; by default the actor's own. Throws `AUDIT_INVALID_EVENT` where the event would not be valid.
 */
export function authentication(
  event: EventDetails & {
    readonly action: 'login' | 'logout' | 'mfa' | 'password_change' | 'token_refresh';
    readonly account?: string;
    /** `password`, `passkey`, `oidc`, … */
    readonly method?: string;
    readonly mfaUsed?: boolean;
  },
): AuditEvent {
  const { account = event.actor.id, method, mfaUsed, action, ...rest } = event;
  return made(rest, 'authentication', action, { type: 'user_account', id: account }, { method, mfaUsed });
}

/** Somebody reads, exports or searches data (cardholder data: PCI DSS 10.2.1.1; SOC 2 CC6.1). `fields` are names, never values. */
export function dataAccess(
  event: EventDetails & {
    readonly action: 'read' | 'search' | 'export' | 'print';
    readonly resource: AuditResource;
    readonly fields?: readonly string[];
    readonly records?: number;
  },
): AuditEvent {
  const { resource, fields, records, action, ...rest } = event;
  return made(rest, 'data_access', action, resource, { fields, records });
}

/** Somebody uses administrative rights (PCI DSS 10.2.1.2 and 10.2.1.5, SOC 2 CC6.2 and CC6.3). */
export function administration(
  event: EventDetails & {
    /** `disable_account`, `grant_role`, … */
    readonly action: string;
    readonly resource: AuditResource;
    readonly ticketId?: string;
    readonly before?: AuditReference;
    readonly after?: AuditReference;
  },
): AuditEvent {
  const { resource, ticketId, action, ...rest } = event;
  return made(rest, 'administration', action, resource, { ticketId });
}

/**
 * A setting changes (PCI DSS 10.2.1.2, and 10.2.1.7 where a system-level object is created or deleted; SOC 2 CC8.1).
 * `before` and `after` refer to the two states by digest.
 */
export function configurationChange(
  event: EventDetails & {
    readonly action?: 'create' | 'update' | 'delete';
    readonly setting: string;
    readonly before?: AuditReference;
    readonly after?: AuditReference;
    readonly changeId?: string;
  },
): AuditEvent {
  const { setting, changeId, action = 'update', ...rest } = event;
  return made(rest, 'configuration_change', action, { type: 'configuration', id: setting }, { changeId });
}

/** An audit log is read, or begins, stops or pauses (PCI DSS 10.2.1.3 and 10.2.1.6, SOC 2 CC7.2). `log` names it. */
export function auditLog(
  event: EventDetails & {
    readonly action: 'read' | 'export' | 'initialize' | 'start' | 'stop' | 'pause';
    readonly log: string;
  },
): AuditEvent {
  const { log, action, ...rest } = event;
  return made(rest, 'audit_log', action, { type: 'audit_log', id: log }, {});
}

/**
 * Money moves, or is refused (SOC 2 PI1.5; PCI DSS 10.2.1.1 where a person sees cardholder data in doing so). `amount` is a decimal string (`"129.00"`), because a binary number would not say it
 * exactly; `currency` is ISO 4217. Never put a card number in: the redaction masks it, and a token is enough.
 */
export function payment(
  event: EventDetails & {
    readonly action: 'authorize' | 'capture' | 'refund' | 'void' | 'payout' | 'chargeback';
    readonly paymentId: string;
    readonly amount: string;
    readonly currency: string;
  },
): AuditEvent {
  const { paymentId, amount, currency, action, ...rest } = event;
  return made(rest, 'payment', action, { type: 'payment', id: paymentId }, { amount, currency });
}

function made(
  rest: EventDetails & { readonly before?: AuditReference; readonly after?: AuditReference },
  type: string,
  action: string,
  resource: AuditResource,
  own: { readonly [key: string]: string | number | boolean | readonly string[] | undefined },
): AuditEvent {
  const known = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  const details = { ...rest.details, ...known } as NonNullable<AuditEvent['details']>;
  const { details: _, ...common } = rest;
  const event = { type, action, resource, ...common, ...(Object.keys(details).length === 0 ? {} : { details }) };
  checkEvent(event);
  return event;
}
