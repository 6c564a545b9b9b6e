import type { IncidentSummary } from '@breakwater/server/api-types';

/** Two incidents that may be merged: `newer` becomes part of `older`; `other` is the one that is not on the page. */
export interface Merger {
  newer: IncidentSummary;
  older: IncidentSummary;
  other: IncidentSummary;
}

/** With which incidents the given one can be merged: what the server accepts, newest first. */
export function mergersOf(incident: IncidentSummary, all: readonly IncidentSummary[]): Merger[] {
  return all
    .filter(({ id, environment }) => id !== incident.id && environment === incident.environment)
    .filter((other) => other.status !== 'resolved')
    .map((other) =>
      other.number < incident.number
        ? { newer: incident, older: other, other }
        : { newer: other, older: incident, other },
    )
    .filter(({ newer, older }) => newer.mergedInto === null && older.status !== 'resolved');
}
