/** Slows down guessing: after a few failures an address has to wait, and so has everyone after many. */
export interface LoginLimit {
  /** Seconds this address has to wait before it may try, 0 if none. */
  retryAfterSeconds(address: string): number;
  failed(address: string): void;
  succeeded(address: string): void;
}

const WINDOW_MS = 15 * 60_000;
const MAX_PER_ADDRESS = 5;
const MAX_IN_ALL = 100;
/** Addresses remembered; an attacker with more of them meets the limit of all. */
const MAX_ADDRESSES = 1_000;

interface Failures {
  count: number;
  since: number;
}

/** `now` is in epoch milliseconds. Failures are forgotten 15 minutes after the first of them. */
export function createLoginLimit(now: () => number): LoginLimit {
  const byAddress = new Map<string, Failures>();
  let all: Failures = { count: 0, since: now() };

  const fresh = (failures: Failures | undefined): Failures =>
    failures && now() - failures.since < WINDOW_MS ? failures : { count: 0, since: now() };
  const waitOf = (failures: Failures, most: number): number =>
    failures.count < most ? 0 : Math.max(1, Math.ceil((failures.since + WINDOW_MS - now()) / 1_000));

  return {
    retryAfterSeconds: (address) => {
      all = fresh(all);
      return Math.max(waitOf(fresh(byAddress.get(address)), MAX_PER_ADDRESS), waitOf(all, MAX_IN_ALL));
    },
    failed: (address) => {
      const failures = fresh(byAddress.get(address));
      byAddress.delete(address);
      byAddress.set(address, { ...failures, count: failures.count + 1 });
      if (byAddress.size > MAX_ADDRESSES) byAddress.delete(byAddress.keys().next().value!);
      all = fresh(all);
      all = { ...all, count: all.count + 1 };
    },
    succeeded: (address) => {
      byAddress.delete(address);
      // It was counted as a failure before it was known to be none.
      all = { ...all, count: Math.max(0, all.count - 1) };
    },
  };
}
