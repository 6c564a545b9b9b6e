import type { DependencyGuard } from '@breakwater/http/pg';
import type { Logger } from '@breakwater/log';
import type { Policy } from '@breakwater/resilience';
import { connectTelemetry, logEvents } from '@breakwater/resilience/telemetry';

/** What a service reports: a policy, or the guard of a pool or client with its breaker. */
export type Watched = Policy | DependencyGuard;

function isGuard(watched: Watched): watched is DependencyGuard {
  return 'setReadOnly' in watched;
}

/**
 * Writes what happens to log lines. Of a guard those of its breaker, and what is nobody's error: that it turns read-only or
 * back, and connections that break. A call that was refused or too late is in the record of its request.
 */
export function logWatched(watched: Watched, log: Logger): () => void {
  const policy = isGuard(watched) ? watched.breaker : watched;
  const stopPolicy = logEvents(policy, (level, message, fields) => log.log(level, message, fields));
  if (!isGuard(watched)) return stopPolicy;
  const stopGuard = watched.on((event) => {
    const { dependency, type } = event;
    if (type === 'dependency.access') {
      const { access } = event;
      if (access.mode === 'read-write') log.log('info', '{dependency} takes writes again', { dependency }, type);
      else log.log('warn', '{dependency} is read-only, by {by}', { dependency, by: access.by }, type);
    } else if (type === 'dependency.connection-lost') {
      log.log('warn', 'A connection to {dependency} was lost', { dependency, 'error.type': event.code }, type);
    }
  });
  return () => {
    stopPolicy();
    stopGuard();
  };
}

/** Reports it to OpenTelemetry. Resolves with the way to end that. */
export async function connectWatched(watched: Watched): Promise<(() => void) | undefined> {
  if (!isGuard(watched)) return connectTelemetry(watched);
  // Only who guards a pool has need of it.
  const { connectDependencyTelemetry } = await import('@breakwater/http/pg');
  return connectDependencyTelemetry(watched);
}
