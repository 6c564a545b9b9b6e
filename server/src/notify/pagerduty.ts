import type { NotificationEvent, Severity } from '../api/types.ts';
import type { Notification, ReceiverProtocol } from './notification.ts';

export const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';

const ACTIONS: Record<NotificationEvent, string> = {
  triggered: 'trigger',
  acknowledged: 'acknowledge',
  resolved: 'resolve',
};
const SEVERITIES: Record<Severity, string> = { critical: 'critical', high: 'error', medium: 'warning', low: 'info' };
/** PagerDuty cuts a longer summary off. */
const MAX_SUMMARY_CHARACTERS = 1_024;
/** PagerDuty refuses events above 512 KiB. */
const MAX_ALERTS = 50;

/**
 * PagerDuty Events API v2 (https://developer.pagerduty.com/docs/events-api-v2-overview): `trigger`, `acknowledge` and
 * `resolve` with one `dedup_key` per incident, so an event that arrives twice changes nothing. The receiver's secret is
 * the routing key. 202 is success; 429, 408 and 5xx are tried again; other answers refuse the event for good.
 */
export const pagerduty: ReceiverProtocol = {
  toRequest(notification, { url, secret }) {
    const event = {
      routing_key: secret ?? '',
      event_action: ACTIONS[notification.event],
      dedup_key: dedupKey(notification),
      ...(notification.event === 'triggered' && toDetails(notification)),
    };
    const headers = { 'content-type': 'application/json', 'user-agent': 'Breakwater' };
    return { url, headers, body: JSON.stringify(event) };
  },

  verdictOf(status) {
    if (status >= 200 && status < 300) return 'delivered';
    return status >= 400 && status < 500 && status !== 429 && status !== 408 ? 'refused' : 'retry';
  },
};

function dedupKey({ test, incident }: Notification): string {
  return test ? `breakwater-test-${incident.id}` : `breakwater-incident-${incident.id}`;
}

function toDetails({ test, at, incident, alerts }: Notification): Record<string, unknown> {
  const name = test ? 'TEST' : `INC-${incident.number}`;
  const links = [
    ...(incident.url === '' ? [] : [{ href: incident.url, text: `${name} in Breakwater` }]),
    ...[...new Set(alerts.map(({ runbookUrl }) => runbookUrl))]
      .filter((href) => href !== '')
      .map((href) => ({ href, text: 'Runbook' })),
  ];
  return {
    payload: {
      summary: `[${name}] ${incident.title}`.slice(0, MAX_SUMMARY_CHARACTERS),
      source: incident.services[0] ?? 'breakwater',
      severity: SEVERITIES[incident.severity],
      timestamp: new Date(at).toISOString(),
      component: incident.services.join(', '),
      group: incident.environment,
      class: alerts[0]?.ruleName ?? 'test',
      custom_details: {
        incident: name,
        test,
        services: incident.services,
        environment: incident.environment,
        alerts: alerts
          .slice(0, MAX_ALERTS)
          .map(({ ruleName, severity, summary }) => ({ rule: ruleName, severity, summary })),
      },
    },
    links,
    client: 'Breakwater',
    ...(incident.url !== '' && { client_url: incident.url }),
  };
}
