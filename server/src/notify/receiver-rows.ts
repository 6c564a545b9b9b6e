import type { Receiver, ReceiverType } from '../api/types.ts';
import type { State } from '../state/state.ts';
import type { ReceiverAddress } from './notification.ts';

type Row = Record<string, unknown>;

/** A receiver as the API shows it: without its secret. */
export function toReceiver(row: Row): Receiver {
  return {
    id: row['id'] as string,
    name: row['name'] as string,
    enabled: row['enabled'] === 1,
    type: row['type'] as ReceiverType,
    url: row['url'] as string,
    secretSet: row['secret'] !== null,
  };
}

export function receivers(state: State): Receiver[] {
  return state.prepare('SELECT * FROM receivers ORDER BY created_at, rowid').all().map(toReceiver);
}

export function findReceiver(state: State, id: string): Receiver | undefined {
  const row = state.prepare('SELECT * FROM receivers WHERE id = ?').get(id);
  return row === undefined ? undefined : toReceiver(row);
}

/** With the secret: for sending only. */
export function addressOf(state: State, id: string): ReceiverAddress | undefined {
  const row = state.prepare('SELECT id, name, url, secret FROM receivers WHERE id = ?').get(id);
  if (row === undefined) return undefined;
  return {
    id: row['id'] as string,
    name: row['name'] as string,
    url: row['url'] as string,
    secret: row['secret'] as string | null,
  };
}
