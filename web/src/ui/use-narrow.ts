import { useSyncExternalStore } from 'react';

const query = matchMedia('(max-width: 767px)');

function subscribe(listener: () => void) {
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}

/** True on a window narrower than a tablet: the same limit as Tailwind's `max-md`. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => query.matches);
}
