/** The columns of the log table beside time, level and message: a comma-separated list in the URL. */
import type { LogView } from '@breakwater/server/api-types';
import { attributeText } from '../../telemetry/any-value.ts';

export const DEFAULT_COLUMNS: readonly string[] = ['service'];
const MAX_COLUMNS = 12;

export function parseColumns(text: string | undefined): readonly string[] {
  if (text === undefined) return DEFAULT_COLUMNS;
  if (text === 'none') return [];
  return [...new Set(text.split(',').filter(Boolean))].slice(0, MAX_COLUMNS);
}

/** Undefined for the default: it leaves no trace in the URL. */
export function printColumns(columns: readonly string[]): string | undefined {
  if (columns.join() === DEFAULT_COLUMNS.join()) return undefined;
  return columns.length === 0 ? 'none' : columns.join(',');
}

const BUILT_IN: Record<string, (row: LogView) => string> = {
  service: (row) => row.service,
  environment: (row) => row.resource.environment,
  trace: (row) => row.traceId,
  span: (row) => row.spanId,
  event: (row) => row.eventName,
  scope: (row) => row.scope.name,
  severity_text: (row) => row.severityText,
};

/** The built-in field of that name, else the attribute, else the resource's attribute; '' where there is none. */
export function columnText(row: LogView, column: string): string {
  const builtIn = Object.hasOwn(BUILT_IN, column) ? BUILT_IN[column] : undefined;
  if (builtIn) return builtIn(row);
  const key = column.replace(/^(attr|resource)\./, '');
  const own = column.startsWith('resource.') ? undefined : attributeText(row.attributes, key);
  return own ?? attributeText(row.resource.attributes, key) ?? '';
}

/** `0` wide columns share what is left. */
export function columnWidth(column: string): number {
  if (column === 'service') return 128;
  return column === 'trace' ? 240 : 150;
}
