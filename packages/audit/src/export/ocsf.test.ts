import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEntry, AuditEvent } from '../event.ts';
import { administration, auditLog, authentication, configurationChange, dataAccess, payment } from '../presets.ts';
import { toOcsf } from './ocsf.ts';

const words = (text: string): string[] => text.split(' ');

/**
 * What the OCSF 1.5.0 schema says of the four classes and of the objects in them (github.com/ocsf/ocsf-schema): attribute
 * names, those required, and `at_least_one` constraints. Copied from the schema, not from the code under test.
 */
const BASE = words(
  'activity_id activity_name category_name category_uid class_name class_uid count duration end_time enrichments message metadata observables raw_data raw_data_size severity severity_id start_time status status_code status_detail status_id time timezone_offset type_name type_uid unmapped',
);
const BASE_REQUIRED = words('activity_id category_uid class_uid metadata severity_id time type_uid');
const IAM = words('actor http_request http_response src_endpoint');
interface Shape {
  readonly attributes: readonly string[];
  readonly required: readonly string[];
  readonly oneOf?: readonly string[];
}
const CLASSES: { readonly [uid: number]: Shape & { category: number; activities: { readonly [id: number]: string } } } =
  {
    3001: {
      category: 3,
      attributes: [...BASE, ...IAM, ...words('policies policy user user_result')],
      required: [...BASE_REQUIRED, 'user'],
      activities: {
        ...{ 1: 'Create', 2: 'Enable', 3: 'Password Change', 4: 'Password Reset', 5: 'Disable', 6: 'Delete' },
        ...{ 7: 'Attach Policy', 8: 'Detach Policy', 9: 'Lock', 10: 'MFA Factor Enable' },
        ...{ 11: 'MFA Factor Disable', 12: 'Unlock' },
      },
    },
    3002: {
      category: 3,
      attributes: [
        ...[...BASE, ...IAM],
        ...words(
          'auth_factors auth_protocol auth_protocol_id authentication_token certificate dst_endpoint is_cleartext',
        ),
        ...words('is_mfa is_new_logon is_remote logon_process logon_type logon_type_id service session user'),
      ],
      required: [...BASE_REQUIRED, 'user'],
      oneOf: ['service', 'dst_endpoint'],
      activities: {
        ...{ 1: 'Logon', 2: 'Logoff', 3: 'Authentication Ticket', 4: 'Service Ticket Request' },
        ...{ 5: 'Service Ticket Renew', 6: 'Preauth' },
      },
    },
    3004: {
      category: 3,
      attributes: [...BASE, ...IAM, ...words('access_list access_mask comment entity entity_result')],
      required: [...BASE_REQUIRED, 'entity'],
      activities: {
        ...{ 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete', 5: 'Move', 6: 'Enroll', 7: 'Unenroll', 8: 'Enable' },
        ...{ 9: 'Disable', 10: 'Activate', 11: 'Deactivate', 12: 'Suspend', 13: 'Resume' },
      },
    },
    6003: {
      category: 6,
      attributes: [...BASE, ...words('actor api dst_endpoint http_request http_response resources src_endpoint trace')],
      required: [...BASE_REQUIRED, 'actor', 'api', 'src_endpoint'],
      activities: { 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete' },
    },
  };
const USER: Shape = {
  attributes: words(
    'account credential_uid domain email_addr full_name groups has_mfa name org type type_id uid uid_alt',
  ),
  required: [],
  oneOf: ['account', 'name', 'uid'],
};
const OBJECTS: { readonly [attribute: string]: Shape } = {
  metadata: {
    attributes: words('correlation_uid event_code log_name log_provider product profiles sequence uid version'),
    required: ['product', 'version'],
  },
  actor: { attributes: words('app_name app_uid process session user'), required: [], oneOf: ['user', 'session'] },
  user: USER,
  src_endpoint: { attributes: words('hostname ip name port svc_name uid'), required: [], oneOf: words('ip hostname') },
  http_request: { attributes: words('http_method uid url user_agent'), required: [] },
  entity: { attributes: words('name type type_id uid version'), required: [], oneOf: ['name', 'uid'] },
  api: { attributes: words('group operation request response service version'), required: ['operation'] },
  service: { attributes: words('labels name tags uid version'), required: [], oneOf: ['name', 'uid'] },
  session: { attributes: words('is_mfa issuer uid'), required: [] },
  trace: { attributes: words('service span uid'), required: ['uid'] },
};
const STATUS: { readonly [id: number]: string } = { 1: 'Success', 2: 'Failure' };
const USER_TYPES: { readonly [id: number]: string } = { 0: 'Unknown', 1: 'User', 2: 'Admin', 3: 'System' };

function checkShape(name: string, value: object, { attributes, required, oneOf }: Shape): void {
  const keys = Object.keys(value);
  assert.deepEqual(
    keys.filter((key) => !attributes.includes(key)),
    [],
    `${name} has attributes that the schema does not`,
  );
  assert.deepEqual(
    required.filter((key) => !keys.includes(key)),
    [],
    `${name} lacks required attributes`,
  );
  assert.ok(oneOf === undefined || oneOf.some((key) => keys.includes(key)), `${name} needs one of ${oneOf}`);
  for (const [key, child] of Object.entries(value)) {
    if (OBJECTS[key] !== undefined) checkShape(`${name}.${key}`, child as object, OBJECTS[key]);
  }
}

function checkEvent(event: { [key: string]: unknown }): void {
  const kind = CLASSES[event['class_uid'] as number]!;
  checkShape(String(event['class_name']), event, kind);
  const id = event['activity_id'] as number;
  assert.ok(id === 99 || kind.activities[id] === event['activity_name'], `activity ${id} ${event['activity_name']}`);
  assert.equal(event['category_uid'], kind.category);
  assert.equal(event['type_uid'], (event['class_uid'] as number) * 100 + id);
  const status = event['status_id'] as number;
  assert.ok(status === 99 || STATUS[status] === event['status']);
  assert.equal((event['metadata'] as { version: string }).version, '1.5.0');
  const { user } = event['actor'] as { user: { type_id?: number; type?: string } };
  if (user.type_id !== undefined && user.type_id !== 99) assert.equal(USER_TYPES[user.type_id], user.type);
}

const entryOf = (event: AuditEvent): AuditEntry => {
  const { personal: _, ...rest } = event;
  return { v: 1, id: 'e1', time: '2026-11-25T09:30:00.000Z', clock: 'ntp', component: 'web-1', ...rest };
};

test('R77: every preset, action, outcome and actor becomes an event that the OCSF 1.5.0 schema allows', () => {
  const resource = { type: 'customer', id: 'c1', name: 'Customer' };
  const account = { type: 'user_account', id: 'u1' };
  const outcomes = ['success', 'failure', 'partial', 'denied'] as const;
  const actors = [
    { id: 'a' },
    { id: 'a', type: 'user', ip: '192.0.2.1', userAgent: 'curl', sessionId: 's1', onBehalfOf: 'b' },
    { id: 'job', type: 'service' },
    { id: 'system', type: 'system' },
  ] as const;
  let count = 0;
  const classes = new Set<unknown>();
  for (const outcome of outcomes) {
    for (const actor of actors) {
      const common = { actor, outcome, reason: 'why', correlationId: 'c', traceId: 'a'.repeat(32) };
      const events: AuditEvent[] = [
        ...(['login', 'logout', 'mfa', 'password_change', 'token_refresh'] as const).map((action) =>
          authentication({ ...common, action, mfaUsed: true }),
        ),
        ...(['read', 'search', 'export', 'print'] as const).map((action) =>
          dataAccess({ ...common, action, resource }),
        ),
        ...words(
          'create_account enable_account password_reset disable_account delete_account lock_account enable_mfa disable_mfa unlock_account grant_role',
        ).map((action) => administration({ ...common, action, resource: account })),
        ...words(
          'create read update delete move enroll unenroll enable disable activate deactivate suspend resume',
        ).map((action) => administration({ ...common, action, resource })),
        ...(['create', 'update', 'delete'] as const).map((action) =>
          configurationChange({ ...common, action, setting: 'limit' }),
        ),
        payment({ ...common, action: 'refund', paymentId: 'p', amount: '1.00', currency: 'EUR' }),
        auditLog({ ...common, action: 'read', log: 'audit.example.com/a' }),
        { ...common, type: 'constructor', action: 'toString', resource },
      ];
      for (const event of events) {
        const mapped = toOcsf(count, entryOf(event), 'audit.example.com/accounts');
        checkEvent(mapped);
        classes.add(mapped['class_uid']);
        count += 1;
      }
    }
  }
  assert.deepEqual([...classes].sort(), [3001, 3002, 3004, 6003]);
});

test('R77: the check above finds what the schema does not allow', () => {
  const good = toOcsf(
    0,
    entryOf(authentication({ actor: { id: 'a' }, outcome: 'success', action: 'login' })),
    'a.example',
  );
  const { service: _, ...without } = good;
  for (const bad of [without, { ...good, who: 'a' }, { ...good, activity_id: 2 }, { ...good, user: {} }])
    assert.throws(() => checkEvent(bad), assert.AssertionError);
});

test('R77: an authentication has every field in its place or under unmapped', () => {
  const entry = entryOf(
    authentication({
      actor: { id: 'user_1', type: 'user', ip: '192.0.2.1', userAgent: 'curl', sessionId: 's1', onBehalfOf: 'user_2' },
      action: 'login',
      outcome: 'denied',
      reason: 'locked',
      correlationId: 'c1',
      method: 'password',
      mfaUsed: false,
    }),
  );
  assert.deepEqual(toOcsf(7, entry, 'audit.example.com/accounts'), {
    class_uid: 3002,
    class_name: 'Authentication',
    category_uid: 3,
    category_name: 'Identity & Access Management',
    activity_id: 1,
    activity_name: 'Logon',
    type_uid: 300_201,
    type_name: 'Authentication: Logon',
    severity_id: 2,
    severity: 'Low',
    status_id: 2,
    status: 'Failure',
    status_code: 'denied',
    status_detail: 'locked',
    time: Date.parse(entry.time),
    metadata: {
      version: '1.5.0',
      product: { name: 'Breakwater audit', vendor_name: 'Breakwater' },
      log_name: 'audit.example.com/accounts',
      event_code: 'authentication.login',
      uid: 'e1',
      sequence: 7,
      correlation_uid: 'c1',
    },
    actor: { user: { uid: 'user_1', type_id: 1, type: 'User' }, session: { uid: 's1' } },
    src_endpoint: { ip: '192.0.2.1' },
    http_request: { user_agent: 'curl' },
    user: { uid: 'user_1' },
    service: { name: 'audit.example.com/accounts' },
    session: { uid: 's1' },
    is_mfa: false,
    unmapped: {
      index: 7,
      clock: 'ntp',
      component: 'web-1',
      on_behalf_of: 'user_2',
      details: { method: 'password', mfaUsed: false },
      resource: { type: 'user_account', id: 'user_1' },
    },
  });
});

test('R77: an action that OCSF does not know is 99 with its own name, and partial is neither success nor failure', () => {
  const entry = entryOf(
    administration({
      actor: { id: 'a' },
      outcome: 'partial',
      action: 'grant_role',
      resource: { type: 'user_account', id: 'u' },
    }),
  );
  const event = toOcsf(0, entry, 'a.example');
  assert.deepEqual(
    [event['class_uid'], event['activity_id'], event['activity_name'], event['status_id'], event['status']],
    [3004, 99, 'grant_role', 99, 'partial'],
  );
});
