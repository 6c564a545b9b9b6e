import type { TraceIds } from './context-json.ts';
import { toJsonString } from './text.ts';

/**
 * A record that was made elsewhere (by another logging API), and what it brings with it. Its body is taken as it is:
 * braces in it are no template.
 */
export interface Origin {
  /** When it happened, in milliseconds since 1970. Default: now. */
  readonly timeMs?: number | undefined;
  /** When it was first seen, where that is another time. */
  readonly observedMs?: number | undefined;
  /** 1 to 24, and the name its maker gives it. Default: those of the level. */
  readonly severity?: { readonly number: number; readonly text: string } | undefined;
  /** Ids of the span it belongs to. Default: as for every record. */
  readonly trace?: TraceIds | undefined;
}

/** What follows the timestamp, up to the body. `head` is that of the record's level. */
export function originHead({ observedMs, severity }: Origin, head: string): string {
  const date = new Date(observedMs ?? Number.NaN);
  const observed = Number.isNaN(date.getTime()) ? '' : `,"observedTimestamp":"${date.toISOString()}"`;
  if (severity === undefined) return observed + head;
  const text = toJsonString(severity.text.slice(0, 64));
  return `${observed},"severityText":${text},"severityNumber":${severity.number},"body":`;
}
