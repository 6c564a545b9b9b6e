import type { LogRecord, MetricPoint, SpanRecord } from '../../telemetry/records.ts';
import type { TelemetrySink } from '../telemetry-sink.ts';

export interface RecordingSink extends TelemetrySink {
  readonly logs: LogRecord[];
  readonly spans: SpanRecord[];
  readonly points: MetricPoint[];
}

/** A sink that keeps what it is given. */
export function createRecordingSink(): RecordingSink {
  const logs: LogRecord[] = [];
  const spans: SpanRecord[] = [];
  const points: MetricPoint[] = [];
  return {
    logs,
    spans,
    points,
    acceptLogs: async (records) => void logs.push(...records),
    acceptSpans: async (records) => void spans.push(...records),
    acceptMetricPoints: async (records) => void points.push(...records),
  };
}
