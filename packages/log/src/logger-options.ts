import {
  callable,
  checkOptions,
  either,
  flag,
  listOf,
  oneOf,
  type Rule,
  record,
  text,
  whole,
} from '@breakwater/errors/options';
import { createRedactor, type RedactOptions, type Redactor } from '@breakwater/redact';
import type { TraceIds } from './context-json.ts';
import type { CoreOptions } from './core.ts';
import { SEVERITY, type Threshold } from './level.ts';
import { Levels, threshold } from './levels.ts';
import type { Sampler } from './sampling.ts';
import type { Sink } from './sink.ts';
import { timerMs } from './sinks/buffer-options.ts';
import { stdoutSink } from './sinks/stdout.ts';
import type { WriterLimits } from './writer.ts';

/** Fields of one record. A value may be a function without parameters: it is called only when the record is written. */
export type Fields = Readonly<Record<string, unknown>>;

export interface LoggerOptions {
  /** `service.name`. */
  readonly service: string;
  /** `service.version`. */
  readonly version?: string | undefined;
  /** `deployment.environment.name`: `production`, `staging`, … */
  readonly environment?: string | undefined;
  /** Further resource attributes, by their OpenTelemetry names. */
  readonly resource?: Fields | undefined;
  /** Threshold of everything. Default `info`. */
  readonly level?: Threshold | undefined;
  /** Thresholds by module, `{ 'db': 'debug', 'db.pool': 'trace' }`: the longest name that fits decides. */
  readonly levels?: Readonly<Record<string, Threshold>> | undefined;
  /** Default: one `stdoutSink()`. */
  readonly sinks?: readonly Sink[] | undefined;
  /** Options for `@breakwater/redact`, a redactor of yours, or `false` for none. Default: the `default` preset. */
  readonly redact?: RedactOptions | Redactor | false | undefined;
  /** Decides which records at or above the threshold are written. Default: all. */
  readonly sampler?: Sampler | undefined;
  /** Ids of the span that is active, asked once per record and once for the sampler; else those of the context. Must be quick. */
  readonly trace?: (() => TraceIds | undefined) | undefined;
  /** Names of W3C baggage entries that are written. Default: none. */
  readonly baggage?: readonly string[] | undefined;
  /** Records of this level and above are flushed at once. Default `fatal`. */
  readonly flushLevel?: Threshold | undefined;
  /** Flush the sinks when the process ends. Default true. */
  readonly flushAtExit?: boolean | undefined;
  /** How often drops are reported as a record, in milliseconds. Default 10 000; at `close` in any case. */
  readonly dropReportMs?: number | undefined;
  /** Levels of nesting. Default 10. */
  readonly maxDepth?: number | undefined;
  /** Values in one record. Default 10 000. */
  readonly maxNodes?: number | undefined;
  /** Characters of one text. Default 32 768. */
  readonly maxTextChars?: number | undefined;
  /** Characters of one line; a longer one loses its attributes and says so. Default 262 144. */
  readonly maxLineChars?: number | undefined;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

const limit = whole(1, 2 ** 29);

const RULES: Readonly<Record<keyof LoggerOptions, Rule>> = {
  service: text,
  version: text,
  environment: text,
  resource: record,
  level: threshold,
  levels: record,
  sinks: listOf(['a sink', (sink) => typeof (sink as Sink | null)?.write === 'function']),
  redact: either(record, oneOf(false)),
  sampler: callable,
  trace: callable,
  baggage: listOf(text),
  flushLevel: threshold,
  flushAtExit: flag,
  dropReportMs: timerMs,
  maxDepth: limit,
  maxNodes: limit,
  maxTextChars: limit,
  maxLineChars: limit,
  now: callable,
};

const DEFAULTS = {
  level: 'info',
  levels: {},
  baggage: [],
  flushLevel: 'fatal',
  flushAtExit: true,
  dropReportMs: 10_000,
  maxDepth: 10,
  maxNodes: 10_000,
  maxTextChars: 32_768,
  maxLineChars: 262_144,
  now: Date.now,
} as const;

/** What a logger is made of. */
export interface Prepared extends CoreOptions {
  readonly levels: Levels;
  readonly flushAtExit: boolean;
  readonly dropReportMs: number;
}

type Complete = LoggerOptions & { readonly [K in keyof typeof DEFAULTS]-?: NonNullable<LoggerOptions[K]> };

/** Checks options and fills in the defaults. Throws as `createLogger` does. */
export function prepareOptions(options: LoggerOptions): Prepared {
  checkOptions('createLogger', options, RULES, ['service']);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const complete: Complete = { ...DEFAULTS, ...(given as unknown as LoggerOptions) } as never;
  const levels = new Levels();
  levels.set('createLogger', '', complete.level);
  for (const [module, level] of Object.entries(complete.levels)) levels.set('createLogger.levels', module, level);
  return {
    ...complete,
    sinks: complete.sinks ?? [stdoutSink()],
    levels,
    resource: {
      'service.name': complete.service,
      'service.version': complete.version,
      'deployment.environment.name': complete.environment,
      ...complete.resource,
    },
    redactor: redactorOf(complete.redact, complete),
    flushSeverity: SEVERITY[complete.flushLevel],
  };
}

function redactorOf(given: LoggerOptions['redact'], { maxTextChars, maxDepth }: WriterLimits): Redactor {
  if (given && 'root' in given) return given;
  const limits = { maxBytes: Math.max(maxTextChars * 2, 256), maxDepth } as const;
  return createRedactor({ lineBreaks: 'keep', ...limits, ...(given === false ? { preset: [] } : given) });
}
