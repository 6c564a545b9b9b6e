import type { Target } from './fd-sink.ts';

/** Lines that wait while their place takes nothing. */
export interface Backlog {
  /** Lines in it, those of an earlier process included. */
  readonly size: number;
  /** Adds a line. Returns how many were given up for it, itself included. */
  push(line: string, severity: number): number;
  /** The next lines, in the order they came, about so many bytes. `undefined` when there are none. */
  take(size: number): { readonly bytes: Buffer; readonly lines: number } | undefined;
  /** Gives up what memory holds. Returns how many lines that were. */
  clear(): number;
  /**
   * Puts lines, bytes and after them a text, before all others, and everything where the next process finds it. False when
   * that could not be done, and nothing has changed.
   */
  keep?(bytes: Uint8Array, text: string, lines: number): boolean;
  close?(): void;
}

/** What a sink does with lines when its place takes nothing; made by `dropOldest`, `dropLowest` and `spill`. */
export interface FullPolicy {
  readonly kind: 'drop-oldest' | 'drop-lowest' | 'spill';
  /** Makes room for lines of so many characters. */
  open(maxChars: number): Backlog;
  /** The place behind a descriptor, so that writing to it does not block where that can be. */
  unblocked(fd: number): Target;
}
