import type { JsonValue } from '../canonical.ts';
import type { AuditActor, AuditEntry } from '../event.ts';
import { ACCOUNT_CHANGE, API_ACTIVITY, AUTHENTICATION, ENTITY_MANAGEMENT, ocsfClassOf } from './ocsf-classes.ts';

type Fields = { [key: string]: JsonValue };

/** `metadata.version` of what `toOcsf` makes. */
export const OCSF_VERSION = '1.5.0';

const OTHER = 99;
const STATUS: { readonly [outcome in AuditEntry['outcome']]: readonly [id: number, caption: string] } = {
  success: [1, 'Success'],
  failure: [2, 'Failure'],
  denied: [2, 'Failure'],
  // `status` of 99 is the source's own word.
  partial: [OTHER, 'partial'],
};
/** `user.type_id` in 1.5.0 has no number for a service. */
const USER_TYPES: { readonly [type in NonNullable<AuditActor['type']>]: readonly [id: number, caption: string] } = {
  user: [1, 'User'],
  system: [3, 'System'],
  service: [OTHER, 'service'],
};

/**
 * An entry as an OCSF 1.5.0 event, with every attribute that its class requires and each constraint met; see
 * `OcsfClass` for the sources. `origin` is the trail's name: the service that recorded it. An action without an OCSF
 * activity has `activity_id` 99 and its own name, and the entry's own words stand in `metadata.event_code` and
 * `status_code`. Its place in the trail and what OCSF has no field for stand under `unmapped`.
 */
export function toOcsf(index: number, entry: AuditEntry, origin: string): Fields {
  const kind = ocsfClassOf(entry);
  const [activity, activityName] = kind.activities.get(entry.action) ?? [OTHER, entry.action];
  const [statusId, status] = STATUS[entry.outcome];
  const { class_uid, class_name, category_uid, category_name } = kind;
  return {
    class_uid,
    class_name,
    category_uid,
    category_name,
    activity_id: activity,
    activity_name: activityName,
    type_uid: class_uid * 100 + activity,
    type_name: `${class_name}: ${activityName}`,
    severity_id: statusId === 2 ? 2 : 1,
    severity: statusId === 2 ? 'Low' : 'Informational',
    status_id: statusId,
    status,
    status_code: entry.outcome,
    ...(entry.reason === undefined ? {} : { status_detail: entry.reason }),
    time: Date.parse(entry.time),
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Breakwater audit', vendor_name: 'Breakwater' },
      log_name: origin,
      event_code: `${entry.type}.${entry.action}`,
      uid: entry.id,
      sequence: index,
      ...(entry.correlationId === undefined ? {} : { correlation_uid: entry.correlationId }),
      ...(kind === API_ACTIVITY && entry.traceId !== undefined ? { profiles: ['trace'] } : {}),
    },
    actor: actorOf(entry.actor),
    // API Activity requires it: where the address is not known, the machine that recorded the event stands there.
    ...(entry.actor.ip !== undefined
      ? { src_endpoint: { ip: entry.actor.ip } }
      : kind === API_ACTIVITY
        ? { src_endpoint: { hostname: entry.component } }
        : {}),
    ...(entry.actor.userAgent === undefined ? {} : { http_request: { user_agent: entry.actor.userAgent } }),
    ...subjectOf(entry, origin),
    unmapped: unmappedOf(index, entry),
  };
}

function actorOf({ id, type, sessionId }: AuditActor): Fields {
  const typed: Fields = type === undefined ? {} : { type_id: USER_TYPES[type][0], type: USER_TYPES[type][1] };
  return { user: { uid: id, ...typed }, ...(sessionId === undefined ? {} : { session: { uid: sessionId } }) };
}

/** What was acted on, where each class has it. */
function subjectOf(entry: AuditEntry, origin: string): Fields {
  const kind = ocsfClassOf(entry);
  const { resource, actor, details, traceId } = entry;
  const name = resource.name === undefined ? {} : { name: resource.name };
  const thing = { uid: resource.id, type: resource.type, ...name };
  switch (kind) {
    case AUTHENTICATION:
      return {
        user: { uid: resource.id, ...name },
        service: { name: origin },
        ...(actor.sessionId === undefined ? {} : { session: { uid: actor.sessionId } }),
        ...(typeof details?.['mfaUsed'] === 'boolean' ? { is_mfa: details['mfaUsed'] } : {}),
      };
    case ACCOUNT_CHANGE:
      return { user: { uid: resource.id, ...name } };
    case ENTITY_MANAGEMENT:
      return { entity: { ...thing, type_id: OTHER } };
    default:
      return {
        api: { operation: `${entry.type}.${entry.action}`, service: { name: origin } },
        resources: [thing],
        ...(traceId === undefined ? {} : { trace: { uid: traceId } }),
      };
  }
}

function unmappedOf(index: number, entry: AuditEntry): Fields {
  const { actor, clock, component, details, before, after, personal, traceId, resource } = entry;
  const kind = ocsfClassOf(entry);
  return {
    index,
    clock,
    component,
    ...(actor.onBehalfOf === undefined ? {} : { on_behalf_of: actor.onBehalfOf }),
    ...(traceId === undefined || kind === API_ACTIVITY ? {} : { trace_id: traceId }),
    ...(details === undefined ? {} : { details }),
    ...(before === undefined ? {} : { before: { ...before } }),
    ...(after === undefined ? {} : { after: { ...after } }),
    ...(personal === undefined ? {} : { personal: { ...personal } }),
    ...(kind === AUTHENTICATION || kind === ACCOUNT_CHANGE ? { resource: { ...resource } } : {}),
  };
}
