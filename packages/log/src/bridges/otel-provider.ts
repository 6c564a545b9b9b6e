import { checkOptions, type Rule } from '@breakwater/errors/options';
import { isLevel, type Level, toLevel } from '../level.ts';
import { type Logger, sayForeign } from '../logger.ts';
import type { Origin } from '../origin.ts';
import { hasComeBack } from './loop-guard.ts';
import type { OtelContext, OtelLogger, OtelLoggerProvider, OtelRecord, OtelTime, OtelTraceApi } from './otel-types.ts';
import { copy } from './safe-format.ts';

const MAX_LOGGERS = 1000;
const rules: Readonly<Record<string, Rule>> = {
  trace: [
    'the trace API of @opentelemetry/api',
    (v) => typeof (v as OtelTraceApi | null)?.getSpanContext === 'function',
  ],
};

/**
 * An OpenTelemetry `LoggerProvider` in front of `logger`: what libraries say through the Logs API becomes records of this
 * package, with its redaction, sampling, sinks and counts. For `logs.setGlobalLoggerProvider`, of `@opentelemetry/api`
 * 1.10 and later or of `@opentelemetry/api-logs`.
 *
 * The name of the library's logger is the module (and has that module's threshold), its version and attributes are bound
 * as `otel.scope.version` and by their own names. Severity number and text, timestamp, a different observed timestamp,
 * event name and attributes are kept; a body that is no text becomes JSON. Trace ids are those of the record's context,
 * else of the active span, else of the log's own context. `exception`, or attributes `exception.*`, become the record's error. A
 * record without severity is `info`, or what its severity text names. What `otelSink` of the same logger hands out and
 * gets back here is not said again.
 */
export function toLoggerProvider(logger: Logger, options: { readonly trace: OtelTraceApi }): OtelLoggerProvider {
  checkOptions('toLoggerProvider', options, rules, ['trace']);
  const { trace } = options;
  const known = new Map<string, OtelLogger>();
  return {
    getLogger(name, release, scope) {
      const library = typeof name === 'string' ? name : '';
      const version = typeof release === 'string' ? release : undefined;
      const key = scope?.attributes === undefined ? `${library}\0${version ?? ''}` : '';
      const old = known.get(key);
      if (old !== undefined) return old;
      const made = createOtelLogger(scoped(logger, library, version, scope?.attributes), trace);
      if (key !== '' && known.size < MAX_LOGGERS) known.set(key, made);
      return made;
    },
  };
}

function scoped(
  logger: Logger,
  name: string,
  version: string | undefined,
  attributes: OtelRecord['attributes'],
): Logger {
  const module = logger.module(name);
  if (version === undefined && attributes === undefined) return module;
  return module.child({ ...copy(attributes), ...(version === undefined ? {} : { 'otel.scope.version': version }) });
}

function createOtelLogger(logger: Logger, trace: OtelTraceApi): OtelLogger {
  return {
    emit(record) {
      if (hasComeBack(logger)) return;
      try {
        const level = levelOf(record);
        sayForeign(logger, level, bodyOf(record), fieldsOf(record), originOf(record, trace), nameOf(record));
      } catch {
        // A record whose own accessors throw: said without them, for a library must not fail by logging.
        sayForeign(logger, 'warn', 'A record of the OpenTelemetry Logs API could not be read', undefined, {});
      }
    },
    enabled: (question) => logger.isEnabled(levelOf(copy(question))),
  };
}

/** Bytes as base64, which is how OTLP's JSON has them. */
function bodyOf({ body }: OtelRecord): unknown {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64');
  return body ?? '';
}

function nameOf({ eventName }: OtelRecord): string | undefined {
  return eventName === undefined || eventName === null ? undefined : String(eventName);
}

function levelOf({ severityNumber, severityText }: Pick<OtelRecord, 'severityNumber' | 'severityText'>): Level {
  if (isSeverity(severityNumber)) return toLevel(severityNumber);
  const text = typeof severityText === 'string' ? severityText.toLowerCase() : '';
  if (text === 'warning') return 'warn';
  return isLevel(text) ? text : 'info';
}

function isSeverity(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 24;
}

const SHORT = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

/** As the data model has it: `WARN` for 13, `WARN2` for 14. */
function shortName(severity: number): string {
  const step = (severity - 1) % 4;
  return `${SHORT[Math.floor((severity - 1) / 4)]!}${step === 0 ? '' : step + 1}`;
}

function originOf(record: OtelRecord, trace: OtelTraceApi): Origin {
  const { severityNumber, severityText } = record;
  const text = typeof severityText === 'string' && severityText !== '' ? severityText : undefined;
  const seenMs = toMs(record.observedTimestamp);
  const timeMs = toMs(record.timestamp) ?? seenMs;
  const number = isSeverity(severityNumber) ? severityNumber : undefined;
  return {
    timeMs,
    observedMs: seenMs === timeMs ? undefined : seenMs,
    severity:
      number === undefined && text === undefined
        ? undefined
        : { number: number ?? DEFAULT_NUMBER[levelOf(record)], text: text ?? shortName(number!) },
    trace: spanOf(record.context, trace),
  };
}

const DEFAULT_NUMBER: Readonly<Record<Level, number>> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };

function spanOf(context: OtelContext | undefined, trace: OtelTraceApi): Origin['trace'] {
  const ids = context === undefined ? trace.getActiveSpan()?.spanContext() : trace.getSpanContext(context);
  return ids !== undefined && trace.isSpanContextValid(ids) ? ids : undefined;
}

/** A time of the API: `[seconds, nanoseconds]`, a date, milliseconds since 1970, or since the process began. */
function toMs(time: OtelTime | undefined): number | undefined {
  let ms: number;
  if (Array.isArray(time)) ms = time[0] * 1000 + Math.floor(time[1] / 1e6);
  else if (time instanceof Date) ms = time.getTime();
  else if (typeof time === 'number') ms = time <= performance.now() ? performance.timeOrigin + time : time;
  else return undefined;
  return Number.isNaN(new Date(ms).getTime()) ? undefined : Math.floor(ms);
}

function fieldsOf(record: OtelRecord): Record<string, unknown> | undefined {
  const { attributes, exception } = record;
  if (exception !== undefined && exception !== null) return withError(attributes, toError(exception));
  const type = attributes?.['exception.type'];
  const message = attributes?.['exception.message'];
  if (type === undefined && message === undefined) return attributes ?? undefined;
  const error = new Error(text(message));
  error.name = text(type) || 'Error';
  error.stack = text(attributes?.['exception.stacktrace']);
  const code = attributes?.['error.type'];
  if (typeof code === 'string') Object.defineProperty(error, 'code', { value: code, enumerable: true });
  return withError(attributes, error);
}

/** Names that the record's error writes. */
const EXCEPTION = new Set(['exception.type', 'exception.message', 'exception.stacktrace', 'error.type']);

/** Under the first of the names an error is looked for at that the record does not use itself. */
function withError(attributes: OtelRecord['attributes'], error: unknown): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.fromEntries(
    Object.entries(attributes ?? {}).filter(([name]) => !EXCEPTION.has(name)),
  );
  const name = ['error', 'err', 'exception'].find((candidate) => !Object.hasOwn(fields, candidate)) ?? 'error';
  return { ...fields, [name]: error };
}

function toError(exception: unknown): unknown {
  return exception instanceof Error || typeof exception === 'object' ? exception : new Error(String(exception));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : String(value);
}
