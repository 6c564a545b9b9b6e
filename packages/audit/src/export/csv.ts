import { canonicalize } from '../canonical.ts';
import { printable } from '../cli/printable.ts';
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

/** A formula of a spreadsheet, also in wide forms and after white space; or an apostrophe, which takes one away. */
const NEEDS_APOSTROPHE = /^(?:'|\s*[=+\-@\uff0b\uff0d\uff1d\uff20])/;
/** Where lists are separated by `;`, what follows would be a cell of its own. */
const SECOND_FORMULA = /;(?=[\s"]*[=+\-@\uff0b\uff0d\uff1d\uff20])/g;

/** The header line, RFC 4180, without line end. */
export function toCsvHeader(): string {
  return COLUMNS.map(([name]) => name).join(',');
}

/**
 * One line, RFC 4180, without line end, for a spreadsheet (OWASP ASVS 5.0, 1.2.10). A cell that it would run as a formula
 * gets a leading apostrophe, and so does one that begins with an apostrophe. Control characters, line ends and characters
 * that turn the direction of writing stand as `\uXXXX`, and so does a `;` before the beginning of a formula. To get a
 * text back, take one leading apostrophe away and read each `\uXXXX` as its character; `details` is JSON, which reads them.
 */
export function toCsvRow(index: number, entry: AuditEntry): string {
  return COLUMNS.map(([name, read]) => cell(read(index, entry) ?? '', name === 'details')).join(',');
}

function cell(text: string, isJson: boolean): string {
  // JSON has escaped its backslashes; elsewhere one is that would be read as the beginning of an escape.
  const escaped = isJson ? text : text.replaceAll(/\\(?=u[0-9a-f]{4})/g, '\\u005c');
  const visible = printable(escaped).replaceAll(SECOND_FORMULA, '\\u003b');
  const safe = NEEDS_APOSTROPHE.test(visible) ? `'${visible}` : visible;
  return /[",;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
