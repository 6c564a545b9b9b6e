import { canonicalize } from '../canonical.ts';
import type { AuditEntry } from '../event.ts';

const COLUMNS: readonly (readonly [string, (index: number, entry: AuditEntry) => string | undefined])[] = [
  ['index', (index) => String(index)],
  ['id', (_, entry) => entry.id],
  ['time', (_, entry) => entry.time],
  ['type', (_, entry) => entry.type],
  ['actor_id', (_, entry) => entry.actor.id],
  ['actor_type', (_, entry) => entry.actor.type],
  ['actor_ip', (_, entry) => entry.actor.ip],
  ['actor_user_agent', (_, entry) => entry.actor.userAgent],
  ['actor_session', (_, entry) => entry.actor.sessionId],
  ['on_behalf_of', (_, entry) => entry.actor.onBehalfOf],
  ['action', (_, entry) => entry.action],
  ['resource_type', (_, entry) => entry.resource.type],
  ['resource_id', (_, entry) => entry.resource.id],
  ['outcome', (_, entry) => entry.outcome],
  ['reason', (_, entry) => entry.reason],
  ['component', (_, entry) => entry.component],
  ['clock', (_, entry) => entry.clock],
  ['correlation_id', (_, entry) => entry.correlationId],
  ['trace_id', (_, entry) => entry.traceId],
  ['details', (_, entry) => (entry.details === undefined ? undefined : canonicalize(entry.details))],
];

/** The header line, RFC 4180, without line end. */
export function toCsvHeader(): string {
  return COLUMNS.map(([name]) => name).join(',');
}

/**
 * One line, RFC 4180, without line end. A cell that a spreadsheet would run as a formula (it begins with `=`, `+`, `-`,
 * `@`, tab or return) gets a leading apostrophe.
 */
export function toCsvRow(index: number, entry: AuditEntry): string {
  return COLUMNS.map(([, read]) => cell(read(index, entry) ?? '')).join(',');
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
