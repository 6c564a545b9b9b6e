import { callable, checkOptions, flag, number, type Rule, record, whole } from './options.ts';

/** What a process reports about itself. */
export type ProcessFailure =
  | { readonly kind: 'uncaughtException' | 'unhandledRejection'; readonly error: unknown; readonly fatal: true }
  | { readonly kind: 'warning'; readonly error: Error; readonly fatal: false };

/** The parts of `process` the handlers use. */
export interface ProcessLike {
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
  exit(code: number): void;
}

/** Options of `installProcessHandlers`. */
export interface ProcessHandlerOptions {
  /** Writes the failure down. Called at once, synchronously. What it throws goes to `lastResort`. */
  readonly record: (failure: ProcessFailure) => void;
  /** Brings what was recorded to its place. Default: nothing to flush. */
  readonly flush?: (signal: AbortSignal) => Promise<void> | void;
  /** How long `flush` may take, in milliseconds. Default 2000. */
  readonly flushTimeoutMs?: number;
  /** Exit code after a fatal failure. Default 1. */
  readonly exitCode?: number;
  /** Warnings too? Default true. */
  readonly warnings?: boolean;
  /** Called when `record` or `flush` fails. Default: one line to standard error. */
  readonly lastResort?: (text: string, error: unknown) => void;
  /** Default: the real process. */
  readonly process?: ProcessLike;
  /** Runs `fn` after `ms`; returns a function that cancels it. Default: a real timer. */
  readonly after?: (ms: number, fn: () => void) => () => void;
}

const OPTIONS: Readonly<Record<keyof ProcessHandlerOptions, Rule>> = {
  record: callable,
  flush: callable,
  // A longer timer fires at once, and nothing would be flushed.
  flushTimeoutMs: /* @__PURE__ */ number(0, 2 ** 31 - 1, true),
  exitCode: /* @__PURE__ */ whole(1, 255),
  warnings: flag,
  lastResort: callable,
  process: record,
  after: callable,
};

/**
 * Makes a process tell why it dies: an uncaught exception or unhandled rejection is recorded, everything recorded is
 * flushed within a time limit, then the process exits with a non-zero code. State is unknown after such a failure,
 * so going on is not offered. Warnings are recorded only. A second fatal failure while flushing is recorded and does
 * not restart the flush.
 *
 * Returns a function that takes the handlers off again. Throws `OptionError` for a wrong option.
 */
export function installProcessHandlers(options: ProcessHandlerOptions): () => void {
  checkOptions('installProcessHandlers', options, OPTIONS, ['record']);
  const { flushTimeoutMs = 2000, exitCode = 1 } = options;
  const target = options.process ?? (globalThis as unknown as { process: ProcessLike }).process;
  const after = options.after ?? realTimer;
  const lastResort = options.lastResort ?? toStandardError;
  let ending = false;

  const write = (failure: ProcessFailure): void => {
    try {
      options.record(failure);
    } catch (error) {
      lastResort('the failure handler could not record a failure', error);
      lastResort(`the failure was: ${failure.kind}`, failure.error);
    }
  };
  const end = async (): Promise<void> => {
    const abort = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = after(flushTimeoutMs, () => {
      lastResort(`flushing took longer than ${flushTimeoutMs} ms`, undefined);
      abort.abort();
      resolve();
    });
    try {
      await Promise.race([options.flush?.(abort.signal), promise]);
    } catch (error) {
      lastResort('flushing failed', error);
    }
    cancel();
    target.exit(exitCode);
  };
  const onFatal = (kind: 'uncaughtException' | 'unhandledRejection', error: unknown): void => {
    write({ kind, error, fatal: true });
    if (ending) return;
    ending = true;
    void end();
  };
  const onException = (error: unknown): void => onFatal('uncaughtException', error);
  const onRejection = (error: unknown): void => onFatal('unhandledRejection', error);
  const onWarning = (error: Error): void => write({ kind: 'warning', error, fatal: false });

  target.on('uncaughtException', onException);
  target.on('unhandledRejection', onRejection);
  if (options.warnings !== false) target.on('warning', onWarning);
  return () => {
    target.off('uncaughtException', onException);
    target.off('unhandledRejection', onRejection);
    target.off('warning', onWarning);
  };
}

function realTimer(ms: number, fn: () => void): () => void {
  const timer = setTimeout(fn, ms);
  return () => clearTimeout(timer);
}

function toStandardError(text: string, error: unknown): void {
  console.error(
    `breakwater: ${text}${error === undefined ? '' : `: ${String((error as { stack?: unknown } | null)?.stack ?? error)}`}`,
  );
}
