import { alertsOfIncident, type StoredAlert } from '../alerts/alert-rows.ts';
import type { State } from '../state/state.ts';
import { type IncidentChanges, SERVER } from './incident-changes.ts';
import { reopeningIncidents, type StoredIncident, unresolvedIncidents, updateIncident } from './incident-rows.ts';

/** How long an alert may go on firing after its incident was resolved by hand, before people are told again. */
export const REOPEN_AFTER_MS = 300_000;

/** Beyond a rule's window: the time in which a repaired service's last failures arrive and its alert clears. */
const WINDOW_MARGIN_MS = 30_000;

/**
 * When an incident that is resolved by hand at `resolvedAt` opens again unless its alerts end before, or null where none
 * fires. An alert measures its rule's whole window, so it is given that long even where `reopenAfterMs` is shorter.
 */
export function reopensAt(state: State, incidentId: string, resolvedAt: number, reopenAfterMs: number): number | null {
  const due = firingAlerts(state, incidentId).map((alert) => dueAt(state, alert, resolvedAt, reopenAfterMs));
  return due.length === 0 ? null : Math.min(...due);
}

/**
 * Settles the incidents that were resolved by hand while alerts fired. Where none fires any more, nothing follows. Where
 * the time is over and one still meets its condition, its incident becomes part of an open one of the same service, of
 * which people know already; else it opens again and they are told. Call it in a transaction.
 */
export function settleStillFiring(state: State, changes: IncidentChanges, time: number, reopenAfterMs: number): void {
  for (const incident of reopeningIncidents(state)) {
    const firing = firingAlerts(state, incident.id);
    const resolvedAt = incident.resolvedAt ?? time;
    const over = firing.filter(
      (alert) => alert.clearSince === null && dueAt(state, alert, resolvedAt, reopenAfterMs) <= time,
    );
    if (over.length > 0) {
      const open = openFor(state, incident, over);
      if (open === undefined) changes.reopen(incident, over, time);
      else changes.merge(incident, open, { by: SERVER, reason: 'same_service' }, time);
      continue;
    }
    const next = reopensAt(state, incident.id, resolvedAt, reopenAfterMs);
    if (next !== incident.reopensAt) updateIncident(state, { ...incident, reopensAt: next });
  }
}

function openFor(
  state: State,
  { environment }: StoredIncident,
  alerts: readonly StoredAlert[],
): StoredIncident | undefined {
  return unresolvedIncidents(state).find(
    (open) =>
      open.environment === environment && alerts.some(({ labels }) => open.services.includes(labels['service'] ?? '')),
  );
}

function firingAlerts(state: State, incidentId: string): StoredAlert[] {
  return alertsOfIncident(state, incidentId).filter((alert) => alert.state === 'firing');
}

function dueAt(state: State, { ruleId }: StoredAlert, resolvedAt: number, reopenAfterMs: number): number {
  const row = state.prepare('SELECT window_seconds FROM alert_rules WHERE id = ?').get(ruleId);
  const windowMs = Number(row?.['window_seconds'] ?? 0) * 1_000;
  return resolvedAt + Math.max(reopenAfterMs, windowMs + WINDOW_MARGIN_MS);
}
