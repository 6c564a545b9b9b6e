import type { StoredAlert } from '../alerts/alert-rows.ts';
import { SEVERITIES } from '../alerts/rule-input.ts';
import { problemName } from '../alerts/summary.ts';
import type { AlertCondition } from '../api/types.ts';

/** The kind that says most about the cause comes first. */
const TELLING: readonly AlertCondition['kind'][] = ['error_count', 'span_error_rate', 'span_latency', 'log_count'];
const MAX_TITLE_CHARACTERS = 160;
const MAX_OTHER_SERVICES = 2;

/**
 * Sorts alerts so that the one that says most about the cause comes first: by kind; then of the service in which the
 * errors began (`origins`, likeliest first); then the most severe; then the one that fired first.
 */
export function byTelling(origins: readonly string[] = []): (a: StoredAlert, b: StoredAlert) => number {
  const distance = ({ labels }: StoredAlert): number => {
    const place = origins.indexOf(labels['service'] ?? '');
    return place < 0 ? origins.length : place;
  };
  return (a, b) =>
    TELLING.indexOf(a.kind) - TELLING.indexOf(b.kind) ||
    distance(a) - distance(b) ||
    SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) ||
    (a.firedAt ?? 0) - (b.firedAt ?? 0) ||
    (a.id < b.id ? -1 : 1);
}

/**
 * The title of an incident: the most telling of its alerts, then the other services. Equal arguments give an equal
 * title, in whatever order the alerts are given.
 */
export function incidentTitle(alerts: readonly StoredAlert[], origins: readonly string[] = []): string {
  const [lead] = alerts.toSorted(byTelling(origins));
  if (lead === undefined) return 'Incident';
  const service = lead.labels['service'] ?? '';
  const others = [...new Set(alerts.map(({ labels }) => labels['service'] ?? ''))]
    .filter((other) => other !== '' && other !== service)
    .toSorted();
  const named = others.slice(0, MAX_OTHER_SERVICES).join(', ');
  const more = others.length > MAX_OTHER_SERVICES ? ` and ${others.length - MAX_OTHER_SERVICES} more` : '';
  const also = others.length === 0 ? '' : ` (also ${named}${more})`;
  const head = `${service}: ${problemName(lead.kind, lead.labels)}`;
  const room = MAX_TITLE_CHARACTERS - also.length;
  return (head.length > room ? `${head.slice(0, room - 1)}…` : head) + also;
}
