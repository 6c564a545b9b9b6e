import { callable, checkOptions, having } from '../options.ts';
import type { Policy } from '../policy.ts';

/** Levels that nearly every logger has. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes one log line. For pino: `(level, message, fields) => logger[level](fields, message)`. */
export type WriteLine = (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>) => void;

/** An event as all policies emit it; what else it holds depends on its type. */
interface AnyEvent extends Readonly<Record<string, unknown>> {
  readonly type: string;
}

const lines: Readonly<Record<string, readonly [LogLevel, string]>> = {
  'retry.scheduled': ['warn', 'Operation failed, retrying'],
  'retry.succeeded': ['info', 'Operation succeeded after retry'],
  'retry.stopped': ['error', 'Operation failed after all retries'],
  'timeout.expired': ['error', 'Operation timeout'],
  'breaker.opened': ['warn', 'Circuit breaker opened'],
  'breaker.half-opened': ['info', 'Circuit breaker half-open'],
  'breaker.closed': ['info', 'Circuit breaker closed'],
  'breaker.isolated': ['warn', 'Circuit breaker isolated'],
  'breaker.released': ['info', 'Circuit breaker released'],
  'breaker.rejected': ['debug', 'Circuit breaker refused a call'],
  'bulkhead.queued': ['debug', 'Operation queued in bulkhead'],
  'bulkhead.admitted': ['debug', 'Executing operation in bulkhead'],
  'bulkhead.rejected': ['warn', 'Bulkhead refused a call'],
};

/**
 * Writes a line for each event of a policy or a provider pool, through any logger; the returned function ends it. Fields are those of the
 * event in snake case, `error` as `error_type`, `error_code` and `error_message`. Events of other policies are written
 * at `info` with their type as message. Throws `OptionError` for what is no policy or no function.
 */
export function logEvents(policy: Pick<Policy, 'on'>, write: WriteLine): () => void {
  checkOptions('logEvents', { policy, write }, { policy: having('a policy', 'on'), write: callable }, [
    'policy',
    'write',
  ]);
  return policy.on((given) => {
    const event = given as AnyEvent;
    const { type, error, ...rest } = event;
    const [level, message] =
      type === 'retry.stopped' && event['reason'] === 'not-retryable'
        ? (['error', 'Non-retryable error encountered'] as const)
        : (lines[type] ?? (['info', type] as const));
    const fields: Record<string, unknown> = { event: type };
    for (const [key, value] of Object.entries(rest)) {
      if (value !== undefined) fields[key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = value;
    }
    if ('error' in event) Object.assign(fields, fieldsOf(error));
    write(level, message, fields);
  });
}

/** Anything can be thrown: `null`, an object without a text of its own, and one that throws when it is read. */
function fieldsOf(error: unknown): Record<string, unknown> {
  try {
    const { name, code, message } = (error ?? {}) as { name?: unknown; code?: unknown; message?: unknown };
    const isError = error instanceof Error;
    const text = isError ? message : textOf(error);
    return {
      error_type: isError ? name : typeof error,
      ...(code !== undefined && { error_code: code }),
      error_message: text,
    };
  } catch {
    return { error_type: typeof error, error_message: 'unreadable' };
  }
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
