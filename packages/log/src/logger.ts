import { OptionError } from '@breakwater/errors/core';
import { createRedactor, type RedactOptions, type Redactor } from '@breakwater/redact';
import { currentCell, plugErrorContext } from './context.ts';
import type { TraceIds } from './context-json.ts';
import { Core, type LineParts, type Occasion } from './core.ts';
import { reportDrops } from './drop-report.ts';
import { flushAtExit } from './exit.ts';
import { bindFields, toMembers } from './fields.ts';
import { LEVELS, type Level, SEVERITY, severityOf, type Threshold } from './level.ts';
import { openRequests } from './kept.ts';
import { Levels } from './levels.ts';
import type { Origin } from './origin.ts';
import { compilePaths, type Paths } from './paths.ts';
import type { Sampler } from './sampling.ts';
import type { Sink, SinkCounts } from './sink.ts';
import { stdoutSink } from './sinks/stdout.ts';
import { toFlat, toJsonString } from './text.ts';

/** Fields of one record. A value may be a function without parameters: it is called only when the record is written. */
export type Fields = Readonly<Record<string, unknown>>;

/** A text, or a function that makes one only when the record is written. `{name}` in it is replaced by that field. */
export type Message = string | (() => string);

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

/** What has happened to records: those of the logger itself, and each sink's lines. */
export interface LoggerCounts {
  /** `emitted` calls above the threshold, `written` lines handed to the sinks, `dropped` before any sink. */
  readonly logger: SinkCounts;
  readonly sinks: Readonly<Record<string, SinkCounts>>;
}

/** Says what happens. No method throws into the caller, whatever it is given. */
export interface Logger {
  trace(message: Message, fields?: Fields | Error): void;
  debug(message: Message, fields?: Fields | Error): void;
  info(message: Message, fields?: Fields | Error): void;
  warn(message: Message, fields?: Fields | Error): void;
  error(message: Message, fields?: Fields | Error): void;
  fatal(message: Message, fields?: Fields | Error): void;
  /** The level as a value. `eventName` goes into the record's own field of that name. */
  log(level: Level, message: Message, fields?: Fields | Error, eventName?: string): void;
  isEnabled(level: Level): boolean;
  /** A logger whose records all carry `fields`, written once here. */
  child(fields: Fields): Logger;
  /** A logger named `module` (the record's scope), with that module's threshold. */
  module(module: string): Logger;
  /** Changes a threshold while the process runs: of everything, or of one module and what is below it. */
  setLevel(level: Threshold, module?: string): void;
  /** Resolves when everything said so far is written or counted as dropped. */
  flush(): Promise<void>;
  /** Reports drops, flushes and closes the sinks. Records said later are dropped as `closed`. */
  close(): Promise<void>;
  counts(): LoggerCounts;
}

const DEFAULT_LIMITS = { maxDepth: 10, maxNodes: 10_000, maxTextChars: 32_768, maxLineChars: 262_144 } as const;

/**
 * Makes the logger of a service. Throws `OptionError` naming option and value for a wrong option, and
 * `RedactConfigError` for wrong redaction rules. Make one per process and pass it, or `child` and `module` of it, on.
 */
export function createLogger(options: LoggerOptions): Logger {
  if (typeof options?.service !== 'string' || options.service === '')
    throw new OptionError('options.service', options?.service, 'a name');
  const limits = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof typeof DEFAULT_LIMITS)[]) {
    const value = options[name] ?? DEFAULT_LIMITS[name];
    if (!Number.isSafeInteger(value) || value < 1)
      throw new OptionError(`options.${name}`, value, 'a positive integer');
    (limits as Record<string, number>)[name] = value;
  }
  const dropReportMs = options.dropReportMs ?? 10_000;
  if (!(dropReportMs > 0)) throw new OptionError('options.dropReportMs', dropReportMs, 'milliseconds above 0');
  const levels = new Levels(severityOf('options.level', options.level ?? 'info'));
  for (const [module, level] of Object.entries(options.levels ?? {}))
    levels.set(module, severityOf(`options.levels.${module}`, level));
  const sinks = options.sinks ?? [stdoutSink()];
  if (!Array.isArray(sinks) || sinks.some((sink) => typeof sink?.write !== 'function'))
    throw new OptionError('options.sinks', sinks, 'a list of sinks');
  const core = new Core({
    resource: resourceOf(options),
    sinks,
    ...redactionOf(options.redact, limits.maxTextChars, limits.maxDepth),
    limits,
    maxLineChars: limits.maxLineChars,
    now: options.now ?? Date.now,
    trace: options.trace,
    sampler: options.sampler,
    baggage: options.baggage ?? [],
    flushSeverity: severityOf('options.flushLevel', options.flushLevel ?? 'fatal'),
  });
  const releases = [plugErrorContext()];
  if (options.flushAtExit !== false) for (const sink of sinks) releases.push(flushAtExit(sink));
  const report = reportDrops(core, dropReportMs);
  const shared: Shared = {
    core,
    levels,
    async close() {
      if (core.closed) return;
      for (const write of openRequests) write(core);
      report.stop();
      core.closed = true;
      await Promise.all(core.sinks.map((sink) => sink.close()));
      for (const release of releases) release();
    },
  };
  return new LoggerImpl(shared, '', NO_FIELDS);
}

interface Shared {
  readonly core: Core;
  readonly levels: Levels;
  close(): Promise<void>;
}

const NO_FIELDS: ReadonlyMap<string, string> = new Map();

function resourceOf(options: LoggerOptions): Record<string, unknown> {
  return {
    'service.name': options.service,
    ...(options.version === undefined ? {} : { 'service.version': options.version }),
    ...(options.environment === undefined ? {} : { 'deployment.environment.name': options.environment }),
    ...options.resource,
  };
}

interface Redaction {
  readonly redactor: Redactor | undefined;
  readonly wordsAreClean: boolean;
  readonly paths: Paths;
}

function redactionOf(given: LoggerOptions['redact'], maxBytes: number, maxDepth: number): Redaction {
  const none: Paths = { root: undefined, leaves: () => false };
  if (given === false) return { redactor: undefined, wordsAreClean: true, paths: none };
  if (given !== undefined && 'string' in given) {
    // What its rules are cannot be seen from outside, so every value goes through it with its name.
    return { redactor: given, wordsAreClean: false, paths: { root: undefined, leaves: () => true } };
  }
  const redactor = createRedactor({ lineBreaks: 'keep', maxBytes: maxBytes * 2, maxDepth, ...given });
  const rules = given?.rules ?? [];
  return {
    redactor,
    wordsAreClean:
      rules.every((rule) => 'path' in rule || 'key' in rule) &&
      [given?.preset ?? 'default'].flat().every((preset) => CLEAN_PRESETS.has(preset)),
    paths: compilePaths(rules, redactor),
  };
}

/** Presets that take no short plain word by what it is. */
const CLEAN_PRESETS: ReadonlySet<string> = new Set(['default', 'pci', 'secrets']);

class LoggerImpl implements Logger {
  private readonly shared: Shared;
  private readonly core: Core;
  private readonly gate: { min: number };
  private readonly name: string;
  private readonly parts: LineParts;

  constructor(shared: Shared, name: string, bound: ReadonlyMap<string, string>) {
    this.shared = shared;
    this.core = shared.core;
    this.name = name;
    this.gate = shared.levels.gate(name);
    const scope = name === '' ? '' : `,"scope":${toJsonString(name)}`;
    const clashes = [...bound.keys()].some(
      (key) => key === 'user.id' || key === 'session.id' || key.startsWith('baggage.'),
    );
    const tail = `,"resource":${this.core.resourceJson}${scope}`;
    const open = toFlat(`${tail},"attributes":{`);
    const boundJson = toFlat(toMembers(bound));
    this.parts = { tail, open, rest: toFlat(`${open}${boundJson}}}\n`), bound, boundJson, clashes };
  }

  get sinks(): readonly Sink[] {
    return this.core.sinks;
  }

  trace(message: Message, fields?: Fields | Error): void {
    if (this.gate.min <= 1) this.core.emit('trace', this.parts, message, fields, undefined, false);
    else this.below('trace', message, fields, undefined);
  }

  debug(message: Message, fields?: Fields | Error): void {
    if (this.gate.min <= 5) this.core.emit('debug', this.parts, message, fields, undefined, false);
    else this.below('debug', message, fields, undefined);
  }

  info(message: Message, fields?: Fields | Error): void {
    if (this.gate.min <= 9) this.core.emit('info', this.parts, message, fields, undefined, false);
    else this.below('info', message, fields, undefined);
  }

  warn(message: Message, fields?: Fields | Error): void {
    if (this.gate.min <= 13) this.core.emit('warn', this.parts, message, fields, undefined, false);
    else this.below('warn', message, fields, undefined);
  }

  error(message: Message, fields?: Fields | Error): void {
    if (this.gate.min <= 17) this.core.emit('error', this.parts, message, fields, undefined, false);
    else this.below('error', message, fields, undefined);
  }

  fatal(message: Message, fields?: Fields | Error): void {
    if (this.gate.min <= 21) this.core.emit('fatal', this.parts, message, fields, undefined, false);
    else this.below('fatal', message, fields, undefined);
  }

  log(level: Level, message: Message, fields?: Fields | Error, eventName?: string): void {
    this.say(level, message, fields, eventName === undefined ? undefined : { name: String(eventName), json: '' });
  }

  /** As `log`, for events of this package. */
  say(level: Level, message: Message, fields: Fields | Error | undefined, event: Occasion | undefined): void {
    const known: Level = LEVELS.includes(level) ? level : 'info';
    if (this.gate.min <= SEVERITY[known]) this.core.emit(known, this.parts, message, fields, event, false);
    else this.below(known, message, fields, event);
  }

  /** Under the threshold: kept when the request keeps its lines, else nothing. */
  private below(level: Level, message: Message, fields: Fields | Error | undefined, event: Occasion | undefined): void {
    const buffer = currentCell()?.buffer;
    if (buffer === undefined || SEVERITY[level] < buffer.from || this.gate.min >= SEVERITY.silent) return;
    if (buffer.state === 'discarded') return;
    this.core.emit(level, this.parts, message, fields, event, buffer.state === 'keeping');
  }

  isEnabled(level: Level): boolean {
    return this.gate.min <= (SEVERITY[level] ?? 0);
  }

  child(fields: Fields): Logger {
    return new LoggerImpl(this.shared, this.name, bindFields(this.core.writer, this.parts.bound, fields));
  }

  module(module: string): Logger {
    return new LoggerImpl(this.shared, module.toWellFormed().slice(0, 128), this.parts.bound);
  }

  setLevel(level: Threshold, module = ''): void {
    this.shared.levels.set(module, severityOf('level', level));
  }

  async flush(): Promise<void> {
    await Promise.all(this.core.sinks.map((sink) => sink.flush()));
  }

  close(): Promise<void> {
    return this.shared.close();
  }

  counts(): LoggerCounts {
    return {
      logger: this.core.tally.counts(),
      sinks: Object.fromEntries(this.core.sinks.map((sink) => [sink.name, sink.counts()])),
    };
  }
}

/** Says an event with attributes that fields cannot take; a logger that is not of this package says it plainly. */
export function sayEvent(
  logger: Logger,
  level: Level,
  message: string,
  fields: Fields,
  name: string,
  json: string,
): void {
  if (logger instanceof LoggerImpl) logger.say(level, message, fields, { name, json });
  else logger.log(level, message, fields, name);
}

/** Says a record that another logging API made, with its body as it is. */
export function sayForeign(
  logger: Logger,
  level: Level,
  body: unknown,
  fields: Fields | Error | undefined,
  origin: Origin,
  eventName = '',
): void {
  if (logger instanceof LoggerImpl) logger.say(level, body as Message, fields, { name: eventName, json: '', origin });
  else logger.log(level, typeof body === 'string' ? body : toText(body), fields, eventName || undefined);
}

/** Whether what `logger` says reaches `sink`, directly or through a sink that passes it on. */
export function holdsSink(logger: Logger, sink: Sink): boolean {
  const reaches = (own: Sink): boolean => own === sink || own.inner?.some(reaches) === true;
  return logger instanceof LoggerImpl && logger.sinks.some(reaches);
}

function toText(body: unknown): string {
  try {
    return JSON.stringify(body) ?? String(body);
  } catch {
    return '[Unreadable]';
  }
}
