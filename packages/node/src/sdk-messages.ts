import type { Level, Logger } from '@breakwater/log';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { loggingErrorHandler, setGlobalErrorHandler } from '@opentelemetry/core';

/** How long the same message is only counted, after it was written. */
const QUIET_MS = 60_000;
/** Texts that are remembered at most. */
const MAX_TEXTS = 100;

/**
 * Writes what the OpenTelemetry SDK says about itself (a batch that could not be sent, spans that were dropped) into
 * the log, as module `opentelemetry`. It would say nothing otherwise. The same text, whatever its numbers, is written once a
 * minute at most, with the number of times it was left out before. Returns the way to end it. `now` is milliseconds of any clock.
 */
export function reportSdkMessages(log: Logger, now: () => number = () => performance.now()): () => void {
  const own = log.module('opentelemetry');
  const quiet = new Map<string, { readonly until: number; more: number }>();
  const write = (level: Level, text: string, error: unknown): void => {
    if (!own.isEnabled(level)) return;
    const at = now();
    // Waits and counts in a text must not make it another one.
    const key = `${level} ${text} ${error instanceof Error ? error.message : ''}`.replace(/\d+/g, '0');
    const entry = quiet.get(key);
    if (entry !== undefined && at < entry.until) {
      entry.more += 1;
      return;
    }
    if (quiet.size >= MAX_TEXTS) quiet.clear();
    quiet.set(key, { until: at + QUIET_MS, more: 0 });
    const fields = {
      text,
      ...(error === undefined ? {} : { error }),
      ...(entry === undefined || entry.more === 0 ? {} : { repeated: entry.more }),
    };
    own.log(level, 'OpenTelemetry: {text}', fields, 'opentelemetry.message');
  };
  const at =
    (level: Level) =>
    (message: string, ...rest: unknown[]): void =>
      write(
        level,
        [message, ...rest].filter((part) => typeof part === 'string').join(' '),
        rest.find((part) => part instanceof Error),
      );
  const logger = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), verbose: at('trace') };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
  setGlobalErrorHandler((error) => {
    if (typeof error === 'string') write('error', error, undefined);
    else write('error', 'telemetry could not be sent', error);
  });
  return () => {
    diag.disable();
    setGlobalErrorHandler(loggingErrorHandler());
  };
}
