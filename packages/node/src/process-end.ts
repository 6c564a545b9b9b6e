import { installProcessHandlers } from '@breakwater/errors';
import type { Logger } from '@breakwater/log';
import type { ShutdownReport } from './shutdown.ts';

/** What the end of the process is tied to. */
export interface ProcessEndOptions {
  readonly log: Logger;
  readonly timeoutMs: number;
  /** Everything, hooks included. */
  readonly shutdown: () => Promise<ShutdownReport>;
  /** Telemetry only: after an unforeseen error nobody's hooks can be trusted. */
  readonly flushOnly: () => Promise<ShutdownReport>;
  /** Writes what the log still holds, at once. */
  readonly flushSync: () => void;
}

const SIGNALS = { SIGTERM: 15, SIGINT: 2, SIGHUP: 1 } as const;

/**
 * SIGTERM, SIGINT and SIGHUP shut down and exit with 0 (1 when a step failed); a second one exits at once with 128 + its
 * number. An uncaught exception or unhandled rejection is recorded as `fatal`, telemetry is flushed, exit code 1. A
 * process that has nothing more to do shuts down too; `process.exit` writes what the log still holds. Returns the way to take it all off.
 */
export function watchProcessEnd({ log, timeoutMs, shutdown, flushOnly, flushSync }: ProcessEndOptions): () => void {
  const removeHandlers = installProcessHandlers({
    record(failure) {
      if (failure.fatal) {
        // A shutdown that is under way, or a signal that comes now, ends the process too, and must not end it with 0.
        process.exitCode = 1;
        log.log('fatal', 'The process ends: {kind}', { kind: failure.kind, error: failure.error }, 'process.fatal');
      } else log.log('warn', 'Process warning', { error: failure.error }, 'process.warning');
    },
    flush: async () => {
      tellLoss(await flushOnly());
    },
    flushTimeoutMs: timeoutMs,
  });
  let ending = false;
  const onSignal = (signal: keyof typeof SIGNALS): void => {
    if (ending) process.exit(128 + SIGNALS[signal]);
    ending = true;
    log.log('info', 'Received {signal}, shutting down', { signal }, 'process.signal');
    void shutdown().then((report) => {
      tellLoss(report);
      process.exit(report.ok ? (process.exitCode ?? 0) : 1);
    });
  };
  const onIdle = (): void => {
    void shutdown().then((report) => {
      tellLoss(report);
      // An exporter that still tries to reach its endpoint would keep the process for as long as it tries.
      if (report.steps.some((step) => step.outcome === 'timed out')) process.exit(process.exitCode ?? 0);
    });
  };
  for (const signal of Object.keys(SIGNALS)) process.on(signal, onSignal);
  process.on('beforeExit', onIdle);
  process.on('exit', flushSync);
  return () => {
    removeHandlers();
    for (const signal of Object.keys(SIGNALS)) process.off(signal, onSignal);
    process.off('beforeExit', onIdle);
    process.off('exit', flushSync);
  };
}

/** The log is closed by then, so what became of the last telemetry is told on standard error. */
function tellLoss({ steps }: ShutdownReport): void {
  for (const { phase, name, outcome, durationMs, error } of steps) {
    if (phase !== 'telemetry' || outcome === 'done') continue;
    const reasons = error instanceof AggregateError ? error.errors : [error];
    const why =
      error === undefined
        ? ''
        : `: ${reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join('; ')}`;
    process.stderr.write(
      `@breakwater/node: ${name} ${outcome} after ${Math.round(durationMs)} ms, telemetry was lost${why}\n`,
    );
  }
}
