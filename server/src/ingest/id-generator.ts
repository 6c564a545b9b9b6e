const SEQUENCE_BITS = 22n;

/**
 * A source of record ids: unique in this process and strictly increasing, whatever the clock does.
 *
 * An id is the time in milliseconds shifted left by 22 bits plus a sequence number, so ids of different runs do not
 * meet unless the clock was set back across a restart. Fits a signed 64-bit integer until the year 2039 and an unsigned
 * one until 2109. `now` is in epoch milliseconds.
 */
export function createIdGenerator(now: () => number = Date.now): () => bigint {
  let lastMs = 0;
  let last = 0n;
  return () => {
    const ms = now();
    if (ms > lastMs) {
      lastMs = ms;
      const first = BigInt(Math.floor(ms)) << SEQUENCE_BITS;
      last = first > last ? first : last + 1n;
    } else {
      last += 1n;
    }
    return last;
  };
}
