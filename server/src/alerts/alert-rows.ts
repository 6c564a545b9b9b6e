import type { Alert, AlertCondition, Severity } from '../api/types.ts';
import type { State } from '../state/state.ts';
import type { AlertState } from './alert-state.ts';

/** An alert as it is stored: the API's shape and what the state machine needs. */
export interface StoredAlert extends Alert {
  kind: AlertCondition['kind'];
  target: string;
  clearSince: number | null;
}

type Row = Record<string, unknown>;

function toAlert(row: Row): StoredAlert {
  return {
    id: row['id'] as string,
    ruleId: row['rule_id'] as string,
    ruleName: row['rule_name'] as string,
    kind: row['rule_kind'] as AlertCondition['kind'],
    severity: row['severity'] as Severity,
    target: row['target'] as string,
    labels: JSON.parse(row['labels_json'] as string) as Record<string, string>,
    state: row['state'] as Alert['state'],
    value: row['value'] as number,
    threshold: row['threshold'] as number,
    unit: row['unit'] as Alert['unit'],
    summary: row['summary'] as string,
    startedAt: row['started_at'] as number,
    firedAt: row['fired_at'] as number | null,
    clearSince: row['clear_since'] as number | null,
    resolvedAt: row['resolved_at'] as number | null,
    incidentId: row['incident_id'] as string | null,
  };
}

/** Without what only the state machine needs. */
export function toPublicAlert({ kind: _kind, target: _target, clearSince: _clearSince, ...alert }: StoredAlert): Alert {
  return alert;
}

export function toAlertState(alert: StoredAlert): AlertState {
  switch (alert.state) {
    case 'pending':
      return { state: 'pending', since: alert.startedAt };
    case 'firing':
      return {
        state: 'firing',
        since: alert.startedAt,
        firedAt: alert.firedAt ?? alert.startedAt,
        clearSince: alert.clearSince,
      };
    case 'resolved':
      return { state: 'resolved', resolvedAt: alert.resolvedAt ?? alert.startedAt };
  }
}

export function activeAlertsOfRule(state: State, ruleId: string): StoredAlert[] {
  return state.prepare("SELECT * FROM alerts WHERE rule_id = ? AND state <> 'resolved'").all(ruleId).map(toAlert);
}

/** When the rule's alert on each target resolved last, of those after `after`. */
export function resolutionsOfRule(state: State, ruleId: string, after: number): Map<string, number> {
  const rows = state
    .prepare(
      `SELECT target, max(resolved_at) AS at FROM alerts
       WHERE rule_id = ? AND state = 'resolved' AND resolved_at > ? GROUP BY target`,
    )
    .all(ruleId, after);
  return new Map(rows.map((row) => [row['target'] as string, row['at'] as number]));
}

/** Alerts that fired and have no incident yet, in the order in which they fired. */
export function unlinkedAlerts(state: State): StoredAlert[] {
  return state
    .prepare('SELECT * FROM alerts WHERE fired_at IS NOT NULL AND incident_id IS NULL ORDER BY fired_at, rowid')
    .all()
    .map(toAlert);
}

export function alertsOfIncident(state: State, incidentId: string): StoredAlert[] {
  return state
    .prepare('SELECT * FROM alerts WHERE incident_id = ? ORDER BY fired_at, rowid')
    .all(incidentId)
    .map(toAlert);
}

export function listAlerts(state: State, alertState: Alert['state'] | undefined, limit: number): StoredAlert[] {
  return state
    .prepare('SELECT * FROM alerts WHERE ?1 IS NULL OR state = ?1 ORDER BY started_at DESC, rowid DESC LIMIT ?2')
    .all(alertState ?? null, limit)
    .map(toAlert);
}

export function insertAlert(state: State, alert: StoredAlert): void {
  state
    .prepare(
      `INSERT INTO alerts (id, rule_id, rule_name, rule_kind, severity, target, labels_json, state, value, threshold,
         unit, summary, started_at, fired_at, clear_since, resolved_at, incident_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      alert.id,
      alert.ruleId,
      alert.ruleName,
      alert.kind,
      alert.severity,
      alert.target,
      JSON.stringify(alert.labels),
      alert.state,
      alert.value,
      alert.threshold,
      alert.unit,
      alert.summary,
      alert.startedAt,
      alert.firedAt,
      alert.clearSince,
      alert.resolvedAt,
      alert.incidentId,
    );
}

/** Writes what changes in the life of an alert. */
export function updateAlert(state: State, alert: StoredAlert): void {
  state
    .prepare(
      `UPDATE alerts SET state = ?, value = ?, summary = ?, fired_at = ?, clear_since = ?, resolved_at = ?, incident_id = ?
       WHERE id = ?`,
    )
    .run(
      alert.state,
      alert.value,
      alert.summary,
      alert.firedAt,
      alert.clearSince,
      alert.resolvedAt,
      alert.incidentId,
      alert.id,
    );
}

/** Gives the alerts of one incident to another. Returns how many there were. */
export function moveAlerts(state: State, from: string, to: string): number {
  return Number(state.prepare('UPDATE alerts SET incident_id = ? WHERE incident_id = ?').run(to, from).changes);
}

export function deleteAlert(state: State, id: string): void {
  state.prepare('DELETE FROM alerts WHERE id = ?').run(id);
}
