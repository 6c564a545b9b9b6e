import type { Server } from 'node:http';
import { OptionError } from '@breakwater/errors';
import {
  createHealth,
  createShutdown as createServerShutdown,
  type Health,
  type HealthOptions,
} from '@breakwater/http';
import {
  createLogger,
  flushLast,
  type Logger,
  type LoggerOptions,
  type Sink,
  type SinkCounts,
  stdoutSink,
} from '@breakwater/log';
import { INVALID_SPANID, trace } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { exportTarget, SIGNALS } from './config/otlp-settings.ts';
import { type Config, HOOK_SHARE } from './config/settings.ts';
import { observeClients } from './http/client.ts';
import { observeServers } from './http/server.ts';
import { observeLog } from './log-metrics.ts';
import { watchProcessEnd } from './process-end.ts';
import { observeRuntime } from './runtime-metrics.ts';
import { reportSdkMessages } from './sdk-messages.ts';
import {
  createShutdown,
  runStep,
  type ShutdownHook,
  type ShutdownPhase,
  type ShutdownReport,
  type ShutdownStep,
} from './shutdown.ts';
import { createLogSink, resourceAttributes, startTelemetry, type Telemetry } from './telemetry.ts';
import { connectWatched, logWatched, type Watched } from './watch.ts';

/** A service that is wired. */
export interface Service {
  readonly config: Config;
  /** Writes to stdout and to the OTLP endpoint, with the ids of the active span and the correlation id. */
  readonly log: Logger;
  /**
   * Reports a policy: its events as metric, as events of the active span and as log lines of module `resilience`. Or the guard
   * of `guardPgPool` or `guardRedis` (`pool.guard`): the metrics of its connections, its breaker, and a line when it turns
   * read-only or a connection breaks. Returns the way to end it, which shutting down does too. Throws `OptionError` for what
   * is neither.
   */
  watch(watched: Watched): () => void;
  /**
   * Health for `/livez`, `/readyz` and `/startupz`: its `guard` goes first among those of the edge. It is drained when
   * the service begins to shut down. Throws `OptionError` for wrong options.
   */
  createHealth(options?: HealthOptions): Health;
  /**
   * Has `server` end without failing a request, in phase `intake`: it serves on for `drainMs`, then takes no new
   * connections and finishes what is under way. Every health of the service counts as started once it listens.
   * Throws as `onShutdown` does.
   */
  serve(server: Server): void;
  /**
   * Has `hook` run when the service shuts down. Phases run in turn (`intake`, `work`, `resources`), hooks of one
   * phase together. Returns the way to take it off. Throws `OptionError` for a wrong phase, name or hook, and
   * `ServiceStateError` when the service shuts down and the phase was begun.
   */
  onShutdown(phase: ShutdownPhase, name: string, hook: ShutdownHook): () => void;
  /** Sends everything that is queued now. Rejects with an `AggregateError` of all that could not be sent. */
  flush(): Promise<void>;
  /**
   * Ends the service in its documented order within `shutdownTimeoutMs`. Never rejects; each call gets the report of
   * the one run there is.
   */
  shutdown(): Promise<ShutdownReport>;
  /** What the service is doing: `running` until `shutdown` begins. */
  readonly state: 'running' | 'stopping' | 'stopped';
}

/** What `start` passes on to the log. */
export type LogOptions = Pick<LoggerOptions, 'redact' | 'sampler' | 'baggage' | 'flushLevel'>;

/** Wires everything. `extraSinks` are those of the caller; `onStopped` is called once, at the end. */
export function wire(
  config: Config,
  logOptions: LogOptions,
  extraSinks: readonly Sink[],
  onStopped: () => void,
): Service {
  const attributes = resourceAttributes(config);
  const resource = resourceFromAttributes(attributes);
  const sinks = [
    ...(config.stdout ? [stdoutSink()] : []),
    ...(config.telemetry && config.logsExporter.includes('otlp') ? [createLogSink(config)] : []),
    ...extraSinks,
  ];
  // Before the SDK: options of the log that are wrong must not leave half a service behind.
  const log = createLogger({
    ...logOptions,
    service: config.service,
    version: config.version,
    environment: config.environment,
    resource: attributes,
    level: config.logLevel,
    levels: {
      ...(config.sdkLogLevel === undefined ? {} : { opentelemetry: config.sdkLogLevel }),
      ...config.logLevels,
    },
    sinks,
    trace: activeSpan,
    // The end is ours, hooks before records: see watchProcessEnd.
    flushAtExit: !config.processHandlers,
  });
  const policies = log.module('resilience');
  const telemetry = config.telemetry ? startOrClose(config, resource, log) : undefined;
  const metrics = telemetry === undefined ? [] : [reportSdkMessages(log), observeRuntime(), observeLog(log)];
  const http =
    telemetry !== undefined && config.instrumentHttp
      ? [observeServers(config), observeClients({ propagateTo: config.propagateTo, ignore: otlpAddresses(config) })]
      : [];
  const watched = new Set<() => void>();
  const shutdown = createShutdown();
  const healths = new Set<Health>();
  let state: Service['state'] = 'running';
  let running: Promise<ShutdownReport> | undefined;

  const end = async (withHooks: boolean): Promise<ShutdownReport> => {
    state = 'stopping';
    const startedAt = performance.now();
    const steps: ShutdownStep[] = [];
    const onStep = (step: ShutdownStep): void => {
      steps.push(step);
      const { phase, name, outcome, durationMs, error } = step;
      const level = outcome === 'done' ? 'debug' : 'error';
      log.log(level, 'Shutdown: {step} {outcome}', { phase, step: name, outcome, durationMs, error }, 'shutdown.step');
    };
    for (const health of healths) health.drain();
    if (withHooks) await shutdown.runHooks(config.shutdownTimeoutMs * HOOK_SHARE, onStep);
    for (const stop of http) stop();
    log.log('info', 'Service stopped', { durationMs: performance.now() - startedAt }, 'service.stopped');
    // Together: none waits for another, and an endpoint that is gone costs its time once.
    const leftMs = Math.max(100, config.shutdownTimeoutMs - (performance.now() - startedAt));
    const last = [runStep('telemetry', 'log', () => tellingUnwritten(log, () => log.close()), leftMs)];
    if (telemetry !== undefined) last.push(runStep('telemetry', 'opentelemetry', () => telemetry.shutdown(), leftMs));
    steps.push(...(await Promise.all(last)));
    telemetry?.release();
    // Not before: the SDK reads the gauges a last time.
    for (const stop of watched) stop();
    for (const stop of metrics) stop();
    unwatchEnd();
    state = 'stopped';
    onStopped();
    return { ok: steps.every((step) => step.outcome === 'done'), steps };
  };
  const once = (withHooks: boolean): Promise<ShutdownReport> => {
    running ??= end(withHooks);
    return running;
  };
  const unwatchEnd = config.processHandlers
    ? watchProcessEnd({
        log,
        timeoutMs: config.shutdownTimeoutMs,
        shutdown: () => once(true),
        flushOnly: () => once(false),
        flushSync: () => flushLast(sinks),
      })
    : () => {};

  log.log('info', 'Service started', {}, 'service.started');
  return {
    config,
    log,
    watch(given) {
      if (typeof given?.on !== 'function') throw new OptionError('policy', given, 'a policy, or the guard of a pool');
      let ended = false;
      const stops = [logWatched(given, policies)];
      if (telemetry !== undefined) {
        // Resolves at once, but in a later turn: what was ended meanwhile must not begin.
        connectWatched(given).then(
          (stop) => {
            if (stop === undefined) return;
            if (ended) stop();
            else stops.push(stop);
          },
          (error: unknown) => policies.error('A policy cannot be reported', { policy: given.name, error }),
        );
      }
      const stop = (): void => {
        if (ended) return;
        ended = true;
        watched.delete(stop);
        for (const step of stops) step();
      };
      watched.add(stop);
      return stop;
    },
    createHealth(options) {
      const health = createHealth(options);
      healths.add(health);
      if (state !== 'running') health.drain();
      return health;
    },
    serve(server) {
      const hookMs = config.shutdownTimeoutMs * HOOK_SHARE;
      const { run } = createServerShutdown({
        server,
        log,
        drainMs: config.drainMs,
        // A tenth of what is left, so that the server has cut off the last request before its hook is given up.
        timeoutMs: (hookMs - config.drainMs) * 0.9,
        // Signals and the exit are the service's own.
        signals: [],
        exit: () => {},
      });
      shutdown.add('intake', 'http server', async () => {
        if ((await run('the service shuts down')) !== 0) throw new Error('Requests were cut off');
      });
      const started = (): void => {
        for (const health of healths) health.started();
      };
      if (server.listening) started();
      else server.once('listening', started);
    },
    onShutdown: (phase, name, hook) => shutdown.add(phase, name, hook),
    async flush() {
      // Each to its end, whatever becomes of the other.
      const results = await Promise.allSettled([tellingUnwritten(log, () => log.flush()), telemetry?.flush()]);
      const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      if (failed.length > 0)
        throw new AggregateError(
          failed.flatMap((error) => (error instanceof AggregateError ? (error.errors as unknown[]) : [error])),
          'Not everything could be sent',
        );
    },
    shutdown: () => once(true),
    get state() {
      return state;
    },
  };
}

/** Where the SDK cannot be started, the log must not stay behind. */
function startOrClose(config: Config, resource: Resource, log: Logger): Telemetry {
  try {
    return startTelemetry(config, resource);
  } catch (error) {
    void log.close();
    throw error;
  }
}

/** The log itself never rejects: what `work`, its flush or close, left unwritten of the records it had is in its counts. */
async function tellingUnwritten(log: Logger, work: () => Promise<void>): Promise<void> {
  const before = log.counts().sinks;
  await work();
  const unwritten = Object.entries(log.counts().sinks).flatMap(([name, after]) => {
    const lost = droppedOf(after) - droppedOf(before[name]);
    const waiting = after.pending - (after.emitted - (before[name]?.emitted ?? 0));
    const count = Math.max(0, lost) + Math.max(0, waiting);
    return count > 0 ? [`${name} did not write ${count} records`] : [];
  });
  if (unwritten.length > 0) throw new Error(unwritten.join(', '));
}

function droppedOf(counts: SinkCounts | undefined): number {
  return Object.values(counts?.dropped ?? {}).reduce((sum, count) => sum + count, 0);
}

function otlpAddresses(config: Config): string[] {
  return SIGNALS.map((signal) => exportTarget(config, signal).url);
}

function activeSpan(): { traceId: string; spanId: string; traceFlags: number } | undefined {
  const ids = trace.getActiveSpan()?.spanContext();
  // Asked for each line; the logger looks at the rest of the ids once per span.
  return ids?.spanId === INVALID_SPANID ? undefined : ids;
}
