import type { Call } from './attempt.ts';
import type { Outcome } from './policy.ts';

// Where an attempt is: 0 and above, the index of the gate it enters or waits for; else one of these.
export const RUNNING = -1;
/** Between the attempt before and this one. */
export const PAUSED = -2;
/** Given up, while the work goes on. From here on the answer is no longer awaited. */
export const CUT = -3;
export const DONE = -4;

/** Counts the changes of state of all breakers. A call keeps the count at which its work began. */
export const changes: { count: number } = { count: 0 };

/** What most calls never need. */
export class Rare {
  attempt: number | undefined = undefined;
  /** What an attempt leaves to the next, for the repeater. */
  history: unknown = undefined;
  controller: AbortController | undefined = undefined;
  /** Why the attempt was given up, and what that means to its gates. `final`: all attempts were. */
  givenUp: { readonly outcome: Outcome; readonly reason: unknown; readonly final: boolean } | undefined = undefined;
  /** Calls that were started with this one as their options, to be given up with it. */
  inner: Set<Call> | undefined = undefined;
}
