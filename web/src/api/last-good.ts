/** Keeps what was read last on the screen while newer data loads or fails to load. */
import { useRef } from 'react';
import { ApiError } from './client.ts';

export interface Shown<T> {
  data: T | undefined;
  error: Error | null;
  /** Nothing to show yet. */
  loading: boolean;
  /** `data` is not the answer to what is asked now: to an earlier request, or to the query before a faulty one. */
  stale: boolean;
}

/** The server could not read the query: the query box shows the fault. */
export function isQueryFault(error: Error | null): error is ApiError {
  return error instanceof ApiError && error.problem.position !== undefined;
}

/**
 * The newest good answer for a subject (what is asked, without the moving part of the time window). A failure leaves the
 * last good answer in place, beside the error. An answer for another subject is shown only while the query has a fault:
 * somebody who mistypes keeps what they were looking at.
 */
export function useLastGood<T>(
  result: { data: T | undefined; error: Error | null; isPending: boolean },
  subject: string,
): Shown<T> {
  const kept = useRef<{ subject: string; data: T } | undefined>(undefined);
  if (result.data !== undefined) kept.current = { subject, data: result.data };
  const fits = kept.current?.subject === subject || isQueryFault(result.error);
  const data = fits ? kept.current?.data : undefined;
  return {
    data,
    error: result.error,
    loading: data === undefined && result.isPending,
    stale: result.data === undefined && data !== undefined,
  };
}
