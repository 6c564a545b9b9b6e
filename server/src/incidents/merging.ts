import type { MergeReason } from '../api/types.ts';
import type { TelemetryReader } from '../errors/telemetry-reader.ts';
import { ConflictError } from '../state/refusals.ts';
import type { State } from '../state/state.ts';
import { type StoredIncident, unresolvedIncidents } from './incident-rows.ts';
import { connectedServices, originServices } from './related-services.ts';

/** How often open incidents are compared: traces that connect two of them are sought in ten minutes of telemetry. */
const CHECK_EVERY_MS = 15_000;

/** Two open incidents that are one: the newer and the older. */
export interface MergePair {
  newer: StoredIncident;
  older: StoredIncident;
  reason: Exclude<MergeReason, 'by_hand'>;
}

/** What recent error traces say of one environment. */
export interface TraceEvidence {
  /** Services that appear together in an error trace. */
  readonly connected: readonly (readonly string[])[];
  readonly origins: readonly string[];
}

/**
 * The first two incidents, by their numbers, of one environment that share a service or have services connected by an
 * error trace: what would have made an alert of the one join the other. Undefined where there are none.
 */
export function findMerge(
  incidents: readonly StoredIncident[],
  evidence: ReadonlyMap<string, TraceEvidence>,
): MergePair | undefined {
  for (const [index, newer] of incidents.entries()) {
    const before = incidents.slice(0, index).filter(({ environment }) => environment === newer.environment);
    const same = before.find(({ services }) => services.some((service) => newer.services.includes(service)));
    if (same !== undefined) return { newer, older: same, reason: 'same_service' };
    const connected = evidence.get(newer.environment)?.connected ?? [];
    const near = connected.filter((services) => services.some((service) => newer.services.includes(service)));
    const older = before.find(({ services }) =>
      near.some((others) => services.some((service) => others.includes(service))),
    );
    if (older !== undefined) return { newer, older, reason: 'connected_by_traces' };
  }
  return undefined;
}

/** Throws `ConflictError` where the one cannot become part of the other. */
export function checkMerge(source: StoredIncident, target: StoredIncident): void {
  const [from, into] = [`INC-${source.number}`, `INC-${target.number}`];
  if (source.id === target.id) throw new ConflictError(`${from} cannot be merged into itself`);
  if (source.mergedInto !== null) throw new ConflictError(`${from} is already merged into another incident`);
  if (target.status === 'resolved') throw new ConflictError(`${into} is resolved: merge into an open incident`);
  if (source.number < target.number) {
    throw new ConflictError(`${from} is older than ${into}: merge ${into} into ${from} instead`);
  }
  if (source.environment !== target.environment) {
    throw new ConflictError(
      `${from} is of environment "${source.environment}", ${into} of "${target.environment}": their evidence is apart`,
    );
  }
}

export interface MergeCheckOptions {
  state: State;
  store: TelemetryReader;
  now: () => number;
  log: (line: string) => void;
  timeoutMs: number;
}

/**
 * Reads what connects the open incidents, at most every 15 seconds and only where an environment has two of them. Null
 * where there is nothing to compare. A store that fails is told, and what it would have said stays unknown.
 */
export function createMergeCheck(
  options: MergeCheckOptions,
): (signal: AbortSignal) => Promise<ReadonlyMap<string, TraceEvidence> | null> {
  const { state, store, now, log, timeoutMs } = options;
  let nextAt = Number.NEGATIVE_INFINITY;

  return async (signal) => {
    const counts = Map.groupBy(unresolvedIncidents(state), ({ environment }) => environment);
    const environments = [...counts]
      .filter(([, incidents]) => incidents.length > 1)
      .map(([environment]) => environment);
    const time = now();
    // A clock that was set back must not stop the checks.
    const isDue = time >= nextAt || time < nextAt - CHECK_EVERY_MS;
    if (environments.length === 0 || !isDue) return null;
    nextAt = time + CHECK_EVERY_MS;
    const evidence = new Map<string, TraceEvidence>();
    for (const environment of environments) {
      try {
        evidence.set(environment, {
          connected: await connectedServices(store, environment, time, { signal, timeoutMs }),
          origins: await originServices(store, environment, time, { signal, timeoutMs }),
        });
      } catch (error) {
        if (signal.aborted) throw error;
        log(`cannot tell which open incidents are connected: ${error instanceof Error ? error.message : error}`);
      }
    }
    return evidence;
  };
}
