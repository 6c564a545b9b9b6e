import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Sink } from '@breakwater/log';
import { otlpSink } from '@breakwater/log/otlp';
import { context, logs, metrics, propagation, type TextMapPropagator, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, ConsoleLogRecordExporter, LoggerProvider } from '@opentelemetry/sdk-logs';
import { ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { type ExporterName, exportTarget } from './config/otlp-settings.ts';
import type { Config } from './config/settings.ts';
import { metricExporter, recordExporter, spanExporter, timeoutOf, tlsOf } from './exporters.ts';

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

/** The log's own way to the endpoint: it counts what it loses and is emptied when the process ends. */
export function createLogSink(config: Config): Sink {
  const target = exportTarget(config, 'logs');
  const timeoutMs = timeoutOf(target, config.shutdownTimeoutMs);
  return otlpSink({
    url: target.url,
    headers: target.headers,
    encoding: target.json ? 'json' : 'protobuf',
    compression: target.compression,
    tls: tlsOf(target),
    batchSize: config.recordBatch ?? BATCH,
    flushMs: Math.max(1, config.recordDelayMs ?? config.batchDelayMs),
    timeoutMs,
    flushTimeoutMs: timeoutMs,
    exitTimeoutMs: Math.min(3_000, config.shutdownTimeoutMs),
  });
}

const BATCH = 512;

interface Batching {
  readonly scheduledDelayMillis: number;
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly exportTimeoutMillis: number;
}

function batching(config: Config, what: 'span' | 'record'): Batching {
  const maxQueueSize = config[`${what}Queue`] ?? config.maxQueue;
  return {
    scheduledDelayMillis: Math.max(1, config[`${what}DelayMs`] ?? config.batchDelayMs),
    maxQueueSize,
    maxExportBatchSize: config[`${what}Batch`] ?? Math.min(BATCH, maxQueueSize),
    exportTimeoutMillis: config[`${what}TimeoutMs`] || FOREVER_MS,
  };
}

/** OpenTelemetry's 0 is "no limit"; a timer counts so far. */
const FOREVER_MS = 2 ** 31 - 1;

function samplerOf({ tracesSampler, traceRatio }: Config): Sampler {
  const root = tracesSampler.endsWith('always_on')
    ? new AlwaysOnSampler()
    : tracesSampler.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(traceRatio);
  return tracesSampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

function propagatorOf({ propagators }: Config): TextMapPropagator {
  const made = propagators.flatMap((name) =>
    name === 'none' ? [] : [name === 'baggage' ? new W3CBaggagePropagator() : new W3CTraceContextPropagator()],
  );
  return new CompositePropagator({ propagators: made });
}

/** Makes the SDK and puts it into the globals of `@opentelemetry/api`, where libraries look for it. */
export function startTelemetry(config: Config, resource: Resource): Telemetry {
  const maxMs = config.shutdownTimeoutMs;
  const spans = {
    otlp: () => spanExporter(exportTarget(config, 'traces'), maxMs),
    console: () => new ConsoleSpanExporter(),
  };
  const records = {
    otlp: () => recordExporter(exportTarget(config, 'logs'), maxMs),
    console: () => new ConsoleLogRecordExporter(),
  };
  const figures = {
    otlp: () => metricExporter(exportTarget(config, 'metrics'), maxMs, config.metricTemporality),
    console: () => new ConsoleMetricExporter(),
  };
  const tracerProvider = new TracerProvider({
    resource,
    sampler: samplerOf(config),
    spanProcessors: chosen(config.tracesExporter, spans).map(
      (exporter) => new BatchSpanProcessor({ exporter, ...batching(config, 'span') }),
    ),
  });
  const loggerProvider = new LoggerProvider({
    resource,
    processors: chosen(config.logsExporter, records).map(
      (exporter) => new BatchLogRecordProcessor({ exporter, ...batching(config, 'record') }),
    ),
  });
  const meterProvider = new MeterProvider({
    resource,
    readers: chosen(config.metricsExporter, figures).map(
      (exporter) =>
        new PeriodicExportingMetricReader({
          exporter,
          exportIntervalMillis: config.metricIntervalMs,
          exportTimeoutMillis: Math.min(config.metricIntervalMs, config.metricTimeoutMs || FOREVER_MS),
        }),
    ),
  });
  const contextManager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(contextManager);
  propagation.setGlobalPropagator(propagatorOf(config));
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

function chosen<T>(names: readonly ExporterName[], makers: { readonly otlp: () => T; readonly console: () => T }): T[] {
  return names.flatMap((name) => (name === 'none' ? [] : [makers[name]()]));
}
