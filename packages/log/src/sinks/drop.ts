import type { FullPolicy } from './full-policy.ts';
import { LineQueue } from './line-queue.ts';
import { unblocked } from './unblocked.ts';

/** A policy that gives lines up, for a sink that needs no more than that. */
export interface DropPolicy extends FullPolicy {
  readonly kind: 'drop-oldest' | 'drop-lowest';
  open(maxChars: number): LineQueue;
}

/** When memory is full, the oldest line is given up for a new one, and counted as `queue-full`. */
export function dropOldest(): DropPolicy {
  return { kind: 'drop-oldest', open: (maxChars) => new LineQueue(maxChars, false), unblocked };
}

/**
 * When memory is full, the oldest of the least severe lines is given up for a new one, or the new one itself if it is less
 * severe than all that wait, and counted as `queue-full`.
 */
export function dropLowest(): DropPolicy {
  return { kind: 'drop-lowest', open: (maxChars) => new LineQueue(maxChars, true), unblocked };
}
