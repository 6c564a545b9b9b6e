import type { AuditEntry } from '../event.ts';

/**
 * The OCSF 1.5.0 classes that entries become. Numbers and captions are those of the schema's files
 * (https://github.com/ocsf/ocsf-schema at 1.5.0: `events/iam/authentication.json`, `account_change.json`,
 * `entity_management.json`, `events/application/api_activity.json`): `class_uid` is 1000 times the category and the
 * class's own number, `type_uid` is 100 times `class_uid` and the activity.
 */
export interface OcsfClass {
  readonly class_uid: number;
  readonly class_name: string;
  readonly category_uid: number;
  readonly category_name: string;
  /** Activity and its caption, by the entry's action. */
  readonly activities: ReadonlyMap<string, readonly [id: number, caption: string]>;
}

const IAM = { category_uid: 3, category_name: 'Identity & Access Management' };

export const AUTHENTICATION: OcsfClass = {
  class_uid: 3002,
  class_name: 'Authentication',
  ...IAM,
  activities: new Map([
    ['login', [1, 'Logon']],
    ['logout', [2, 'Logoff']],
  ]),
};

export const ACCOUNT_CHANGE: OcsfClass = {
  class_uid: 3001,
  class_name: 'Account Change',
  ...IAM,
  activities: new Map([
    ['create_account', [1, 'Create']],
    ['enable_account', [2, 'Enable']],
    ['password_change', [3, 'Password Change']],
    ['password_reset', [4, 'Password Reset']],
    ['disable_account', [5, 'Disable']],
    ['delete_account', [6, 'Delete']],
    ['lock_account', [9, 'Lock']],
    ['enable_mfa', [10, 'MFA Factor Enable']],
    ['disable_mfa', [11, 'MFA Factor Disable']],
    ['unlock_account', [12, 'Unlock']],
  ]),
};

export const ENTITY_MANAGEMENT: OcsfClass = {
  class_uid: 3004,
  class_name: 'Entity Management',
  ...IAM,
  activities: new Map([
    ['create', [1, 'Create']],
    ['read', [2, 'Read']],
    ['update', [3, 'Update']],
    ['delete', [4, 'Delete']],
    ['move', [5, 'Move']],
    ['enroll', [6, 'Enroll']],
    ['unenroll', [7, 'Unenroll']],
    ['enable', [8, 'Enable']],
    ['disable', [9, 'Disable']],
    ['activate', [10, 'Activate']],
    ['deactivate', [11, 'Deactivate']],
    ['suspend', [12, 'Suspend']],
    ['resume', [13, 'Resume']],
  ]),
};

export const API_ACTIVITY: OcsfClass = {
  class_uid: 6003,
  class_name: 'API Activity',
  category_uid: 6,
  category_name: 'Application Activity',
  activities: new Map([
    ['create', [1, 'Create']],
    ['read', [2, 'Read']],
    ['search', [2, 'Read']],
    ['export', [2, 'Read']],
    ['print', [2, 'Read']],
    ['update', [3, 'Update']],
    ['delete', [4, 'Delete']],
  ]),
};

/** An action on a user account that OCSF knows is an Account Change; else the event's type decides; else API Activity. */
export function ocsfClassOf({ type, action, resource }: AuditEntry): OcsfClass {
  if (resource.type === 'user_account' && ACCOUNT_CHANGE.activities.has(action)) return ACCOUNT_CHANGE;
  if (type === 'authentication') return AUTHENTICATION;
  return type === 'administration' || type === 'configuration_change' ? ENTITY_MANAGEMENT : API_ACTIVITY;
}
