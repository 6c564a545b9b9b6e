import { diag } from '@opentelemetry/api';

/**
 * `fn` that never throws: what watches a request must not break it. A subscriber of a diagnostics channel that throws
 * would end the process. Failures go to OpenTelemetry's `diag`.
 */
export function guard<A extends unknown[]>(fn: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      fn(...args);
    } catch (error) {
      diag.error('@breakwater/node could not observe a request', error);
    }
  };
}
