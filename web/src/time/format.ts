/** Times, durations, counts and sizes as text. Times are given in epoch milliseconds, or as decimal strings of nanoseconds. */
export type Zone = 'local' | 'utc';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number) => String(value).padStart(2, '0');

/** The fields of a time in a zone. `local` is the browser's zone. */
function fieldsOf(ms: number, zone: Zone) {
  const date = new Date(ms);
  // Shifting by the offset and reading UTC fields gives one code path for both zones.
  const shifted = zone === 'utc' ? date : new Date(ms - date.getTimezoneOffset() * 60_000);
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth(),
    day: shifted.getUTCDate(),
    time: `${two(shifted.getUTCHours())}:${two(shifted.getUTCMinutes())}`,
    seconds: two(shifted.getUTCSeconds()),
    millis: String(shifted.getUTCMilliseconds()).padStart(3, '0'),
  };
}

/** `14:03:09.120` */
export function formatClock(ms: number, zone: Zone, precision: 'minute' | 'second' | 'milli' = 'milli'): string {
  if (!Number.isFinite(ms)) return '–';
  const f = fieldsOf(ms, zone);
  if (precision === 'minute') return f.time;
  return precision === 'second' ? `${f.time}:${f.seconds}` : `${f.time}:${f.seconds}.${f.millis}`;
}

/** `Nov 25 14:03:09` */
export function formatDateTime(ms: number, zone: Zone, precision: 'minute' | 'second' | 'milli' = 'second'): string {
  if (!Number.isFinite(ms)) return '–';
  const f = fieldsOf(ms, zone);
  return `${MONTHS[f.month]} ${f.day} ${formatClock(ms, zone, precision)}`;
}

/** `2026-11-25 14:03:09.123456789 UTC`, nothing rounded. */
export function formatExact(unixNano: string, zone: Zone): string {
  const nanos = BigInt(unixNano || '0');
  const ms = Number(nanos / 1_000_000n);
  const f = fieldsOf(ms, zone);
  const fraction = String(nanos % 1_000_000_000n).padStart(9, '0');
  return `${f.year}-${two(f.month + 1)}-${two(f.day)} ${f.time}:${f.seconds}.${fraction} ${zoneName(ms, zone)}`;
}

/** `2026-11-25 14:03:09 UTC+01:00`, for those who compare it with a clock elsewhere. */
export function formatStamp(ms: number, zone: Zone): string {
  return Number.isFinite(ms) ? `${formatInput(ms, zone)} ${zoneName(ms, zone)}` : '–';
}

/** `UTC` or, of the browser's zone, its offset at that time. */
export function zoneName(ms: number, zone: Zone): string {
  return zone === 'utc' ? 'UTC' : offsetOf(ms);
}

/** `2026-11-25 14:03:09`, the form {@link parseDateTime} reads. */
export function formatInput(ms: number, zone: Zone): string {
  const f = fieldsOf(ms, zone);
  return `${f.year}-${two(f.month + 1)}-${two(f.day)} ${f.time}:${f.seconds}`;
}

/** Epoch milliseconds of `2026-11-25 14:03[:09[.123]]` in the zone (a trailing `Z` means UTC); undefined where it is no time. */
export function parseDateTime(text: string, zone: Zone): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?)?(Z)?$/.exec(text.trim());
  if (!match) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', utc] = match;
  const suffix = utc || zone === 'utc' ? 'Z' : '';
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}${suffix}`);
  return Number.isFinite(ms) ? ms : undefined;
}

/** `UTC+01:00` */
export function offsetOf(ms: number): string {
  const minutes = -new Date(ms).getTimezoneOffset();
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Whole milliseconds of a decimal string of nanoseconds, rounded down. */
export function nanoToMs(unixNano: string): number {
  return Number(BigInt(unixNano || '0') / 1_000_000n);
}

/** `now`, `12s ago`, `3h ago`, `in 40s` */
export function formatAgo(ms: number, nowMs: number): string {
  const delta = nowMs - ms;
  const size = Math.abs(delta);
  if (size < 1_000) return 'now';
  const text = shortDuration(size);
  return delta < 0 ? `in ${text}` : `${text} ago`;
}

/** The largest unit only: `12s`, `3m`, `5h`, `2d`. */
export function shortDuration(ms: number): string {
  if (ms < 60_000) return `${Math.floor(ms / 1_000)}s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)}m`;
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)}h`;
  return `${Math.floor(ms / 86_400_000)}d`;
}

/** Two units: `45s`, `3m 12s`, `5h 3m`, `2d 4h`. */
export function longDuration(ms: number): string {
  const s = Math.floor(Math.max(0, ms) / 1_000);
  if (s < 60) return `${s}s`;
  if (s < 3_600) return `${Math.floor(s / 60)}m${s % 60 ? ` ${s % 60}s` : ''}`;
  const m = Math.floor(s / 60);
  if (m < 1_440) return `${Math.floor(m / 60)}h${m % 60 ? ` ${m % 60}m` : ''}`;
  const h = Math.floor(m / 60);
  return `${Math.floor(h / 24)}d${h % 24 ? ` ${h % 24}h` : ''}`;
}

/** A latency with three significant digits: `820 ns`, `1.24 ms`, `3.1 s`, `2m 4s`. */
export function formatLatency(nanos: number): string {
  if (!Number.isFinite(nanos)) return '–';
  if (nanos < 1e3) return `${Math.round(nanos)} ns`;
  if (nanos < 1e6) return `${three(nanos / 1e3)} µs`;
  if (nanos < 1e9) return `${three(nanos / 1e6)} ms`;
  if (nanos < 60e9) return `${three(nanos / 1e9)} s`;
  return longDuration(nanos / 1e6);
}

export function formatMillis(ms: number): string {
  return ms === 0 ? '0 ms' : formatLatency(ms * 1e6);
}

function three(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const COUNT = new Intl.NumberFormat('en-US');
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** `12,400` */
export function formatCount(value: number): string {
  return COUNT.format(value);
}

/** `12.4K` from 10,000 up, exact below. */
export function formatCompact(value: number): string {
  return value < 10_000 ? COUNT.format(value) : COMPACT.format(value);
}

/** `4.2 MB`, decimal units. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** A share of 0..1: `0%`, `0.04%`, `3.2%`, `100%`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0 || percent >= 99.95) return `${percent.toFixed(0)}%`;
  if (percent < 0.01) return '<0.01%';
  return `${Number(percent.toFixed(percent < 1 ? 2 : 1))}%`;
}

/** `1 span`, `2 spans`, `3 queries` with the plural given where it is not `s`. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
