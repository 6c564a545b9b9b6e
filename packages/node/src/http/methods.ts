const KNOWN = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']);

/** The method as an attribute of few values: `_OTHER` for one nobody knows (semantic conventions for HTTP). */
export function methodAttribute(method: string | undefined): string {
  return method !== undefined && KNOWN.has(method) ? method : '_OTHER';
}

/** Bucket limits the semantic conventions advise for request durations, in seconds. */
export const DURATION_BUCKETS: number[] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
