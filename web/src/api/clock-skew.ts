/** How far this browser's clock is from the server's: relative times and ranges are reckoned by the browser's. */
import { createStore, useStore } from '../app/store.ts';

/** Below this a difference changes nothing that a person would notice. */
const TOLD_FROM_MS = 30_000;
/** The Date header has whole seconds. */
const DATE_STEP_MS = 1_000;

const skew = createStore(0);

/** Takes the Date header of an answer that was asked for and received at these times of the browser's clock. */
export function noteServerDate(date: string | null, askedAtMs: number, receivedAtMs: number): void {
  const serverMs = Date.parse(date ?? '');
  if (Number.isFinite(serverMs)) skew.set(skewOf(serverMs, askedAtMs, receivedAtMs));
}

/**
 * Milliseconds the browser is ahead (behind: negative), rounded to seconds; 0 where the difference may come from the time
 * the answer took, or is too small to matter.
 */
export function skewOf(serverMs: number, askedAtMs: number, receivedAtMs: number): number {
  const least = askedAtMs - (serverMs + DATE_STEP_MS);
  const most = receivedAtMs - serverMs;
  // The server's time lay somewhere between asking and receiving.
  const certain = least > 0 ? least : most < 0 ? most : 0;
  return Math.abs(certain) < TOLD_FROM_MS ? 0 : Math.round(certain / 1_000) * 1_000;
}

export function useClockSkew(): number {
  return useStore(skew);
}
