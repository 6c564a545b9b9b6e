import type { NotificationEvent, ReceiverType } from '../api/types.ts';
import type { State } from '../state/state.ts';
import type { Notification } from './notification.ts';

/** A notification on its way to one receiver. */
export interface OutboxEntry {
  id: string;
  receiverId: string;
  receiverName: string;
  receiverType: ReceiverType;
  incidentId: string;
  event: NotificationEvent;
  notification: Notification;
  attempts: number;
  createdAt: number;
  nextAttemptAt: number;
}

type Row = Record<string, unknown>;

function toEntry(row: Row): OutboxEntry {
  return {
    id: row['id'] as string,
    receiverId: row['receiver_id'] as string,
    receiverName: row['receiver_name'] as string,
    receiverType: row['receiver_type'] as ReceiverType,
    incidentId: row['incident_id'] as string,
    event: row['event'] as NotificationEvent,
    notification: JSON.parse(row['notification_json'] as string) as Notification,
    attempts: row['attempts'] as number,
    createdAt: row['created_at'] as number,
    nextAttemptAt: row['next_attempt_at'] as number,
  };
}

/**
 * Puts the notification into the outbox of every enabled receiver. Call it in the transaction of what it tells of: then
 * neither can be there without the other, whatever happens to the process.
 */
export function enqueue(state: State, notification: Omit<Notification, 'id'>, newId: () => string): void {
  const receivers = state
    .prepare('SELECT id, name, type FROM receivers WHERE enabled = 1 ORDER BY created_at, rowid')
    .all();
  for (const receiver of receivers) {
    const id = `msg_${newId()}`;
    state
      .prepare(
        `INSERT INTO outbox (id, receiver_id, receiver_name, receiver_type, incident_id, event, notification_json, state,
           created_at, next_attempt_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?)`,
      )
      .run(
        id,
        receiver['id'] as string,
        receiver['name'] as string,
        receiver['type'] as string,
        notification.incident.id,
        notification.event,
        JSON.stringify({ id, ...notification } satisfies Notification),
        notification.at,
        notification.at,
      );
  }
}

/** The oldest waiting notification of each receiver: the only one that may be sent, so that order is kept. */
export function headsOfQueues(state: State): OutboxEntry[] {
  return state
    .prepare(
      `SELECT * FROM outbox WHERE seq IN (SELECT min(seq) FROM outbox WHERE state = 'waiting' GROUP BY receiver_id)
       ORDER BY seq`,
    )
    .all()
    .map(toEntry);
}

export function headOfQueue(state: State, receiverId: string): OutboxEntry | undefined {
  const row = state
    .prepare("SELECT * FROM outbox WHERE receiver_id = ? AND state = 'waiting' ORDER BY seq LIMIT 1")
    .get(receiverId);
  return row === undefined ? undefined : toEntry(row);
}

export function waitingOf(state: State, receiverId: string): OutboxEntry[] {
  return state
    .prepare("SELECT * FROM outbox WHERE receiver_id = ? AND state = 'waiting' ORDER BY seq")
    .all(receiverId)
    .map(toEntry);
}

export function settle(state: State, id: string, outcome: 'delivered' | 'failed', attempts: number, now: number): void {
  state
    .prepare("UPDATE outbox SET state = ?, attempts = ?, settled_at = ? WHERE id = ? AND state = 'waiting'")
    .run(outcome, attempts, now, id);
}

export function postpone(state: State, id: string, attempts: number, nextAttemptAt: number, reason: string): void {
  state
    .prepare('UPDATE outbox SET attempts = ?, next_attempt_at = ?, last_error = ? WHERE id = ?')
    .run(attempts, nextAttemptAt, reason, id);
}

/** Removes settled entries older than `before`; the timelines keep what became of them. */
export function forgetSettled(state: State, before: number): void {
  state.prepare("DELETE FROM outbox WHERE state <> 'waiting' AND settled_at < ?").run(before);
}
