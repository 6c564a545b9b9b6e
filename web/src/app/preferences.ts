/** What belongs to the person at this browser and not to the link: theme, time zone, refresh, folded panels. */
import type { Zone } from '../time/format.ts';
import { createStore, useStore } from './store.ts';

export interface Preferences {
  theme: 'system' | 'light' | 'dark';
  zone: Zone;
  /** How often screens with a relative range read anew; 0 = only by hand. */
  refreshMs: number;
  navCollapsed: boolean;
  facetsHidden: boolean;
}

export const REFRESH_CHOICES_MS = [0, 5_000, 10_000, 30_000, 60_000] as const;

const KEY = 'breakwater.preferences';
const DEFAULTS: Preferences = {
  theme: 'system',
  zone: 'local',
  refreshMs: 10_000,
  navCollapsed: false,
  facetsHidden: false,
};

function load(): Preferences {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof stored === 'object' && stored !== null ? sanitize(stored as Record<string, unknown>) : DEFAULTS;
  } catch (error) {
    console.warn('The stored preferences cannot be read; using the defaults.', error);
    return DEFAULTS;
  }
}

function sanitize(stored: Record<string, unknown>): Preferences {
  const { theme, zone, refreshMs, navCollapsed, facetsHidden } = stored;
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    zone: zone === 'utc' ? 'utc' : 'local',
    refreshMs: REFRESH_CHOICES_MS.find((choice) => choice === refreshMs) ?? DEFAULTS.refreshMs,
    navCollapsed: navCollapsed === true,
    facetsHidden: facetsHidden === true,
  };
}

const store = createStore(load());

export function usePreferences(): Preferences {
  return useStore(store);
}

export function setPreferences(change: Partial<Preferences>): void {
  const next = { ...store.get(), ...change };
  store.set(next);
  applyTheme(next.theme);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch (error) {
    console.warn('The preferences hold for this page only: the browser does not store them.', error);
  }
}

function applyTheme(theme: Preferences['theme']) {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}
