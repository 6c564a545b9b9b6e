import type { DropReason, LogRecord, Sink, SinkCounts } from '@breakwater/log';
import { toRecord } from '@breakwater/log';
import { type Attributes, context, ROOT_CONTEXT, type SpanContext } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, type InstrumentationScope, suppressTracing } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';

/** Options of `createOtlpSink`. */
export interface OtlpSinkOptions {
  readonly exporter: LogRecordExporter;
  readonly resource: Resource;
  /** Milliseconds a line waits for others. */
  readonly delayMs: number;
  /** Lines kept while the receiver takes nothing; beyond that the oldest is dropped as `queue-full`. */
  readonly maxQueue: number;
  /** Lines in one request. Default 512. */
  readonly maxBatch?: number;
}

const MAX_RETRY_MS = 30_000;

/**
 * Sends the log's lines through an OpenTelemetry exporter. A line counts as written when the receiver has taken it.
 * A batch the receiver refuses for good (4xx but 408 and 429) is dropped as `rejected`; any other failure keeps the
 * batch and tries again later. `flush` and `close` try once more and then count what is left as `failed`.
 */
export function createOtlpSink(options: OtlpSinkOptions): Sink {
  const { exporter, resource, delayMs, maxQueue, maxBatch = 512 } = options;
  const scopes = new Map<string, InstrumentationScope>();
  const dropped: Partial<Record<DropReason, number>> = {};
  let queue: string[] = [];
  let emitted = 0;
  let written = 0;
  let failures = 0;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<'sent' | 'rejected' | 'failed'> | undefined;

  const drop = (reason: DropReason, count: number): void => {
    if (count > 0) dropped[reason] = (dropped[reason] ?? 0) + count;
  };
  const arm = (): void => {
    if (timer !== undefined || closed || queue.length === 0) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        void send().then(arm);
      },
      Math.min(delayMs * 2 ** Math.min(failures, 10), Math.max(delayMs, MAX_RETRY_MS)),
    );
    timer.unref();
  };
  /** One batch; the one that is under way if there is one. Never rejects. */
  const send = (): Promise<'sent' | 'rejected' | 'failed'> => {
    sending ??= sendBatch().finally(() => {
      sending = undefined;
    });
    return sending;
  };
  const sendBatch = async (): Promise<'sent' | 'rejected' | 'failed'> => {
    const lines = queue.slice(0, maxBatch);
    if (lines.length === 0) return 'sent';
    queue = queue.slice(lines.length);
    const result = await exportRecords(
      exporter,
      lines.map((line) => toReadable(toRecord(line), resource, scopes)),
    );
    if (result.code === ExportResultCode.SUCCESS) {
      failures = 0;
      written += lines.length;
      return 'sent';
    }
    failures++;
    if (isRefusal(result.error)) {
      drop('rejected', lines.length);
      return 'rejected';
    }
    const room = Math.max(0, maxQueue - queue.length);
    drop('queue-full', Math.max(0, lines.length - room));
    queue = [...lines.slice(Math.max(0, lines.length - room)), ...queue];
    return 'failed';
  };
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const target = emitted;
    const settled = (): number => written + Object.values(dropped).reduce((sum, count) => sum + count, 0);
    await sending;
    while (settled() < target) {
      if ((await send()) === 'failed') {
        const left = Math.min(queue.length, target - settled());
        queue = queue.slice(left);
        drop('failed', left);
      }
    }
    arm();
  };

  return {
    name: 'otlp',
    write(line) {
      emitted++;
      if (closed) return drop('closed', 1);
      if (queue.length >= maxQueue) {
        queue.shift();
        drop('queue-full', 1);
      }
      queue.push(line);
      if (queue.length >= maxBatch && sending === undefined && failures === 0) void send().then(arm);
      else arm();
    },
    flush,
    // A network cannot be written to synchronously: what is queued stays pending, and stdout has it.
    flushSync() {},
    async close() {
      if (closed) return;
      closed = true;
      await flush();
    },
    counts: (): SinkCounts => ({
      emitted,
      written,
      pending: emitted - written - Object.values(dropped).reduce((sum, count) => sum + count, 0),
      dropped: { ...dropped },
    }),
  };
}

function exportRecords(exporter: LogRecordExporter, records: ReadableLogRecord[]): Promise<ExportResult> {
  // Outside of the request that happened to fill the batch, and without a span of its own.
  return context.with(
    suppressTracing(ROOT_CONTEXT),
    () =>
      new Promise<ExportResult>((resolve) => {
        try {
          exporter.export(records, resolve);
        } catch (error) {
          resolve({ code: ExportResultCode.FAILED, error: error as Error });
        }
      }),
  );
}

/** Whether the receiver said that it will never take this. The exporter puts the HTTP status into `code`. */
function isRefusal(error: Error | undefined): boolean {
  const status = (error as { code?: unknown } | undefined)?.code;
  return typeof status === 'number' && status >= 400 && status < 500 && status !== 408 && status !== 429;
}

function toReadable(
  record: LogRecord,
  resource: Resource,
  scopes: Map<string, InstrumentationScope>,
): ReadableLogRecord {
  const name = record.scope ?? '@breakwater/log';
  let scope = scopes.get(name);
  if (scope === undefined) {
    scope = { name };
    if (scopes.size < 1_000) scopes.set(name, scope);
  }
  const timeMs = Date.parse(record.timestamp);
  const hrTime: [number, number] = [Math.trunc(timeMs / 1_000), (timeMs % 1_000) * 1_000_000];
  const spanContext: SpanContext | undefined =
    record.traceId === undefined
      ? undefined
      : { traceId: record.traceId, spanId: record.spanId ?? '', traceFlags: record.traceFlags ?? 0 };
  return {
    hrTime,
    hrTimeObserved: hrTime,
    severityText: record.severityText,
    severityNumber: record.severityNumber,
    body: record.body,
    ...(record.eventName === undefined ? {} : { eventName: record.eventName }),
    ...(spanContext === undefined ? {} : { spanContext }),
    resource,
    instrumentationScope: scope,
    attributes: withoutBigInts(record.attributes) as Attributes,
    droppedAttributesCount: 0,
  };
}

/** The exporter's encoder writes a bigint as nothing, so it becomes its decimal text. */
function withoutBigInts(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(withoutBigInts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutBigInts(item)]));
}
