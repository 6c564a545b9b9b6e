/** Keeps what was read last on the screen while newer data loads or fails to load. */
import { useRef } from 'react';

export interface Shown<T> {
  data: T | undefined;
  error: Error | null;
  /** Nothing to show yet. */
  loading: boolean;
  /** `data` belongs to an earlier request of the same `subject`. */
  stale: boolean;
}

/**
 * The newest good answer for a subject (what is asked, without the moving part of the time window). An answer for another
 * subject is never shown; a failure leaves the last good answer in place, beside the error.
 */
export function useLastGood<T>(
  result: { data: T | undefined; error: Error | null; isPending: boolean },
  subject: string,
): Shown<T> {
  const kept = useRef<{ subject: string; data: T } | undefined>(undefined);
  if (result.data !== undefined) kept.current = { subject, data: result.data };
  const data = kept.current?.subject === subject ? kept.current.data : undefined;
  return {
    data,
    error: result.error,
    loading: data === undefined && result.isPending,
    stale: result.data === undefined && data !== undefined,
  };
}
