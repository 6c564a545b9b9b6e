/**
 * Time ranges as they stand in the URL: `15m` (relative: it moves with the clock) or an ISO 8601 interval
 * `2026-11-25T01:00:00.000Z/2026-11-25T02:00:00.000Z` (absolute, end exclusive).
 */
export type TimeRange = { kind: 'relative'; durationMs: number } | { kind: 'absolute'; fromMs: number; toMs: number };

export interface TimeWindow {
  fromMs: number;
  toMs: number;
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const MAX_DURATION_MS = 366 * UNITS.d;
/** The server keeps times in nanoseconds; a narrower window than this shows nothing. */
const MIN_DURATION_MS = 1;

export const DEFAULT_RANGE: TimeRange = { kind: 'relative', durationMs: 15 * UNITS.m };

export const PRESETS = ['1m', '5m', '15m', '30m', '1h', '3h', '6h', '12h', '1d', '2d', '7d', '30d'] as const;

/** `90s`, `15m`, `2h`, `7d`, `1h30m` in milliseconds; undefined where the text is not a duration of 1 s to 366 days. */
export function parseDuration(text: string): number | undefined {
  const compact = text.trim().toLowerCase().replace(/^[-+]/, '').replaceAll(' ', '');
  if (!/^(\d{1,6}[smhdw])+$/.test(compact)) return undefined;
  let total = 0;
  for (const [, count, unit] of compact.matchAll(/(\d+)([smhdw])/g))
    total += Number(count) * UNITS[unit as keyof typeof UNITS];
  return total >= UNITS.s && total <= MAX_DURATION_MS ? total : undefined;
}

/** The shortest exact text of a duration that {@link parseDuration} reads. */
export function printDuration(durationMs: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (durationMs % UNITS[unit] === 0) return `${durationMs / UNITS[unit]}${unit}`;
  }
  return `${Math.max(1, Math.round(durationMs / UNITS.s))}s`;
}

/** The range a URL names; {@link DEFAULT_RANGE} where the text is absent or is not a range. */
export function parseRange(text: string | undefined): TimeRange {
  if (!text) return DEFAULT_RANGE;
  const durationMs = parseDuration(text);
  if (durationMs !== undefined) return { kind: 'relative', durationMs };
  const [from, to, extra] = text.split('/');
  const fromMs = Date.parse(from ?? '');
  const toMs = Date.parse(to ?? '');
  if (extra === undefined && Number.isFinite(fromMs) && Number.isFinite(toMs) && toMs - fromMs >= MIN_DURATION_MS) {
    return { kind: 'absolute', fromMs, toMs };
  }
  return DEFAULT_RANGE;
}

export function printRange(range: TimeRange): string {
  if (range.kind === 'relative') return printDuration(range.durationMs);
  return `${new Date(range.fromMs).toISOString()}/${new Date(range.toMs).toISOString()}`;
}

export function toWindow(range: TimeRange, nowMs: number): TimeWindow {
  if (range.kind === 'absolute') return { fromMs: range.fromMs, toMs: range.toMs };
  return { fromMs: nowMs - range.durationMs, toMs: nowMs };
}

/** An absolute range in whole milliseconds, its ends in order, at least 1 ms wide. */
export function absoluteRange(a: number, b: number): TimeRange {
  const fromMs = Math.floor(Math.min(a, b));
  return { kind: 'absolute', fromMs, toMs: Math.max(Math.ceil(Math.max(a, b)), fromMs + MIN_DURATION_MS) };
}

/** Twice as wide around the same centre, never reaching past now. */
export function zoomOut(range: TimeRange, nowMs: number): TimeRange {
  if (range.kind === 'relative')
    return { kind: 'relative', durationMs: Math.min(range.durationMs * 2, MAX_DURATION_MS) };
  const width = Math.min(range.toMs - range.fromMs, MAX_DURATION_MS / 2);
  const toMs = Math.min(range.toMs + width / 2, Math.max(nowMs, range.toMs));
  return absoluteRange(toMs - 2 * width, toMs);
}

const PRESET_NAMES: Record<string, string> = { s: 'second', m: 'minute', h: 'hour', d: 'day' };

/** `Last 15 minutes`, for people. */
export function describeDuration(durationMs: number): string {
  const text = printDuration(durationMs);
  const count = Number(text.slice(0, -1));
  return `Last ${count === 1 ? '' : `${count} `}${PRESET_NAMES[text.slice(-1)]}${count === 1 ? '' : 's'}`;
}
