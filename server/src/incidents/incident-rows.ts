import type { IncidentStatus, IncidentSummary, Severity, TimelineEntry } from '../api/types.ts';
import type { State } from '../state/state.ts';

/** An incident as it is stored. */
export interface StoredIncident {
  id: string;
  number: number;
  title: string;
  status: IncidentStatus;
  severity: Severity;
  environment: string;
  services: string[];
  openedAt: number;
  resolvedAt: number | null;
  /** When it opens again unless its alerts have ended; null unless it was resolved by hand while one fired. */
  reopensAt: number | null;
  /** Id of the incident that goes on in its place. */
  mergedInto: string | null;
}

type Row = Record<string, unknown>;
/** An entry without its place: `at` and `seq` are given to it when it is written. */
export type TimelineEvent = TimelineEntry extends infer Entry
  ? Entry extends TimelineEntry
    ? Omit<Entry, 'at' | 'seq'>
    : never
  : never;

function toIncident(row: Row): StoredIncident {
  return {
    id: row['id'] as string,
    number: row['number'] as number,
    title: row['title'] as string,
    status: row['status'] as IncidentStatus,
    severity: row['severity'] as Severity,
    environment: row['environment'] as string,
    services: JSON.parse(row['services_json'] as string) as string[],
    openedAt: row['opened_at'] as number,
    resolvedAt: row['resolved_at'] as number | null,
    reopensAt: row['reopens_at'] as number | null,
    mergedInto: row['merged_into'] as string | null,
  };
}

function toSummary(row: Row): IncidentSummary {
  const incident = toIncident(row);
  return {
    ...incident,
    mergedInto:
      incident.mergedInto === null
        ? null
        : { id: incident.mergedInto, number: row['target_number'] as number, title: row['target_title'] as string },
    alertCount: row['alert_count'] as number,
    firingCount: row['firing_count'] as number,
  };
}

const SUMMARY = `SELECT i.*, target.number AS target_number, target.title AS target_title,
    (SELECT count(*) FROM alerts a WHERE a.incident_id = i.id) AS alert_count,
    (SELECT count(*) FROM alerts a WHERE a.incident_id = i.id AND a.state = 'firing') AS firing_count
  FROM incidents i LEFT JOIN incidents target ON target.id = i.merged_into`;

export function findIncident(state: State, id: string): StoredIncident | undefined {
  const row = state.prepare('SELECT * FROM incidents WHERE id = ?').get(id);
  return row === undefined ? undefined : toIncident(row);
}

export function incidentSummary(state: State, id: string): IncidentSummary | undefined {
  const row = state.prepare(`${SUMMARY} WHERE i.id = ?`).get(id);
  return row === undefined ? undefined : toSummary(row);
}

export function listIncidents(state: State, status: IncidentStatus | undefined, limit: number): IncidentSummary[] {
  return state
    .prepare(`${SUMMARY} WHERE ?1 IS NULL OR i.status = ?1 ORDER BY i.number DESC LIMIT ?2`)
    .all(status ?? null, limit)
    .map(toSummary);
}

/** Incidents that an alert on the error group belongs to, newest first, at most 20. */
export function incidentsOfErrorGroup(state: State, groupId: string): IncidentSummary[] {
  return state
    .prepare(
      `${SUMMARY} WHERE i.id IN (SELECT incident_id FROM alerts WHERE labels_json ->> 'errorGroup' = ?)
       ORDER BY i.number DESC LIMIT 20`,
    )
    .all(groupId)
    .map(toSummary);
}

/** Open and acknowledged ones, oldest first. */
export function unresolvedIncidents(state: State): StoredIncident[] {
  return state.prepare("SELECT * FROM incidents WHERE status <> 'resolved' ORDER BY number").all().map(toIncident);
}

/** Resolved by hand while an alert fired, and not yet settled; oldest first. */
export function reopeningIncidents(state: State): StoredIncident[] {
  return state.prepare('SELECT * FROM incidents WHERE reopens_at IS NOT NULL ORDER BY number').all().map(toIncident);
}

/** A new incident is open, so nothing is due and nothing merged. */
export function insertIncident(
  state: State,
  incident: Omit<StoredIncident, 'number' | 'reopensAt' | 'mergedInto'>,
): StoredIncident {
  const { lastInsertRowid } = state
    .prepare(
      `INSERT INTO incidents (id, title, status, severity, environment, services_json, opened_at, resolved_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      incident.id,
      incident.title,
      incident.status,
      incident.severity,
      incident.environment,
      JSON.stringify(incident.services),
      incident.openedAt,
      incident.resolvedAt,
    );
  return { ...incident, number: Number(lastInsertRowid), reopensAt: null, mergedInto: null };
}

export function updateIncident(state: State, incident: StoredIncident): void {
  state
    .prepare(
      `UPDATE incidents SET title = ?, status = ?, severity = ?, services_json = ?, resolved_at = ?, reopens_at = ?,
         merged_into = ? WHERE id = ?`,
    )
    .run(
      incident.title,
      incident.status,
      incident.severity,
      JSON.stringify(incident.services),
      incident.resolvedAt,
      incident.reopensAt,
      incident.mergedInto,
      incident.id,
    );
}

/** What was merged into `from` points to `to`. */
export function pointMergedTo(state: State, from: string, to: string): void {
  state.prepare('UPDATE incidents SET merged_into = ? WHERE merged_into = ?').run(to, from);
}

/** Puts an entry at the end of the incident's timeline. Entries are never changed or removed. */
export function appendToTimeline(state: State, incidentId: string, at: number, event: TimelineEvent): void {
  state
    .prepare(
      `INSERT INTO timeline (incident_id, seq, at, entry_json)
       SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3 FROM timeline WHERE incident_id = ?1`,
    )
    .run(incidentId, at, JSON.stringify(event));
}

/** In the order in which the entries were written. */
export function timelineOf(state: State, incidentId: string): TimelineEntry[] {
  return state
    .prepare('SELECT seq, at, entry_json FROM timeline WHERE incident_id = ? ORDER BY seq')
    .all(incidentId)
    .map((row) => ({
      at: row['at'] as number,
      seq: row['seq'] as number,
      ...(JSON.parse(row['entry_json'] as string) as TimelineEvent),
    }));
}
