import type { DecodeContext } from './decode-context.ts';
import { decodeLogsJson } from './json-logs.ts';
import { decodeMetricsJson } from './json-metrics.ts';
import { decodeTracesJson } from './json-traces.ts';
import { decodeLogsProtobuf } from './protobuf-logs.ts';
import { decodeMetricsProtobuf } from './protobuf-metrics.ts';
import { decodeTracesProtobuf } from './protobuf-traces.ts';
import { keepRecent } from './recent-records.ts';
import type { TelemetrySink } from './telemetry-sink.ts';
import type { RejectedField, WireFormat } from './wire-format.ts';

/** Decoded records on their way to the sink. */
export interface Delivery {
  count: number;
  deliver(sink: TelemetrySink): Promise<void>;
}

/** One of the three kinds of telemetry: where it comes in, how it is read, where it goes. */
export interface Signal {
  path: string;
  counter: 'logs' | 'spans' | 'metricPoints';
  rejectedField: RejectedField;
  /** Throws a DecodeError or DecodeLimitError. */
  decode(format: WireFormat, body: Buffer, context: DecodeContext): Delivery;
}

export const SIGNALS: readonly Signal[] = [
  {
    path: '/v1/logs',
    counter: 'logs',
    rejectedField: 'rejectedLogRecords',
    decode(format, body, context) {
      const decoded = format === 'json' ? decodeLogsJson(body, context) : decodeLogsProtobuf(body, context);
      const records = keepRecent(decoded, (log) => log.timeUnixNano, 'log records', context);
      return { count: records.length, deliver: (sink) => sink.acceptLogs(records) };
    },
  },
  {
    path: '/v1/traces',
    counter: 'spans',
    rejectedField: 'rejectedSpans',
    decode(format, body, context) {
      const decoded = format === 'json' ? decodeTracesJson(body, context) : decodeTracesProtobuf(body, context);
      const spans = keepRecent(decoded, (span) => span.startTimeUnixNano, 'spans', context);
      return { count: spans.length, deliver: (sink) => sink.acceptSpans(spans) };
    },
  },
  {
    path: '/v1/metrics',
    counter: 'metricPoints',
    rejectedField: 'rejectedDataPoints',
    decode(format, body, context) {
      const decoded = format === 'json' ? decodeMetricsJson(body, context) : decodeMetricsProtobuf(body, context);
      const points = keepRecent(decoded, (point) => point.timeUnixNano, 'metric points', context);
      return { count: points.length, deliver: (sink) => sink.acceptMetricPoints(points) };
    },
  },
];

/** What to tell a client that asks for a path that is none of the signals'. */
export function wrongPathReason(path: string): string {
  if (path.startsWith('/opentelemetry.proto.collector.')) {
    return `${path} is an OTLP/gRPC method; this port takes OTLP/HTTP: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`;
  }
  const known = SIGNALS.map((signal) => signal.path).join(', ');
  if (path === '/') {
    return `the path is missing: send to ${known}, or set OTEL_EXPORTER_OTLP_ENDPOINT, to which exporters add it`;
  }
  const meant = SIGNALS.find(
    (signal) => path.endsWith(signal.path) || signal.path === path.replace(/\/+$/, '') || signal.path === `${path}s`,
  );
  if (meant !== undefined) return `there is no path ${path}: did you mean ${meant.path}?`;
  return `there is no path ${path}: send to ${known}`;
}
