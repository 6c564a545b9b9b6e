import {
  alertsOfIncident,
  type StoredAlert,
  toPublicAlert,
  unlinkedAlerts,
  updateAlert,
} from '../alerts/alert-rows.ts';
import { SEVERITIES } from '../alerts/rule-input.ts';
import type { IncidentDetail, IncidentStatus, NotificationEvent, Severity } from '../api/types.ts';
import type { IncidentFunctions } from '../detector.ts';
import type { TelemetryReader } from '../errors/telemetry-reader.ts';
import { enqueue } from '../notify/outbox.ts';
import { createInputReader } from '../state/input-reader.ts';
import { ConflictError, NotFoundError, shown } from '../state/refusals.ts';
import type { State } from '../state/state.ts';
import { readEvidence } from './evidence.ts';
import {
  appendToTimeline,
  findIncident,
  incidentSummary,
  insertIncident,
  listIncidents,
  type StoredIncident,
  timelineOf,
  unresolvedIncidents,
  updateIncident,
} from './incident-rows.ts';
import { decideLink, environmentOf, readConnections, serviceOf } from './linking.ts';
import { byTelling, incidentTitle } from './title.ts';

/** Who did what nobody did by hand. */
const SERVER = 'breakwater';

export interface IncidentsOptions {
  state: State;
  store: TelemetryReader;
  now: () => number;
  newId: () => string;
  log: (line: string) => void;
  queryTimeoutMs: number;
  /** The server's address for people, without a slash at the end, or ''. */
  publicUrl: string;
}

export interface Incidents extends IncidentFunctions {
  /** Gives every alert that fired an incident, or lets it wait a little; notifies of the incidents it opens. */
  linkAlerts(signal: AbortSignal): Promise<void>;
  /** Call it in the transaction in which an alert resolved. */
  alertResolved(alert: StoredAlert, summary: string): void;
  /** Resolves incidents none of whose alerts fire any more. */
  resolveQuiet(): void;
}

export function createIncidents(options: IncidentsOptions): Incidents {
  const { state, store, now, newId, log, queryTimeoutMs, publicUrl } = options;

  function open(alert: StoredAlert, time: number): StoredIncident {
    const title = incidentTitle([alert]);
    const incident = insertIncident(state, {
      id: newId(),
      title,
      status: 'open',
      severity: alert.severity,
      environment: environmentOf(alert),
      services: [],
      openedAt: time,
      resolvedAt: null,
    });
    appendToTimeline(state, incident.id, time, { kind: 'opened', title });
    log(`incident opened: INC-${incident.number}: ${title}`);
    return incident;
  }

  /** Adds the alert; title and severity follow from all alerts the incident then has. */
  function join(
    incident: StoredIncident,
    alert: StoredAlert,
    time: number,
    origins?: readonly string[],
  ): StoredIncident {
    updateAlert(state, { ...alert, incidentId: incident.id });
    const { summary, severity } = alert;
    appendToTimeline(state, incident.id, time, { kind: 'alert_fired', alertId: alert.id, summary, severity });
    if (alert.state === 'resolved') {
      appendToTimeline(state, incident.id, time, { kind: 'alert_resolved', alertId: alert.id, summary });
    }
    const highest = higher(incident.severity, severity);
    if (highest !== incident.severity) {
      appendToTimeline(state, incident.id, time, { kind: 'severity_changed', from: incident.severity, to: highest });
    }
    const service = serviceOf(alert);
    const joined: StoredIncident = {
      ...incident,
      severity: highest,
      services: incident.services.includes(service) ? incident.services : [...incident.services, service],
      title: incidentTitle(alertsOfIncident(state, incident.id), origins),
    };
    updateIncident(state, joined);
    return joined;
  }

  function notify(id: string, event: NotificationEvent, time: number, by?: string): void {
    const incident = findIncident(state, id);
    if (incident === undefined) return;
    const { number, title, status, severity, environment, services, openedAt, resolvedAt } = incident;
    const url = publicUrl === '' ? '' : `${publicUrl}/incidents/${encodeURIComponent(id)}`;
    const alerts = alertsOfIncident(state, id).map((alert) => {
      const { incidentId: _incidentId, ruleId, ...told } = toPublicAlert(alert);
      return { ...told, runbookUrl: runbookOf(ruleId) };
    });
    enqueue(
      state,
      {
        event,
        test: false,
        at: time,
        ...(by !== undefined && { by }),
        incident: { id, number, title, status, severity, environment, services, openedAt, resolvedAt, url },
        alerts,
      },
      newId,
    );
  }

  function runbookOf(ruleId: string): string {
    const row = state.prepare('SELECT runbook_url FROM alert_rules WHERE id = ?').get(ruleId);
    return (row?.['runbook_url'] ?? '') as string;
  }

  function resolve(incident: StoredIncident, by: string, reason: 'alerts_resolved' | 'by_hand', time: number): void {
    updateIncident(state, { ...incident, status: 'resolved', resolvedAt: time });
    appendToTimeline(state, incident.id, time, { kind: 'resolved', by, reason });
    notify(incident.id, 'resolved', time, reason === 'by_hand' ? by : undefined);
    log(`incident resolved: INC-${incident.number}: ${incident.title}`);
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
        resolve(incident, by, 'by_hand', now());
      });
      return await detail(id);
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

    resolveQuiet() {
      state.transaction(() => {
        // A waiting alert may yet join one of them.
        const awaited = new Set(unlinkedAlerts(state).map(environmentOf));
        for (const incident of unresolvedIncidents(state)) {
          const isFiring = alertsOfIncident(state, incident.id).some((alert) => alert.state === 'firing');
          if (!isFiring && !awaited.has(incident.environment)) resolve(incident, SERVER, 'alerts_resolved', now());
        }
      });
    },
  };
}

function higher(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) >= SEVERITIES.indexOf(b) ? a : b;
}
