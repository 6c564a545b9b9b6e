import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Sink } from '@breakwater/log';
import { otlpSink } from '@breakwater/log/otlp';
import { context, logs, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Resource } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Config } from './config/settings.ts';

/** The OpenTelemetry SDK of this process. */
export interface Telemetry {
  /** Sends what was collected so far. Rejects when a signal could not be sent. */
  flush(): Promise<void>;
  /** Sends what was collected and ends. Rejects when a signal could not be sent. */
  shutdown(): Promise<void>;
  /** Empties the globals of `@opentelemetry/api`. */
  release(): void;
}

/** Attributes of the process, by their OpenTelemetry names: those of the configuration win. */
export function resourceAttributes(config: Config): Record<string, string | number> {
  return {
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
    ...config.resource,
    'service.name': config.service,
    ...(config.version === undefined ? {} : { 'service.version': config.version }),
    ...(config.environment === undefined ? {} : { 'deployment.environment.name': config.environment }),
  };
}

interface ExporterOptions {
  url: string;
  headers: Record<string, string>;
  timeoutMillis: number;
}

function exporterOptions(config: Config, signal: string): ExporterOptions {
  return {
    url: `${config.otlpEndpoint.replace(/\/+$/, '')}/v1/${signal}`,
    headers: { ...config.otlpHeaders },
    // An export that still retries holds the event loop, and with it the end of the process.
    timeoutMillis: Math.min(10_000, config.shutdownTimeoutMs),
  };
}

/** The log's own way to the endpoint: it counts what it loses and is emptied when the process ends. */
export function createLogSink(config: Config): Sink {
  const { url, headers, timeoutMillis } = exporterOptions(config, 'logs');
  return otlpSink({
    url,
    headers,
    flushMs: config.batchDelayMs,
    timeoutMs: timeoutMillis,
    flushTimeoutMs: timeoutMillis,
    exitTimeoutMs: Math.min(3_000, config.shutdownTimeoutMs),
  });
}

/** Makes the SDK and puts it into the globals of `@opentelemetry/api`, where libraries look for it. */
export function startTelemetry(config: Config, resource: Resource): Telemetry {
  const batch = { scheduledDelayMillis: config.batchDelayMs, maxQueueSize: config.maxQueue };
  const tracerProvider = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.traceRatio) }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter(exporterOptions(config, 'traces')), ...batch }),
    ],
  });
  const loggerProvider = new LoggerProvider({
    resource,
    processors: [
      new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(exporterOptions(config, 'logs')), ...batch }),
    ],
  });
  const meterProvider = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(exporterOptions(config, 'metrics')),
        exportIntervalMillis: config.metricIntervalMs,
        exportTimeoutMillis: Math.min(config.metricIntervalMs, 30_000),
      }),
    ],
  });
  const contextManager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(contextManager);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(tracerProvider);
  logs.setGlobalLoggerProvider(loggerProvider);
  metrics.setGlobalMeterProvider(meterProvider);
  return {
    async flush() {
      await Promise.all([tracerProvider.forceFlush(), loggerProvider.forceFlush(), meterProvider.forceFlush()]);
    },
    async shutdown() {
      const results = await Promise.allSettled([
        tracerProvider.shutdown(),
        loggerProvider.shutdown(),
        meterProvider.shutdown(),
      ]);
      const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      if (failed.length > 0) throw new AggregateError(failed, 'OpenTelemetry could not send everything');
    },
    release() {
      for (const api of [trace, logs, metrics, propagation, context]) api.disable();
    },
  };
}
