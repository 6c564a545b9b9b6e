// Where an attempt is: 0 and above, the index of the gate it enters or waits for; else one of these.
export const RUNNING = -1;
/** Between the attempt before and this one. */
export const PAUSED = -2;
/** Given up for good, while its work is awaited. */
export const CANCELLING = -3;
/** Given up, but others may follow, while its work is awaited. */
export const CUTTING = -4;
/** Given up, while the work goes on. From here on the answer is no longer awaited. */
export const CUT = -5;
export const DONE = -6;

/** Counts the changes of state of all breakers. A call keeps the count at which its work began. */
export const changes: { count: number } = { count: 0 };
