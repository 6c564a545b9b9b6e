import type { TelemetrySink } from '../ingest/telemetry-sink.ts';
import type { ErrorEvent, LogRecord, MetricPoint, SpanRecord } from '../telemetry/records.ts';
import type { LiveStream } from './live-stream.ts';

/** What the pipeline needs of the store. */
export interface TelemetryWriter {
  insertLogs(records: readonly LogRecord[]): Promise<void>;
  insertSpans(records: readonly SpanRecord[]): Promise<void>;
  insertMetricPoints(records: readonly MetricPoint[]): Promise<void>;
  insertErrorEvents(records: readonly ErrorEvent[]): Promise<void>;
  hasRoom(): boolean;
}

export interface PipelineOptions {
  store: TelemetryWriter;
  /** The errors in a batch, by signal. Called before anything is written; what they throw refuses the batch. */
  toErrorEvents: {
    logs: (records: readonly LogRecord[]) => readonly ErrorEvent[];
    spans: (records: readonly SpanRecord[]) => readonly ErrorEvent[];
  };
  /** Told of log records once they are durable, before the batch is acknowledged. */
  onStored: Pick<LiveStream, 'publishLogs'>;
}

/** The store holds as many unwritten rows as it may. Nothing of the batch was kept; try again after `retryAfterSeconds`. */
export class PipelineOverloadedError extends Error {
  override readonly name = 'PipelineOverloadedError';
  readonly code = 'PIPELINE_OVERLOADED';
  readonly retryAfterSeconds = 1;
  constructor() {
    super('the store cannot take more records at the moment');
  }
}

/**
 * The way of a batch from ingest to the store: extract error events, write records and error events, publish log
 * records to the live stream, resolve.
 *
 * A rejected promise means that not everything was written; some of it may have been, so a batch that is sent again
 * can be stored twice. Empty batches resolve without touching the store.
 */
export function createPipeline(options: PipelineOptions): TelemetrySink {
  const { store, toErrorEvents, onStored } = options;

  async function write(writeRecords: () => Promise<void>, errorEvents: readonly ErrorEvent[]): Promise<void> {
    const writes = [writeRecords()];
    if (errorEvents.length > 0) writes.push(store.insertErrorEvents(errorEvents));
    // Both must have ended before the client may send the batch again, whichever fails first.
    for (const result of await Promise.allSettled(writes)) {
      if (result.status === 'rejected') throw result.reason;
    }
  }

  function requireRoom(): void {
    if (!store.hasRoom()) throw new PipelineOverloadedError();
  }

  return {
    hasRoom: () => store.hasRoom(),

    async acceptLogs(records) {
      if (records.length === 0) return;
      requireRoom();
      await write(() => store.insertLogs(records), toErrorEvents.logs(records));
      onStored.publishLogs(records);
    },

    async acceptSpans(records) {
      if (records.length === 0) return;
      requireRoom();
      await write(() => store.insertSpans(records), toErrorEvents.spans(records));
    },

    async acceptMetricPoints(records) {
      if (records.length === 0) return;
      requireRoom();
      await store.insertMetricPoints(records);
    },
  };
}
