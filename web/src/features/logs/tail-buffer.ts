/**
 * The rows of a live tail, newest first. Services send in batches of their own, so rows come out of order: each takes its
 * place by time. Pausing freezes what is shown; what arrives meanwhile waits.
 */
import type { LogView } from '@breakwater/server/api-types';

export interface TailSnapshot {
  /** Newest first. A new array whenever it changes. */
  rows: readonly LogView[];
  paused: boolean;
  /** Rows that resuming will show. */
  waiting: number;
  /** Records the server left out of the stream because more matched than it sends, or than this page reads. */
  dropped: number;
  /** Rows received since the start. */
  received: number;
}

export interface TailBuffer {
  /** Rows in any order. */
  push(rows: readonly LogView[]): void;
  /** Rows to begin with; those already there are left out. */
  seed(rows: readonly LogView[]): void;
  addDropped(count: number): void;
  pause(): void;
  resume(): void;
  clear(): void;
  snapshot(): TailSnapshot;
}

/** Holds at most `capacity` rows on each side of a pause; the oldest make room. */
export function createTailBuffer(capacity: number): TailBuffer {
  let rows: readonly LogView[] = [];
  let waiting: readonly LogView[] = [];
  let paused = false;
  let dropped = 0;
  let received = 0;
  let snapshot: TailSnapshot | undefined;

  const changed = () => {
    snapshot = undefined;
  };
  return {
    push(added) {
      if (added.length === 0) return;
      received += added.length;
      if (paused) waiting = merge(waiting, added, capacity);
      else rows = merge(rows, added, capacity);
      changed();
    },
    seed(older) {
      const known = new Set(rows.map((row) => row.id));
      rows = merge(
        rows,
        older.filter((row) => !known.has(row.id)),
        capacity,
      );
      changed();
    },
    addDropped(count) {
      dropped += count;
      changed();
    },
    pause() {
      paused = true;
      changed();
    },
    resume() {
      paused = false;
      rows = merge(rows, waiting, capacity);
      waiting = [];
      changed();
    },
    clear() {
      rows = [];
      waiting = [];
      dropped = 0;
      received = 0;
      changed();
    },
    snapshot() {
      snapshot ??= { rows, paused, waiting: waiting.length, dropped, received };
      return snapshot;
    },
  };
}

/** Both lists as one, newest first, cut to the capacity. `sorted` is newest first already. */
function merge(sorted: readonly LogView[], added: readonly LogView[], capacity: number): readonly LogView[] {
  const fresh = added.toSorted(newestFirst);
  const merged: LogView[] = [];
  let at = 0;
  for (const row of fresh) {
    for (; at < sorted.length && newestFirst(sorted[at]!, row) <= 0; at += 1) merged.push(sorted[at]!);
    merged.push(row);
  }
  for (; at < sorted.length && merged.length < capacity; at += 1) merged.push(sorted[at]!);
  return merged.length > capacity ? merged.slice(0, capacity) : merged;
}

/** As the server orders a page of records: by time, then by id, the greater first. */
function newestFirst(a: LogView, b: LogView): number {
  return compareDigits(b.timeUnixNano, a.timeUnixNano) || compareDigits(b.id, a.id);
}

/** Compares decimal texts without leading zeros as the numbers they are, which a double cannot hold. */
function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}
