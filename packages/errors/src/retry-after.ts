import { readHeader } from './inspect.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MAX_MS = 365 * 24 * 3600 * 1000;
const LONGEST = 64;

/**
 * Milliseconds to wait, from a `Retry-After` value: seconds, or any of the three HTTP dates (RFC 9110, 5.6.7). Rounded
 * up, so never early; 0 for a date in the past; at most a year. `undefined` for anything else.
 *
 * `nowMs` is the current time in milliseconds since 1970: the time of the response's own `Date` where known, so that two
 * clocks do not matter.
 */
export function parseRetryAfter(value: unknown, nowMs: number): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? bounded(value * 1000) : undefined;
  if (typeof value !== 'string' || value.length > LONGEST) return undefined;
  const text = value.trim();
  if (/^\d{1,12}(?:\.\d{1,9})?$/.test(text)) return bounded(Number(text) * 1000);
  const at = parseHttpDate(text, nowMs);
  return at === undefined ? undefined : bounded(at - nowMs);
}

/** Finite milliseconds as a wait: whole and never early, 0 for those in the past, at most a year. */
export function bounded(ms: number): number {
  return Math.min(MAX_MS, Math.max(0, Math.ceil(ms)));
}

/** An HTTP date (IMF-fixdate, RFC 850 or asctime) in milliseconds since 1970, else `undefined`. */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  if (text.length > LONGEST) return undefined;
  const imf = /^[a-z]{3}, (\d\d) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) gmt$/i.exec(text);
  if (imf) return toTime(imf[3], imf[2], imf[1], imf[4], imf[5], imf[6]);
  const rfc850 = /^[a-z]{6,9}, (\d\d)-([a-z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) gmt$/i.exec(text);
  if (rfc850)
    return toTime(String(fullYear(Number(rfc850[3]), nowMs)), rfc850[2], rfc850[1], rfc850[4], rfc850[5], rfc850[6]);
  const asctime = /^[a-z]{3} ([a-z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/i.exec(text);
  if (asctime) return toTime(asctime[6], asctime[1], asctime[2], asctime[3], asctime[4], asctime[5]);
  return undefined;
}

// RFC 9110: a two-digit year that seems more than 50 years ahead is in the past.
function fullYear(short: number, nowMs: number): number {
  const now = new Date(nowMs).getUTCFullYear();
  const year = now - (now % 100) + short;
  return year > now + 50 ? year - 100 : year;
}

function toTime(year = '', month = '', day = '', hour = '', minute = '', second = ''): number | undefined {
  const index = MONTHS.indexOf(month.toLowerCase());
  if (index === -1 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const dayNumber = Number(day);
  const ms = Date.UTC(Number(year), index, dayNumber, Number(hour), Number(minute), Number(second));
  // Date.UTC turns 31 February into March; such a date is not one.
  return new Date(Date.UTC(Number(year), index, dayNumber)).getUTCDate() === dayNumber ? ms : undefined;
}

/** Response headers that say in milliseconds when to come again; they come before `Retry-After`. */
export const WAIT_HEADERS: readonly string[] = ['retry-after-ms', 'x-ms-retry-after-ms'];

/**
 * Milliseconds to wait from response headers: `retry-after-ms` and `x-ms-retry-after-ms` (Azure, OpenAI), then
 * `Retry-After`, measured from the response's `Date` where it has one. `undefined` when they do not say.
 */
export function retryAfterFromHeaders(headers: unknown, nowMs: number): number | undefined {
  if (headers === undefined) return undefined;
  for (const name of WAIT_HEADERS) {
    const value = readHeader(headers, name);
    if (value !== undefined && /^\d{1,12}(?:\.\d{1,9})?$/.test(value)) return bounded(Number(value));
  }
  const value = readHeader(headers, 'retry-after');
  if (value === undefined) return undefined;
  const date = readHeader(headers, 'date');
  return parseRetryAfter(value, (date === undefined ? undefined : parseHttpDate(date, nowMs)) ?? nowMs);
}
