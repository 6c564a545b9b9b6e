/** After how long a notification that could not be delivered is given up, counted from when it was written. */
export const GIVE_UP_AFTER_MS = 14_400_000;

const FIRST_DELAY_MS = 2_000;
const MAX_DELAY_MS = 300_000;
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * The wait before the next attempt, after `attempts` failed ones: 2 s, 4 s, 8 s … at most 5 minutes, of which a random
 * half is taken off at most, so that receivers are not met by all servers at once. A longer `Retry-After` is honoured up
 * to an hour. `random` gives numbers in [0, 1).
 */
export function retryDelayMs(attempts: number, retryAfterMs: number | null, random: () => number): number {
  const backoff = Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempts - 1, 20), MAX_DELAY_MS);
  const jittered = Math.round(backoff * (1 - random() / 2));
  return Math.max(jittered, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}

/** The `Retry-After` header (RFC 9110, 10.2.3), seconds or a date, in milliseconds from `now`; null where it says nothing. */
export function toRetryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d{1,10}$/.test(header.trim())) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
