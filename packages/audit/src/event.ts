import type { JsonValue } from './canonical.ts';
import { AuditError } from './errors.ts';

export type AuditOutcome = 'success' | 'failure' | 'partial' | 'denied';

export interface AuditActor {
  /** Stable id of the person, service or job. Never empty: PCI DSS 10.2.2 asks for it. */
  readonly id: string;
  readonly type?: 'user' | 'service' | 'system';
  readonly ip?: string;
  readonly userAgent?: string;
  readonly sessionId?: string;
  /** Who the actor acts for: the customer an agent has opened, the user a job runs for. */
  readonly onBehalfOf?: string;
}

export interface AuditResource {
  readonly type: string;
  readonly id: string;
  readonly name?: string;
}

/** State before or after a change, by reference: a digest proves it, the URI finds it; the content is not in the trail. */
export interface AuditReference {
  /** `sha256:` and 64 hexadecimal digits; `digestOf` makes one. */
  readonly digest: string;
  readonly uri?: string;
}

/** What an application records. */
export interface AuditEvent {
  /** Dotted lower-case name: `authentication`, `data_access`, `payment.refund`. */
  readonly type: string;
  readonly actor: AuditActor;
  /** Verb: `login`, `read`, `disable_account`. */
  readonly action: string;
  readonly resource: AuditResource;
  readonly outcome: AuditOutcome;
  /** Why it failed, was denied or was done. Required for `failure` and `denied`. */
  readonly reason?: string;
  readonly before?: AuditReference;
  readonly after?: AuditReference;
  readonly correlationId?: string;
  /** 32 lower-case hexadecimal digits. */
  readonly traceId?: string;
  /** Anything else, as JSON. Redacted before it is hashed. */
  readonly details?: { readonly [key: string]: JsonValue };
  /**
   * Personal data that must be erasable: encrypted under a key of that person, so that destroying the key makes it
   * unreadable while every proof still verifies. Needs the trail's `personalData` option.
   */
  readonly personal?: { readonly subject: string; readonly data: { readonly [key: string]: JsonValue } };
}

/** Personal data as it stands in the trail: AES-256-GCM, base64. */
export interface SealedPersonalData {
  readonly subject: string;
  readonly keyId: string;
  readonly nonce: string;
  readonly ciphertext: string;
}

/** What stands in the trail, in canonical JSON: the event, its place in time and the version of this shape. */
export type AuditEntry = Omit<AuditEvent, 'personal'> & {
  readonly v: 1;
  /** Unique; made by the writer. */
  readonly id: string;
  /** RFC 3339 with milliseconds, UTC. */
  readonly time: string;
  /** Where the time comes from: `system`, `ntp`, `ptp`, … as the writer was told. */
  readonly clock: string;
  /** Where the event was recorded: the machine, or the name that the writer was given. */
  readonly component: string;
  readonly personal?: SealedPersonalData;
};

const OUTCOMES: readonly string[] = ['success', 'failure', 'partial', 'denied'];
const EVENT_KEYS: readonly string[] = [
  'type',
  'actor',
  'action',
  'resource',
  'outcome',
  'reason',
  'before',
  'after',
  'correlationId',
  'traceId',
  'details',
  'personal',
];
const ACTOR_KEYS: readonly string[] = ['id', 'type', 'ip', 'userAgent', 'sessionId', 'onBehalfOf'];
const MAX_TEXT = 4_096;

/**
 * Checks that an event says who did what to what, with which outcome (PCI DSS 10.2.2, SOC 2 CC7.2). Throws
 * `AUDIT_INVALID_EVENT` naming the field. Unknown fields are refused, so that a misspelt one is not lost.
 */
export function checkEvent(event: unknown): asserts event is AuditEvent {
  const value = object(event, 'event');
  onlyKeys(value, EVENT_KEYS, 'event');
  pattern(
    value['type'],
    /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/,
    'type',
    'a dotted lower-case name such as "data_access"',
  );
  text(value['action'], 'action');
  const actor = object(value['actor'], 'actor');
  onlyKeys(actor, ACTOR_KEYS, 'actor');
  text(actor['id'], 'actor.id');
  if (actor['type'] !== undefined && !['user', 'service', 'system'].includes(actor['type'] as string)) {
    refuse('actor.type', 'user, service or system', actor['type']);
  }
  for (const key of ['ip', 'userAgent', 'sessionId', 'onBehalfOf']) optionalText(actor[key], `actor.${key}`);
  const resource = object(value['resource'], 'resource');
  onlyKeys(resource, ['type', 'id', 'name'], 'resource');
  text(resource['type'], 'resource.type');
  text(resource['id'], 'resource.id');
  optionalText(resource['name'], 'resource.name');
  if (!OUTCOMES.includes(value['outcome'] as string))
    refuse('outcome', 'success, failure, partial or denied', value['outcome']);
  if (value['outcome'] === 'failure' || value['outcome'] === 'denied') text(value['reason'], 'reason');
  else optionalText(value['reason'], 'reason');
  for (const key of ['before', 'after']) if (value[key] !== undefined) checkReference(value[key], key);
  optionalText(value['correlationId'], 'correlationId');
  if (value['traceId'] !== undefined)
    pattern(value['traceId'], /^[0-9a-f]{32}$/, 'traceId', '32 lower-case hexadecimal digits');
  if (value['details'] !== undefined) object(value['details'], 'details');
  if (value['personal'] !== undefined) {
    const personal = object(value['personal'], 'personal');
    onlyKeys(personal, ['subject', 'data'], 'personal');
    text(personal['subject'], 'personal.subject');
    object(personal['data'], 'personal.data');
  }
}

function checkReference(value: unknown, name: string): void {
  const reference = object(value, name);
  onlyKeys(reference, ['digest', 'uri'], name);
  pattern(reference['digest'], /^sha256:[0-9a-f]{64}$/, `${name}.digest`, '"sha256:" and 64 hexadecimal digits');
  optionalText(reference['uri'], `${name}.uri`);
}

function object(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(name, 'an object', value);
  return value as Record<string, unknown>;
}
function onlyKeys(value: Record<string, unknown>, known: readonly string[], name: string): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw new AuditError(
        'AUDIT_INVALID_EVENT',
        `${name} has the unknown field ${JSON.stringify(key)}; known are ${known.join(', ')}`,
      );
    }
  }
}
function text(value: unknown, name: string): void {
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT)
    refuse(name, `text of 1 to ${MAX_TEXT} characters`, value);
}
function optionalText(value: unknown, name: string): void {
  if (value !== undefined) text(value, name);
}
function pattern(value: unknown, expected: RegExp, name: string, wanted: string): void {
  if (typeof value !== 'string' || value.length > MAX_TEXT || !expected.test(value)) refuse(name, wanted, value);
}
function refuse(name: string, wanted: string, value: unknown): never {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : value === null ? 'null' : typeof value;
  throw new AuditError('AUDIT_INVALID_EVENT', `${name} must be ${wanted}, and is ${shown}`);
}
