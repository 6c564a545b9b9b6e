import { createHmac } from 'node:crypto';
import type { Notification, ReceiverProtocol } from './notification.ts';

/**
 * A webhook after the Standard Webhooks specification (https://www.standardwebhooks.com): the headers `webhook-id`,
 * `webhook-timestamp` (seconds) and, where the receiver has a secret, `webhook-signature` = `v1,` and the base64 of
 * HMAC-SHA-256 over `id.timestamp.body`. docs/notifications.md shows the body and how to verify it.
 */
export const webhook: ReceiverProtocol = {
  toRequest(notification, { url, secret }, now) {
    const timestamp = String(Math.floor(now / 1_000));
    const body = JSON.stringify(toBody(notification));
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'user-agent': 'Breakwater',
      'webhook-id': notification.id,
      'webhook-timestamp': timestamp,
    };
    if (secret !== null) {
      const signed = createHmac('sha256', signingKey(secret)).update(`${notification.id}.${timestamp}.${body}`, 'utf8');
      headers['webhook-signature'] = `v1,${signed.digest('base64')}`;
    }
    return { url, headers, body };
  },

  // A redirect is not followed: it would carry the body to an address nobody entered.
  verdictOf(status) {
    if (status >= 200 && status < 300) return 'delivered';
    return status === 410 ? 'refused' : 'retry';
  },
};

/** `whsec_` and base64, or any other text, which is then the key itself. */
function signingKey(secret: string): Buffer {
  return secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret, 'utf8');
}

function toBody({ event, test, at, by, incident, alerts }: Notification): unknown {
  return {
    type: test ? 'receiver.test' : `incident.${event}`,
    timestamp: new Date(at).toISOString(),
    data: {
      incident: {
        id: incident.id,
        number: incident.number,
        title: incident.title,
        status: incident.status,
        severity: incident.severity,
        environment: incident.environment,
        services: incident.services,
        openedAt: new Date(incident.openedAt).toISOString(),
        resolvedAt: incident.resolvedAt === null ? null : new Date(incident.resolvedAt).toISOString(),
        url: incident.url,
        // Absent from what an earlier version put into the outbox.
        mergedInto: incident.mergedInto ?? null,
      },
      ...(by !== undefined && { by }),
      alerts: alerts.map((alert) => ({
        id: alert.id,
        rule: alert.ruleName,
        state: alert.state,
        severity: alert.severity,
        summary: alert.summary,
        labels: alert.labels,
        value: alert.value,
        threshold: alert.threshold,
        unit: alert.unit,
        firedAt: alert.firedAt === null ? null : new Date(alert.firedAt).toISOString(),
        resolvedAt: alert.resolvedAt === null ? null : new Date(alert.resolvedAt).toISOString(),
        runbookUrl: alert.runbookUrl,
      })),
    },
  };
}
