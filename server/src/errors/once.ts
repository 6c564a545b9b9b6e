import { createHash } from 'node:crypto';
import type { ErrorEvent } from '../telemetry/records.ts';

export interface OnceOptions {
  /** Milliseconds, monotonic or epoch. */
  now: () => number;
  /** How long the first sighting is remembered. Default 60,000. */
  keepMs?: number;
  /** How many sightings are remembered; the oldest go first. Default 50,000. */
  maxRemembered?: number;
}

interface Sighting {
  at: number;
  /** Occurrences from spans minus occurrences from log records that have not yet met their other half. */
  surplus: number;
}

/**
 * Counts an exception once where it was recorded on a span *and* logged: the same trace and span and the same stack
 * trace (without one, the same error group), once from each signal. Whichever arrives second, within `keepMs`, is left
 * out, one for one.
 *
 * The two arrive in different requests, so this is memory in the process: lost at a restart, and blind to a log record
 * without `exception.*` attributes whose words differ. Events without trace or span id pass.
 */
export function createOnce(options: OnceOptions): (events: readonly ErrorEvent[]) => ErrorEvent[] {
  const { now, keepMs = 60_000, maxRemembered = 50_000 } = options;
  const sightings = new Map<string, Sighting>();

  function forgetOld(time: number): void {
    for (const [key, { at }] of sightings) {
      if (at + keepMs > time && sightings.size <= maxRemembered) return;
      sightings.delete(key);
    }
  }

  return (events) => {
    const time = now();
    forgetOld(time);
    return events.filter((event) => {
      if (event.traceId === '' || event.spanId === '') return true;
      const key = `${event.traceId}${event.spanId}${identityOf(event)}`;
      const step = event.source === 'span' ? 1 : -1;
      const sighting = sightings.get(key);
      if (sighting === undefined) {
        sightings.set(key, { at: time, surplus: step });
        return true;
      }
      const isOtherHalf = Math.sign(sighting.surplus) === -step;
      sighting.surplus += step;
      return !isOtherHalf;
    });
  };
}

/** Type and message may be told differently by tracer and logger; the stack trace is the same text. */
function identityOf({ stacktrace, groupId }: ErrorEvent): string {
  return stacktrace === '' ? groupId : createHash('sha256').update(stacktrace).digest('base64');
}
