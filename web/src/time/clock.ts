/** The page's "now": it stands still between refreshes so that every panel of a screen shows the same window. */
import { useEffect, useRef } from 'react';
import { usePreferences } from '../app/preferences.ts';
import { createStore, useStore } from '../app/store.ts';
import type { Zone } from './format.ts';

const now = createStore(Date.now());

/** Moves "now" to the present: every relative window is read anew. */
export function refresh(): void {
  now.set(Date.now());
}

export function useNow(): number {
  return useStore(now);
}

/** Refreshes at the chosen interval while the page is visible and nothing is read. Used once, by the shell. */
export function useAutoRefresh(isReading: () => boolean): void {
  const { refreshMs } = usePreferences();
  const latest = useRef(isReading);
  latest.current = isReading;
  useEffect(() => {
    if (refreshMs === 0) return;
    const tick = () => {
      if (document.visibilityState === 'visible' && !latest.current()) refresh();
    };
    const timer = setInterval(tick, refreshMs);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, [refreshMs]);
}

const seconds = createStore(Math.floor(Date.now() / 1_000));
const ticking = { ...seconds, subscribe: watchSeconds };
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Epoch milliseconds that move every second, for "12s ago" texts. One timer for all who use it. */
export function useSecond(): number {
  return useStore(ticking) * 1_000;
}

function watchSeconds(listener: () => void): () => void {
  const unsubscribe = seconds.subscribe(listener);
  watchers += 1;
  timer ??= setInterval(() => seconds.set(Math.floor(Date.now() / 1_000)), 1_000);
  return () => {
    unsubscribe();
    watchers -= 1;
    if (watchers === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

export function useZone(): Zone {
  return usePreferences().zone;
}
