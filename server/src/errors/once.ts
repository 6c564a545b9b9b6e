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
 * Counts an exception once where it was recorded on a span *and* logged: the same trace, span and error group, once
 * from each signal. Whichever arrives second, within `keepMs`, is left out, one for one.
 *
 * The two arrive in different requests, so this is memory in the process: lost at a restart, and blind to a log record
 * whose fingerprint differs, for example one without `exception.*` attributes. Events without trace or span id pass.
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
      const key = `${event.traceId}${event.spanId}${event.groupId}`;
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
