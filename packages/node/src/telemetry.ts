import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Sink } from '@breakwater/log';
import { otlpSink } from '@breakwater/log/otlp';
import { context, logs, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, ConsoleLogRecordExporter, LoggerProvider } from '@opentelemetry/sdk-logs';
import { ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, ConsoleSpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { type ExporterName, exportTarget } from './config/otlp-settings.ts';
import type { Config } from './config/settings.ts';
import { metricExporter, recordExporter, spanExporter, timeoutOf, tlsOf } from './exporters.ts';
import { BATCH, batching, FOREVER_MS, propagatorOf, recordLimits, samplerOf, spanLimits } from './sdk-options.ts';
import { ServiceStateError } from './service-state-error.ts';

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

/**
 * Makes the SDK and puts it into the globals of `@opentelemetry/api`, where libraries look for it. Throws
 * `ServiceStateError` when another SDK is there already; then nothing was started.
 */
export function startTelemetry(config: Config, resource: Resource): Telemetry {
  const maxMs = config.shutdownTimeoutMs;
  const failures = new Set<(error: unknown) => void>();
  const tell = (error: unknown): void => {
    for (const onFailure of failures) onFailure(error);
  };
  const spans = {
    otlp: () => spanExporter(exportTarget(config, 'traces'), maxMs),
    console: () => new ConsoleSpanExporter(),
  };
  const records = {
    otlp: () => telling(recordExporter(exportTarget(config, 'logs'), maxMs), tell),
    console: () => new ConsoleLogRecordExporter(),
  };
  const figures = {
    otlp: () => telling(metricExporter(exportTarget(config, 'metrics'), maxMs, config), tell),
    console: () => new ConsoleMetricExporter(),
  };
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
  const tracerProvider = new TracerProvider({
    resource,
    sampler: samplerOf(config),
    spanLimits: spanLimits(config),
    spanProcessors: chosen(config.tracesExporter, spans).map(
      (exporter) =>
        new BatchSpanProcessor({ exporter, ...batching(config, 'span'), selfObsMeterProvider: meterProvider }),
    ),
  });
  const loggerProvider = new LoggerProvider({
    resource,
    logRecordLimits: recordLimits(config),
    processors: chosen(config.logsExporter, records).map(
      (exporter) =>
        new BatchLogRecordProcessor({ exporter, ...batching(config, 'record'), selfObsMeterProvider: meterProvider }),
    ),
  });
  const providers = [tracerProvider, loggerProvider, meterProvider];
  const contextManager = new AsyncLocalStorageContextManager().enable();
  const globals = [
    { api: context, isSet: context.setGlobalContextManager(contextManager) },
    { api: propagation, isSet: propagation.setGlobalPropagator(propagatorOf(config)) },
    { api: trace, isSet: trace.setGlobalTracerProvider(tracerProvider) },
    { api: logs, isSet: logs.setGlobalLoggerProvider(loggerProvider) },
    { api: metrics, isSet: metrics.setGlobalMeterProvider(meterProvider) },
  ];
  const release = (): void => {
    for (const { api, isSet } of globals) if (isSet) api.disable();
  };
  if (globals.some(({ isSet }) => !isSet)) {
    release();
    // Nothing was given to them yet, so nothing can be lost with them.
    for (const provider of providers)
      provider.shutdown().catch((error: unknown) => {
        process.emitWarning('An OpenTelemetry provider that was not used did not end well', {
          type: 'BreakwaterWarning',
          code: 'BREAKWATER_NODE',
          detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      });
    throw new ServiceStateError(
      'ERR_BREAKWATER_STARTED',
      'Another OpenTelemetry SDK is registered in this process; leave it out, or set `telemetry` to false',
    );
  }
  /** Each to its end, whatever becomes of the others. Readers and record processors keep failures to themselves. */
  const sendAll = async (work: () => Promise<unknown>[]): Promise<void> => {
    const failed: unknown[] = [];
    const onFailure = (error: unknown): void => {
      failed.push(error);
    };
    failures.add(onFailure);
    const results = await Promise.allSettled(work());
    failures.delete(onFailure);
    for (const result of results) if (result.status === 'rejected') failed.push(...[result.reason].flat());
    if (failed.length > 0) throw new AggregateError(failed, 'OpenTelemetry could not send everything');
  };
  return {
    flush: () => sendAll(() => providers.map((provider) => provider.forceFlush())),
    shutdown: () => sendAll(() => providers.map((provider) => provider.shutdown())),
    release,
  };
}

/** The same exporter, which says when an export fails. */
function telling<Items, E extends { export(items: Items, done: (result: ExportResult) => void): void }>(
  exporter: E,
  onFailure: (error: unknown) => void,
): E {
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) =>
    send(items, (result) => {
      if (result.code !== ExportResultCode.SUCCESS) onFailure(result.error);
      done(result);
    });
  return exporter;
}

function chosen<T>(names: readonly ExporterName[], makers: { readonly otlp: () => T; readonly console: () => T }): T[] {
  return names.flatMap((name) => (name === 'none' ? [] : [makers[name]()]));
}
