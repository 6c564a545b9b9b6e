import { readFileSync } from 'node:fs';
import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base';
import { createOtlpHttpExportDelegate, httpAgentFactoryFromOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import {
  type IExporterMetricsHelper,
  type ISerializer,
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  LogsExporterMetricsHelper,
  MetricsExporterMetricsHelper,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from '@opentelemetry/otlp-transformer';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { ExportTarget } from './config/otlp-settings.ts';
import type { Config } from './config/settings.ts';

// The ready-made exporters read the environment again, past what options say; these are the parts they are made of.

export function spanExporter(target: ExportTarget, maxMs: number): SpanExporter {
  const serializer = target.json ? JsonTraceSerializer : ProtobufTraceSerializer;
  return new OTLPExporterBase(
    delegate(target, maxMs, serializer, 'otlp_http_span_exporter', TraceExporterMetricsHelper),
  );
}

export function recordExporter(target: ExportTarget, maxMs: number): LogRecordExporter {
  const serializer = target.json ? JsonLogsSerializer : ProtobufLogsSerializer;
  return new OTLPExporterBase(delegate(target, maxMs, serializer, 'otlp_http_log_exporter', LogsExporterMetricsHelper));
}

export function metricExporter(
  target: ExportTarget,
  maxMs: number,
  { metricTemporality, metricHistogram }: Pick<Config, 'metricTemporality' | 'metricHistogram'>,
): PushMetricExporter {
  const serializer = target.json ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  const base = new OTLPExporterBase<ResourceMetrics>(
    delegate(target, maxMs, serializer, 'otlp_http_metric_exporter', MetricsExporterMetricsHelper),
  );
  const deltas = DELTAS[metricTemporality];
  return {
    export: (metrics, done) => base.export(metrics, done),
    forceFlush: () => base.forceFlush(),
    shutdown: () => base.shutdown(),
    selectAggregationTemporality: (type) =>
      deltas.has(type) ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
    selectAggregation: (type) => ({
      type:
        type === InstrumentType.HISTOGRAM && metricHistogram === 'base2_exponential_bucket_histogram'
          ? AggregationType.EXPONENTIAL_HISTOGRAM
          : AggregationType.DEFAULT,
    }),
  };
}

/** What is reported as change since the last report, as the specification of the OTLP metric exporter has it. */
const DELTAS: Readonly<Record<Config['metricTemporality'], ReadonlySet<InstrumentType>>> = {
  cumulative: new Set(),
  delta: new Set([InstrumentType.COUNTER, InstrumentType.OBSERVABLE_COUNTER, InstrumentType.HISTOGRAM]),
  lowmemory: new Set([InstrumentType.COUNTER, InstrumentType.HISTOGRAM]),
};

/** PEM texts for a connection. Throws when a file that was there a moment ago cannot be read. */
export function tlsOf({ certificate, clientCertificate, clientKey }: ExportTarget): {
  ca?: string;
  cert?: string;
  key?: string;
} {
  return {
    ...(certificate === undefined ? {} : { ca: readFileSync(certificate, 'utf8') }),
    ...(clientCertificate === undefined ? {} : { cert: readFileSync(clientCertificate, 'utf8') }),
    ...(clientKey === undefined ? {} : { key: readFileSync(clientKey, 'utf8') }),
  };
}

/** An export that still retries holds the event loop, and with it the end of the process: `maxMs` at most. */
export function timeoutOf({ timeoutMs }: ExportTarget, maxMs: number): number {
  return timeoutMs === 0 ? maxMs : Math.min(timeoutMs, maxMs);
}

function delegate<T, R>(
  target: ExportTarget,
  maxMs: number,
  serializer: ISerializer<T, R>,
  component: string,
  helper: IExporterMetricsHelper<T>,
): ReturnType<typeof createOtlpHttpExportDelegate<T, R>> {
  const { url, headers, json, compression } = target;
  const contentType = json ? 'application/json' : 'application/x-protobuf';
  return createOtlpHttpExportDelegate(
    {
      url,
      headers: async () => ({ ...headers, 'Content-Type': contentType }),
      timeoutMillis: timeoutOf(target, maxMs),
      concurrencyLimit: 30,
      compression,
      agentFactory: httpAgentFactoryFromOptions({ keepAlive: true, ...tlsOf(target) }),
    },
    serializer,
    component,
    helper,
    undefined,
  );
}
