import { type StoredAlert, unlinkedAlerts } from '../alerts/alert-rows.ts';
import type { TelemetryReader } from '../errors/telemetry-reader.ts';
import type { State } from '../state/state.ts';
import { type StoredIncident, unresolvedIncidents } from './incident-rows.ts';
import { originServices, relatedServices } from './related-services.ts';

/**
 * How long a firing alert that is connected to no open incident of its environment waits before it opens one of its
 * own: the spans that connect two services arrive up to some seconds after the first sign of trouble.
 */
export const GROUP_WAIT_MS = 10_000;

/** Where an alert goes. */
export type LinkDecision =
  | { kind: 'join'; incident: StoredIncident; reason: 'same_service' | 'connected_by_traces' }
  | { kind: 'open'; reason: 'no_open_incident' | 'not_connected' | 'already_over' }
  | { kind: 'wait' };

/** What recent error traces say. What is not known is absent. */
export interface Connections {
  /** Services connected to the alert's, by `connectionKey`. */
  readonly services: ReadonlyMap<string, ReadonlySet<string>>;
  /** Where errors began, likeliest first, by environment. */
  readonly origins: ReadonlyMap<string, readonly string[]>;
}

export function connectionKey(alert: StoredAlert): string {
  return JSON.stringify([serviceOf(alert), environmentOf(alert)]);
}

export function serviceOf(alert: StoredAlert): string {
  return alert.labels['service'] ?? '';
}

export function environmentOf(alert: StoredAlert): string {
  return alert.labels['environment'] ?? '';
}

/**
 * Decides by the unresolved incidents, oldest first: the same environment and the same service; else the same
 * environment and a service connected by an error trace. Deterministic.
 */
export function decideLink(
  alert: StoredAlert,
  incidents: readonly StoredIncident[],
  connections: Connections,
  now: number,
): LinkDecision {
  const candidates = incidents.filter(({ environment }) => environment === environmentOf(alert));
  const same = candidates.find(({ services }) => services.includes(serviceOf(alert)));
  if (same !== undefined) return { kind: 'join', incident: same, reason: 'same_service' };
  const connected = connections.services.get(connectionKey(alert));
  const byTraces = candidates.find(({ services }) => services.some((service) => connected?.has(service)));
  if (byTraces !== undefined) return { kind: 'join', incident: byTraces, reason: 'connected_by_traces' };
  if (alert.state !== 'firing') return { kind: 'open', reason: 'already_over' };
  if (candidates.length === 0) return { kind: 'open', reason: 'no_open_incident' };
  return now - (alert.firedAt ?? now) < GROUP_WAIT_MS ? { kind: 'wait' } : { kind: 'open', reason: 'not_connected' };
}

export interface ConnectionOptions {
  state: State;
  store: TelemetryReader;
  now: number;
  signal: AbortSignal;
  timeoutMs: number;
  log: (line: string) => void;
}

/** Asks the store for the connections the unlinked alerts need. Where the store fails, they stay unknown. */
export async function readConnections(options: ConnectionOptions): Promise<Connections> {
  const { state, store, now, signal, timeoutMs, log } = options;
  const services = new Map<string, ReadonlySet<string>>();
  const origins = new Map<string, readonly string[]>();
  const alerts = unlinkedAlerts(state);
  const incidents = unresolvedIncidents(state);
  for (const alert of alerts) {
    const key = connectionKey(alert);
    const [service, environment] = [serviceOf(alert), environmentOf(alert)];
    const others = new Set([
      ...incidents.filter((incident) => incident.environment === environment).flatMap(({ services }) => services),
      ...alerts.filter((other) => environmentOf(other) === environment).map(serviceOf),
    ]);
    const isKnown = incidents.some(
      (incident) => incident.environment === environment && incident.services.includes(service),
    );
    others.delete(service);
    try {
      if (!origins.has(environment) && others.size > 0) {
        origins.set(environment, await originServices(store, environment, now, { signal, timeoutMs }));
      }
      if (services.has(key) || isKnown || others.size === 0) continue;
      services.set(key, await relatedServices(store, { service, environment }, now, { signal, timeoutMs }));
    } catch (error) {
      if (signal.aborted) throw error;
      log(`cannot tell which services are connected to ${service}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { services, origins };
}
