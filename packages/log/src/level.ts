/** Severity names, least first. Their numbers are those of the OpenTelemetry log data model. */
export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** A threshold: a level, or `silent` for nothing at all. */
export type Threshold = Level | 'silent';

/** OpenTelemetry SeverityNumber of each threshold; `silent` is above every severity. */
export const SEVERITY: Readonly<Record<Threshold, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
  silent: 100,
};

export const LEVELS: readonly Level[] = Object.keys(SEVERITY).slice(0, -1) as Level[];

/** The level a SeverityNumber (1 to 24) belongs to. */
export function toLevel(severity: number): Level {
  if (severity >= 21) return 'fatal';
  if (severity >= 17) return 'error';
  if (severity >= 13) return 'warn';
  if (severity >= 9) return 'info';
  return severity >= 5 ? 'debug' : 'trace';
}

export function isLevel(value: unknown): value is Level {
  return LEVELS.includes(value as Level);
}
