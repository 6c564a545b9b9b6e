import type { LogRecord, MetricPoint, SpanRecord } from '../telemetry/records.ts';

/** Where ingest hands decoded records over. The request is acknowledged when the promise resolves. */
export interface TelemetrySink {
  /**
   * Resolve when the records are durable. Reject when they are not: the client is told to send the batch again, so a
   * rejected batch may arrive twice. An error with a number `retryAfterSeconds` says when to try again.
   */
  acceptLogs(records: readonly LogRecord[]): Promise<void>;
  acceptSpans(records: readonly SpanRecord[]): Promise<void>;
  acceptMetricPoints(records: readonly MetricPoint[]): Promise<void>;
  /** False while a batch would be refused: ingest then answers 503 without reading the request. Default: always room. */
  hasRoom?(): boolean;
}
