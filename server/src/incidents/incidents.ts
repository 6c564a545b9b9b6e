import { alertsOfIncident, type StoredAlert, toPublicAlert, unlinkedAlerts } from '../alerts/alert-rows.ts';
import type { IncidentDetail, IncidentStatus } from '../api/types.ts';
import type { IncidentFunctions } from '../detector.ts';
import type { TelemetryReader } from '../errors/telemetry-reader.ts';
import { createInputReader } from '../state/input-reader.ts';
import { ConflictError, NotFoundError, shown } from '../state/refusals.ts';
import type { State } from '../state/state.ts';
import { readEvidence } from './evidence.ts';
import { createIncidentChanges, SERVER } from './incident-changes.ts';
import {
  appendToTimeline,
  findIncident,
  incidentSummary,
  listIncidents,
  type StoredIncident,
  timelineOf,
  unresolvedIncidents,
  updateIncident,
} from './incident-rows.ts';
import { decideLink, environmentOf, readConnections } from './linking.ts';
import { checkMerge, createMergeCheck, findMerge } from './merging.ts';
import { originServices } from './related-services.ts';
import { reopensAt, settleStillFiring } from './still-firing.ts';
import { byTelling } from './title.ts';

export interface IncidentsOptions {
  state: State;
  store: TelemetryReader;
  now: () => number;
  newId: () => string;
  log: (line: string) => void;
  queryTimeoutMs: number;
  /** The server's address for people, without a slash at the end, or ''. */
  publicUrl: string;
  /** How long alerts may go on firing after their incident was resolved by hand. */
  reopenAfterMs: number;
}

export interface Incidents extends IncidentFunctions {
  /** Gives every alert that fired an incident, or lets it wait a little; notifies of the incidents it opens. */
  linkAlerts(signal: AbortSignal): Promise<void>;
  /** Call it in the transaction in which an alert resolved. */
  alertResolved(alert: StoredAlert, summary: string): void;
  /** Opens incidents again that were resolved by hand and whose alerts still fire after the grace period. */
  reopenStillFiring(): void;
  /** Makes one of open incidents that have turned out to be connected. */
  mergeConnected(signal: AbortSignal): Promise<void>;
  /** Resolves incidents none of whose alerts fire any more. */
  resolveQuiet(): void;
}

export function createIncidents(options: IncidentsOptions): Incidents {
  const { state, store, now, newId, log, queryTimeoutMs, publicUrl, reopenAfterMs } = options;
  const changes = createIncidentChanges({ state, newId, log, publicUrl });
  const { open, join, notify, resolve } = changes;
  const readTraceEvidence = createMergeCheck({ state, store, now, log, timeoutMs: queryTimeoutMs });

  function quietened(incident: StoredIncident): void {
    resolve(incident, { by: SERVER, reason: 'alerts_resolved', reopensAt: null }, now());
  }

  /** Only the title depends on them, so a store that fails does not keep anybody from merging. */
  async function originsOrNone(environment: string): Promise<string[]> {
    try {
      return await originServices(store, environment, now(), { timeoutMs: queryTimeoutMs });
    } catch (error) {
      log(`cannot tell where the errors began: ${error instanceof Error ? error.message : error}`);
      return [];
    }
  }

  function requireIncident(id: string): StoredIncident {
    const incident = findIncident(state, id);
    if (incident === undefined) throw new NotFoundError(`there is no incident ${shown(id)}`);
    return incident;
  }

  async function detail(id: string): Promise<IncidentDetail> {
    const incident = requireIncident(id);
    const evidence = await readEvidence({ state, store, incident, now: now(), timeoutMs: queryTimeoutMs });
    // After the query, so that status, timeline and alerts are of one moment.
    const summary = incidentSummary(state, id);
    if (summary === undefined) throw new NotFoundError(`there is no incident ${shown(id)}`);
    return {
      ...summary,
      alerts: alertsOfIncident(state, id).map(toPublicAlert),
      timeline: timelineOf(state, id),
      evidence,
    };
  }

  return {
    list(query = {}) {
      const reader = createInputReader(query);
      const statuses: IncidentStatus[] = ['open', 'acknowledged', 'resolved'];
      const status = reader.has('status') ? reader.oneOf('status', statuses) : undefined;
      const limit = reader.has('limit') ? reader.integer('limit', { min: 1, max: 1_000 }) : 100;
      return { incidents: listIncidents(state, status, limit) };
    },

    get: detail,

    async acknowledge(id, by) {
      state.transaction(() => {
        const incident = requireIncident(id);
        if (incident.status !== 'open') throw new ConflictError(`INC-${incident.number} is already ${incident.status}`);
        const time = now();
        updateIncident(state, { ...incident, status: 'acknowledged' });
        appendToTimeline(state, id, time, { kind: 'acknowledged', by });
        notify(id, 'acknowledged', time, by);
      });
      return await detail(id);
    },

    async resolve(id, by) {
      state.transaction(() => {
        const incident = requireIncident(id);
        if (incident.status === 'resolved') throw new ConflictError(`INC-${incident.number} is already resolved`);
        const time = now();
        const again = reopensAt(state, id, time, reopenAfterMs);
        resolve(incident, { by, reason: 'by_hand', reopensAt: again }, time);
      });
      return await detail(id);
    },

    async merge(id, into, by) {
      const { environment } = requireIncident(id);
      const target = createInputReader({ into }).text('into', { min: 1, max: 200 });
      requireIncident(target);
      const origins = await originsOrNone(environment);
      state.transaction(() => {
        const [source, older] = [requireIncident(id), requireIncident(target)];
        checkMerge(source, older);
        changes.merge(source, older, { by, reason: 'by_hand', origins }, now());
      });
      return await detail(target);
    },

    async addNote(id, by, text) {
      requireIncident(id);
      const note = createInputReader({ text }).text('text', { min: 1, max: 10_000 });
      state.transaction(() => appendToTimeline(state, id, now(), { kind: 'note', by, text: note }));
      return await detail(id);
    },

    async linkAlerts(signal) {
      if (unlinkedAlerts(state).length === 0) return;
      const time = now();
      const connections = await readConnections({ state, store, now: time, signal, timeoutMs: queryTimeoutMs, log });
      state.transaction(() => {
        const incidents = unresolvedIncidents(state);
        const opened: StoredIncident[] = [];
        const originsOf = (alert: StoredAlert) => connections.origins.get(environmentOf(alert));
        // The most telling one first: if an incident is opened, then with its title.
        let unlinked = unlinkedAlerts(state).toSorted((a, b) => {
          const [left, right] = [environmentOf(a), environmentOf(b)];
          return left === right ? byTelling(originsOf(a))(a, b) : left < right ? -1 : 1;
        });
        let progress = true;
        // Again while something moved: an alert may be connected to a service that has only just joined.
        while (progress) {
          const left = unlinked.filter((alert) => !link(alert));
          progress = left.length < unlinked.length;
          unlinked = left;
        }
        function link(alert: StoredAlert): boolean {
          const decision = decideLink(alert, incidents, connections, time);
          if (decision.kind === 'wait') return false;
          const incident = decision.kind === 'join' ? decision.incident : open(alert, time);
          const joined = join(incident, alert, time, originsOf(alert));
          const place = incidents.indexOf(incident);
          if (place >= 0) incidents[place] = joined;
          else {
            incidents.push(joined);
            opened.push(joined);
          }
          return true;
        }
        // After all alerts of the round have joined, so that the notification names them.
        for (const { id } of opened) notify(id, 'triggered', time);
      });
    },

    alertResolved(alert, summary) {
      if (alert.incidentId === null) return;
      appendToTimeline(state, alert.incidentId, now(), { kind: 'alert_resolved', alertId: alert.id, summary });
    },

    reopenStillFiring() {
      state.transaction(() => settleStillFiring(state, changes, now(), reopenAfterMs));
    },

    async mergeConnected(signal) {
      const evidence = await readTraceEvidence(signal);
      if (evidence === null) return;
      state.transaction(() => {
        const time = now();
        for (;;) {
          const pair = findMerge(unresolvedIncidents(state), evidence);
          if (pair === undefined) return;
          const { newer, older, reason } = pair;
          const origins = evidence.get(older.environment)?.origins;
          changes.merge(newer, older, { by: SERVER, reason, origins }, time);
        }
      });
    },

    resolveQuiet() {
      state.transaction(() => {
        // A waiting alert may yet join one of them.
        const awaited = new Set(unlinkedAlerts(state).map(environmentOf));
        for (const incident of unresolvedIncidents(state)) {
          const isFiring = alertsOfIncident(state, incident.id).some((alert) => alert.state === 'firing');
          if (!isFiring && !awaited.has(incident.environment)) quietened(incident);
        }
      });
    },
  };
}
