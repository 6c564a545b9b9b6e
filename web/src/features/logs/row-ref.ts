/** A log record in the URL: its time and its id, since the store finds records by time. */
import type { LogView } from '@breakwater/server/api-types';
import { nanoToMs } from '../../time/format.ts';
import type { TimeWindow } from '../../time/range.ts';

export interface RowRef {
  id: string;
  /** The millisecond that holds the record. */
  window: TimeWindow;
}

export function printRowRef(row: Pick<LogView, 'id' | 'timeUnixNano'>): string {
  return `${row.timeUnixNano}.${row.id}`;
}

/** Undefined where the text is no reference. */
export function parseRowRef(text: string | undefined): RowRef | undefined {
  const match = /^(\d{1,20})\.(\d{1,20})$/.exec(text ?? '');
  if (!match?.[1] || !match[2]) return undefined;
  const fromMs = nanoToMs(match[1]);
  return { id: match[2], window: { fromMs, toMs: fromMs + 1 } };
}
