import type { LogRecord } from './record.ts';

/** Why a line was not written. */
export type DropReason =
  | 'sampled'
  | 'request-ok'
  | 'queue-full'
  | 'closed'
  | 'broken'
  | 'rejected'
  | 'timeout'
  | 'failed'
  | 'worker-died';

/** What became of the lines a sink was given: `emitted = written + pending + the sum of dropped`, at every moment. */
export interface SinkCounts {
  readonly emitted: number;
  readonly written: number;
  readonly pending: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}

/**
 * A place for lines. `write` must not throw and must not wait for anything but, where the policy is `block`, room. A
 * line ends with `\n` and holds no other line break.
 */
export interface Sink {
  readonly name: string;
  write(line: string, severity: number): void;
  /**
   * Resolves when everything given so far is written or counted as dropped, or when the sink's time for it is over (`blockMs`,
   * `flushTimeoutMs`): what is left then is pending. Does not reject.
   */
  flush(): Promise<void>;
  /**
   * As `flush`, at once, for a process that is ending. What cannot be written at once stays pending, or, where nothing comes
   * after it (`isLast`), is counted as dropped, unless it is kept for the next process.
   */
  flushSync(isLast?: boolean): void;
  /** `flushSync` costs so much that it is for the end of the process only. */
  readonly isSlow?: boolean;
  /** Milliseconds that a signal waits for `flush` of a slow sink before `flushSync`. Default 3000. */
  readonly exitTimeoutMs?: number;
  /** The sinks behind this one, where it only passes lines on. */
  readonly inner?: readonly Sink[];
  /** Flushes and lets go; lines given later are dropped as `closed`. */
  close(): Promise<void>;
  counts(): SinkCounts;
}

/** A record as `toRecord` reads it back from its line. */
export type { LogRecord };

/** Running totals of a sink. */
export class Tally {
  emitted = 0;
  written = 0;
  readonly dropped: Partial<Record<DropReason, number>> = {};

  drop(reason: DropReason, count = 1): void {
    if (count > 0) this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
  }

  counts(): SinkCounts {
    const { emitted, written } = this;
    const dropped = { ...this.dropped };
    let pending = emitted - written;
    for (const count of Object.values(dropped)) pending -= count;
    return { emitted, written, pending, dropped };
  }
}
