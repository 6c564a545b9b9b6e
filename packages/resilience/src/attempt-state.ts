// Where an attempt is: 0 and above, the index of the gate it enters or waits for; else one of these.
export const RUNNING = -1;
/** Between the attempt before and this one. */
export const PAUSED = -2;
/** Given up, while the work goes on. From here on the answer is no longer awaited. */
export const CUT = -3;
export const DONE = -4;

/** Counts the changes of state of all breakers. A call keeps the count at which its work began. */
export const changes: { count: number } = { count: 0 };
