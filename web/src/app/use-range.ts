import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useRef } from 'react';
import { useNow } from '../time/clock.ts';
import { parseRange, printRange, type TimeRange, type TimeWindow, toWindow } from '../time/range.ts';

export interface RangeState {
  range: TimeRange;
  window: TimeWindow;
  /** The range as it stands in the URL: the part of a request's subject that does not move with the clock. */
  text: string;
  setRange: (range: TimeRange) => void;
}

/** The time range of the URL. While `frozen`, "now" stays where it was, so that rows do not move under the reader. */
export function useRange(frozen = false): RangeState {
  const search: { range?: string } = useSearch({ strict: false });
  const navigate = useNavigate();
  const now = useNow();
  const heldNow = useRef(now);
  const text = search.range ?? '';
  const heldText = useRef(text);
  // A new range is a new question: it is answered as of now even where the old rows were held.
  if (!frozen || heldText.current !== text) heldNow.current = now;
  heldText.current = text;
  const shownNow = heldNow.current;
  const range = useMemo(() => parseRange(text), [text]);
  const window = useMemo(() => toWindow(range, shownNow), [range, shownNow]);
  const setRange = useCallback(
    (next: TimeRange) => {
      navigate({ to: '.', search: (before: object) => ({ ...before, range: printRange(next) }) } as Parameters<
        typeof navigate
      >[0]).catch(reportNavigation);
    },
    [navigate],
  );
  return { range, window, text: printRange(range), setRange };
}

/** A navigation fails only where the code of a screen cannot be loaded. */
export function reportNavigation(error: unknown): void {
  console.error('The page could not move there.', error);
}
