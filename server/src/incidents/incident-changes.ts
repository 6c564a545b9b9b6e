import { alertsOfIncident, moveAlerts, type StoredAlert, toPublicAlert, updateAlert } from '../alerts/alert-rows.ts';
import { SEVERITIES } from '../alerts/rule-input.ts';
import type { MergeReason, NotificationEvent, Severity } from '../api/types.ts';
import { enqueue } from '../notify/outbox.ts';
import type { State } from '../state/state.ts';
import {
  appendToTimeline,
  findIncident,
  insertIncident,
  pointMergedTo,
  type StoredIncident,
  updateIncident,
} from './incident-rows.ts';
import { environmentOf, serviceOf } from './linking.ts';
import { incidentTitle } from './title.ts';

/** Who did what nobody did by hand. */
export const SERVER = 'breakwater';

export interface IncidentChangesOptions {
  state: State;
  newId: () => string;
  log: (line: string) => void;
  /** The server's address for people, without a slash at the end, or ''. */
  publicUrl: string;
}

/**
 * What can happen to an incident. Each writes the incident, its timeline and its notification; call it in a transaction.
 */
export interface IncidentChanges {
  /** A new incident without alerts. Tells nobody: `notify` after its alerts have joined. */
  open(alert: StoredAlert, time: number): StoredIncident;
  /** Adds the alert; title and severity follow from all alerts the incident then has. */
  join(incident: StoredIncident, alert: StoredAlert, time: number, origins?: readonly string[]): StoredIncident;
  notify(id: string, event: NotificationEvent, time: number, by?: string): void;
  /** `reopensAt`: when it opens again, where an alert fires. */
  resolve(incident: StoredIncident, how: Resolution, time: number): void;
  /** Opens a resolved incident again and tells the receivers, naming the alerts that go on. */
  reopen(incident: StoredIncident, firing: readonly StoredAlert[], time: number): StoredIncident;
  /**
   * Makes `source` part of `target`: its alerts move, both timelines name the other one, and what was merged into
   * `source` before points to `target`. Receivers are told that `source` is over, unless they were; nothing is told of
   * `target`. Returns the changed `target`.
   */
  merge(source: StoredIncident, target: StoredIncident, how: Merging, time: number): StoredIncident;
}

export interface Resolution {
  by: string;
  reason: 'alerts_resolved' | 'by_hand';
  reopensAt: number | null;
}

export interface Merging {
  by: string;
  reason: MergeReason;
  origins?: readonly string[] | undefined;
}

export function createIncidentChanges(options: IncidentChangesOptions): IncidentChanges {
  const { state, newId, log, publicUrl } = options;

  function raiseSeverity(incident: StoredIncident, severity: Severity, time: number): Severity {
    const highest = higher(incident.severity, severity);
    if (highest !== incident.severity) {
      appendToTimeline(state, incident.id, time, { kind: 'severity_changed', from: incident.severity, to: highest });
    }
    return highest;
  }

  function notify(id: string, event: NotificationEvent, time: number, by?: string): void {
    const incident = findIncident(state, id);
    if (incident === undefined) return;
    const { number, title, status, severity, environment, services, openedAt, resolvedAt } = incident;
    const target = incident.mergedInto === null ? undefined : findIncident(state, incident.mergedInto);
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
        incident: {
          ...{ id, number, title, status, severity, environment, services, openedAt, resolvedAt, url: urlOf(id) },
          mergedInto: target === undefined ? null : { id: target.id, number: target.number, url: urlOf(target.id) },
        },
        alerts,
      },
      newId,
    );
  }

  function urlOf(id: string): string {
    return publicUrl === '' ? '' : `${publicUrl}/incidents/${encodeURIComponent(id)}`;
  }

  function runbookOf(ruleId: string): string {
    const row = state.prepare('SELECT runbook_url FROM alert_rules WHERE id = ?').get(ruleId);
    return (row?.['runbook_url'] ?? '') as string;
  }

  return {
    notify,

    open(alert, time) {
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
    },

    join(incident, alert, time, origins) {
      updateAlert(state, { ...alert, incidentId: incident.id });
      const { summary, severity } = alert;
      appendToTimeline(state, incident.id, time, { kind: 'alert_fired', alertId: alert.id, summary, severity });
      if (alert.state === 'resolved') {
        appendToTimeline(state, incident.id, time, { kind: 'alert_resolved', alertId: alert.id, summary });
      }
      const joined: StoredIncident = {
        ...incident,
        severity: raiseSeverity(incident, severity, time),
        services: union(incident.services, [serviceOf(alert)]),
        title: incidentTitle(alertsOfIncident(state, incident.id), origins),
      };
      updateIncident(state, joined);
      return joined;
    },

    resolve(incident, { by, reason, reopensAt }, time) {
      updateIncident(state, { ...incident, status: 'resolved', resolvedAt: time, reopensAt });
      appendToTimeline(state, incident.id, time, { kind: 'resolved', by, reason });
      notify(incident.id, 'resolved', time, reason === 'by_hand' ? by : undefined);
      log(`incident resolved: INC-${incident.number}: ${incident.title}`);
    },

    reopen(incident, firing, time) {
      const reopened: StoredIncident = { ...incident, status: 'open', resolvedAt: null, reopensAt: null };
      updateIncident(state, reopened);
      const summaries = firing.map(({ summary }) => summary);
      appendToTimeline(state, incident.id, time, { kind: 'reopened', by: SERVER, reason: 'still_firing', summaries });
      notify(incident.id, 'triggered', time);
      log(`incident opened again, still firing: INC-${incident.number}: ${incident.title}`);
      return reopened;
    },

    merge(source, target, { by, reason, origins }, time) {
      const wasOver = source.status === 'resolved';
      const ended: StoredIncident = {
        ...source,
        status: 'resolved',
        resolvedAt: source.resolvedAt ?? time,
        reopensAt: null,
        mergedInto: target.id,
      };
      updateIncident(state, ended);
      pointMergedTo(state, source.id, target.id);
      appendToTimeline(state, source.id, time, { kind: 'merged_into', by, reason, incident: referenceTo(target) });
      // Before the alerts move, so that it names them.
      if (!wasOver) notify(source.id, 'resolved', time, reason === 'by_hand' ? by : undefined);
      const alerts = moveAlerts(state, source.id, target.id);
      appendToTimeline(state, target.id, time, {
        kind: 'merged_from',
        by,
        reason,
        incident: referenceTo(source),
        alerts,
      });
      const merged: StoredIncident = {
        ...target,
        severity: raiseSeverity(target, source.severity, time),
        services: union(target.services, source.services),
        title: incidentTitle(alertsOfIncident(state, target.id), origins),
      };
      updateIncident(state, merged);
      log(`incident merged: INC-${source.number} into INC-${target.number}: ${merged.title}`);
      return merged;
    },
  };
}

function referenceTo({ id, number, title }: StoredIncident): { id: string; number: number; title: string } {
  return { id, number, title };
}

function union(left: readonly string[], right: readonly string[]): string[] {
  return [...new Set([...left, ...right])];
}

function higher(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) >= SEVERITIES.indexOf(b) ? a : b;
}
