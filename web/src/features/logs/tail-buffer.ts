/** The rows of a live tail, newest first. Pausing freezes what is shown; what arrives meanwhile waits. */
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
  /** Rows as they were sent: oldest first. */
  push(rows: readonly LogView[]): void;
  /** Rows to begin with, newest first; those already there are left out. */
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
  let waiting: LogView[] = [];
  let paused = false;
  let dropped = 0;
  let received = 0;
  let snapshot: TailSnapshot | undefined;

  const show = (newestFirst: readonly LogView[]) => {
    rows = [...newestFirst, ...rows].slice(0, capacity);
  };
  const changed = () => {
    snapshot = undefined;
  };
  return {
    push(added) {
      if (added.length === 0) return;
      received += added.length;
      const newestFirst = added.toReversed();
      if (paused) waiting = [...newestFirst, ...waiting].slice(0, capacity);
      else show(newestFirst);
      changed();
    },
    seed(older) {
      const known = new Set(rows.map((row) => row.id));
      rows = [...rows, ...older.filter((row) => !known.has(row.id))].slice(0, capacity);
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
      show(waiting);
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
