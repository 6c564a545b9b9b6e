import type { Alert, IncidentStatus, NotificationEvent, Severity } from '../api/types.ts';

/** What a receiver is told, before it has the form the receiver wants. Kept in the outbox: a retry says the same. */
export interface Notification {
  /** The same for every attempt to deliver this notification to this receiver; receivers drop what they have seen. */
  id: string;
  event: NotificationEvent;
  /** Set on the notification a person asked for to try a receiver. */
  test: boolean;
  /** When it happened, epoch milliseconds. */
  at: number;
  /** Who acknowledged or resolved it; absent where the server did. */
  by?: string;
  incident: {
    id: string;
    number: number;
    title: string;
    status: IncidentStatus;
    severity: Severity;
    environment: string;
    services: string[];
    openedAt: number;
    resolvedAt: number | null;
    /** The incident's page, or '' where the server's public address is not known. */
    url: string;
    /** The incident that goes on in its place; null unless this one was merged into it. */
    mergedInto: { id: string; number: number; url: string } | null;
  };
  alerts: NotifiedAlert[];
}

export interface NotifiedAlert extends Omit<Alert, 'incidentId' | 'ruleId'> {
  /** '' where the rule has none. */
  runbookUrl: string;
}

/** A receiver as the delivery needs it. The secret must not reach a log, an answer or an error. */
export interface ReceiverAddress {
  id: string;
  name: string;
  url: string;
  secret: string | null;
}

/** One HTTP request to a receiver. */
export interface DeliveryRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** What an HTTP status means for the delivery. */
export type DeliveryVerdict = 'delivered' | 'retry' | 'refused';

/** One kind of receiver: how it is spoken to and what its answers mean. */
export interface ReceiverProtocol {
  /** `now` in epoch milliseconds. Deterministic: equal arguments give an equal request. */
  toRequest(notification: Notification, receiver: ReceiverAddress, now: number): DeliveryRequest;
  verdictOf(status: number): DeliveryVerdict;
}
