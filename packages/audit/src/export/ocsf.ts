import type { JsonValue } from '../canonical.ts';
import type { AuditEntry } from '../event.ts';

/** OCSF classes (https://schema.ocsf.io, 1.5.0) by event type; everything else is API Activity. */
const AUTHENTICATION = { class_uid: 3002, class_name: 'Authentication', category_uid: 3 };
const ENTITY_MANAGEMENT = { class_uid: 3004, class_name: 'Entity Management', category_uid: 3 };
const API_ACTIVITY = { class_uid: 6003, class_name: 'API Activity', category_uid: 6 };

const CLASSES: ReadonlyMap<string, typeof AUTHENTICATION> = new Map([
  ['authentication', AUTHENTICATION],
  ['administration', ENTITY_MANAGEMENT],
  ['configuration_change', ENTITY_MANAGEMENT],
]);
const AUTHENTICATION_ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['login', 1],
  ['logout', 2],
]);
const CRUD_ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['create', 1],
  ['read', 2],
  ['search', 2],
  ['export', 2],
  ['update', 3],
  ['delete', 4],
]);
const OTHER = 99;

/**
 * An entry as an OCSF 1.5.0 event. Its place in the trail and what OCSF has no field for stand under `unmapped`; an action
 * without an OCSF activity has `activity_id` 99 and its own name.
 */
export function toOcsf(index: number, entry: AuditEntry): { [key: string]: JsonValue } {
  const kind = CLASSES.get(entry.type) ?? API_ACTIVITY;
  const activities = kind === AUTHENTICATION ? AUTHENTICATION_ACTIVITIES : CRUD_ACTIVITIES;
  const activity = activities.get(entry.action) ?? OTHER;
  const { actor, resource } = entry;
  const isBad = entry.outcome === 'failure' || entry.outcome === 'denied';
  return {
    ...kind,
    activity_id: activity,
    activity_name: entry.action,
    type_uid: kind.class_uid * 100 + activity,
    severity_id: isBad ? 2 : 1,
    status_id: entry.outcome === 'success' ? 1 : isBad ? 2 : OTHER,
    status: entry.outcome,
    ...(entry.reason === undefined ? {} : { status_detail: entry.reason }),
    time: Date.parse(entry.time),
    metadata: {
      version: '1.5.0',
      product: { name: 'Breakwater audit', vendor_name: 'Breakwater' },
      uid: entry.id,
      sequence: index,
      ...(entry.correlationId === undefined ? {} : { correlation_uid: entry.correlationId }),
      ...(entry.traceId === undefined ? {} : { trace_uid: entry.traceId }),
    },
    actor: {
      user: { uid: actor.id, ...(actor.type === undefined ? {} : { type: actor.type }) },
      ...(actor.sessionId === undefined ? {} : { session: { uid: actor.sessionId } }),
    },
    ...(actor.ip === undefined ? {} : { src_endpoint: { ip: actor.ip } }),
    ...(actor.userAgent === undefined ? {} : { http_request: { user_agent: actor.userAgent } }),
    ...subject(kind, entry),
    unmapped: {
      index,
      clock: entry.clock,
      ...(actor.onBehalfOf === undefined ? {} : { on_behalf_of: actor.onBehalfOf }),
      ...(entry.details === undefined ? {} : { details: entry.details }),
      ...(entry.before === undefined ? {} : { before: { ...entry.before } }),
      ...(entry.after === undefined ? {} : { after: { ...entry.after } }),
      ...(entry.personal === undefined ? {} : { personal: { ...entry.personal } }),
      ...(kind === AUTHENTICATION ? { resource: { ...resource } } : {}),
    },
  };
}

/** What was acted on, where each class has it. */
function subject(kind: typeof AUTHENTICATION, { resource, action, type }: AuditEntry): { [key: string]: JsonValue } {
  if (kind === AUTHENTICATION) return { user: { uid: resource.id } };
  const thing = {
    uid: resource.id,
    type: resource.type,
    ...(resource.name === undefined ? {} : { name: resource.name }),
  };
  if (kind === ENTITY_MANAGEMENT) return { entity: thing };
  return { api: { operation: `${type}.${action}` }, resources: [thing] };
}
