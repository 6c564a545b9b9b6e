// Where an attempt is: 0 and above, the index of the gate it enters or waits for; else one of these.
export const RUNNING = -1;
/** Between the attempt before and this one. */
export const PAUSED = -2;
/** From here on the answer is no longer awaited. */
export const DONE = -3;
/** Given up, or failed or answered already, while the work goes on. */
export const CUT = -4;
/** Its own function has ended, calls that are part of the work go on. */
export const HELD = -5;

/** Counts the changes of state of all breakers. A call keeps the count at which its work began. */
export const changes: { count: number } = { count: 0 };
