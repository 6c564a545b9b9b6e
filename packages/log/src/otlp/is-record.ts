import type { LogRecord } from '../record.ts';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const orAbsent =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || is(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const FIELDS: Readonly<Record<keyof LogRecord, (value: unknown) => boolean>> = {
  timestamp: isText,
  observedTimestamp: orAbsent(isText),
  severityText: isText,
  severityNumber: isCount,
  body: isText,
  eventName: orAbsent(isText),
  traceId: orAbsent(isText),
  spanId: orAbsent(isText),
  traceFlags: orAbsent(isCount),
  resource: isObject,
  scope: orAbsent(isText),
  attributes: isObject,
};

/** Whether what a line says can be encoded: JSON that is no record of this package would stop all that come after it. */
export function isRecord(value: unknown): value is LogRecord {
  return isObject(value) && Object.entries(FIELDS).every(([name, is]) => is((value as Record<string, unknown>)[name]));
}
