import { unused } from './clean.ts';
import { currentCell, plugErrorContext } from './context.ts';
import { Core, HEADS, type Occasion } from './core.ts';
import { reportDrops } from './drop-report.ts';
import { flushAtExit } from './exit.ts';
import { bindFields } from './fields.ts';
import type { LineParts } from './frame.ts';
import { openRequests } from './kept.ts';
import { isLevel, type Level, SEVERITY, type Threshold } from './level.ts';
import type { Levels } from './levels.ts';
import { type Fields, type LoggerOptions, prepareOptions } from './logger-options.ts';
import { type Origin, originHead } from './origin.ts';
import type { Sink, SinkCounts } from './sink.ts';

export type { Fields, LoggerOptions };

/** A text, or a function that makes one only when the record is written. `{name}` in it is replaced by that field. */
export type Message = string | (() => string);

/** What has happened to records: those of the logger itself, and each sink's lines. */
export interface LoggerCounts {
  /** `emitted` calls above the threshold, `written` lines handed to the sinks, `dropped` before any sink. */
  readonly logger: SinkCounts;
  /** By name; a second sink of one name is `name#2`. */
  readonly sinks: Readonly<Record<string, SinkCounts>>;
}

/** Says what happens. No method that says something throws into the caller, whatever it is given. */
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
  /**
   * Changes a threshold while the process runs: of everything, or of one module and what is below it. Throws `OptionError`
   * for what is no threshold.
   */
  setLevel(level: Threshold, module?: string): void;
  /**
   * Resolves when everything said so far is written or counted as dropped, or when a sink's time for it is over: `counts()` says
   * what is pending.
   */
  flush(): Promise<void>;
  /**
   * Reports drops, flushes and closes the sinks. Records said later are dropped as `closed`. Rejects when a sink could not
   * be closed, after all others have been.
   */
  close(): Promise<void>;
  counts(): LoggerCounts;
}

/**
 * Makes the logger of a service. Throws `OptionError` naming option and value for an unknown or wrong option, and
 * `RedactConfigError` for wrong redaction rules. Make one per process and pass it, or `child` and `module` of it, on.
 */
export function createLogger(options: LoggerOptions): Logger {
  const prepared = prepareOptions(options);
  const { sinks, levels, dropReportMs } = prepared;
  const core = new Core(prepared);
  const releases = [plugErrorContext()];
  if (prepared.flushAtExit) for (const sink of sinks) releases.push(flushAtExit(sink));
  const stopReport = reportDrops(core, dropReportMs);
  let closing: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    for (const write of openRequests) write(core);
    stopReport();
    core.closed = true;
    const closings = sinks.map(async (sink) => sink.close());
    await Promise.allSettled(closings);
    for (const release of releases) release();
    await Promise.all(closings);
  };
  return new LoggerImpl({ core, levels, close: () => (closing ??= end()) }, '', new Map());
}

interface Shared {
  readonly core: Core;
  readonly levels: Levels;
  close(): Promise<void>;
}

class LoggerImpl implements Logger {
  readonly #shared: Shared;
  readonly #name: string;
  readonly #parts: LineParts;
  #min = 0;
  #seen = -1;

  constructor(shared: Shared, name: string, bound: ReadonlyMap<string, string>) {
    this.#shared = shared;
    this.#name = name;
    this.#parts = shared.core.parts(name, bound);
  }

  get sinks(): readonly Sink[] {
    return this.#shared.core.sinks;
  }

  trace(message: Message, fields?: Fields | Error): void {
    this.say(SEVERITY.trace, message, fields);
  }

  debug(message: Message, fields?: Fields | Error): void {
    this.say(SEVERITY.debug, message, fields);
  }

  info(message: Message, fields?: Fields | Error): void {
    this.say(SEVERITY.info, message, fields);
  }

  warn(message: Message, fields?: Fields | Error): void {
    this.say(SEVERITY.warn, message, fields);
  }

  error(message: Message, fields?: Fields | Error): void {
    this.say(SEVERITY.error, message, fields);
  }

  fatal(message: Message, fields?: Fields | Error): void {
    this.say(SEVERITY.fatal, message, fields);
  }

  log(level: Level, message: Message, fields?: Fields | Error, eventName?: string): void {
    const event = typeof eventName === 'string' ? { name: eventName, json: '' } : undefined;
    this.say(SEVERITY[isLevel(level) ? level : 'info'], message, fields, event);
  }

  /** As `log`, for events of this package. */
  say(severity: number, message: unknown, fields: Fields | Error | undefined, event?: Occasion): void {
    const min = this.#threshold();
    if (min <= severity) {
      this.#shared.core.emit(severity, this.#parts, message, fields, event, 'said');
      return;
    }
    // Under the threshold: kept when the request keeps its lines, else nothing.
    const buffer = currentCell()?.buffer;
    if (buffer === undefined || severity < buffer.from || min >= SEVERITY.silent || buffer.state === 'discarded')
      return;
    this.#shared.core.emit(
      severity,
      this.#parts,
      message,
      fields,
      event,
      buffer.state === 'keeping' ? 'below' : 'said',
    );
  }

  #threshold(): number {
    const { levels } = this.#shared;
    if (this.#seen !== levels.changes) {
      this.#min = levels.of(this.#name);
      this.#seen = levels.changes;
    }
    return this.#min;
  }

  isEnabled(level: Level): boolean {
    return isLevel(level) && this.#threshold() <= SEVERITY[level];
  }

  child(fields: Fields): Logger {
    return new LoggerImpl(this.#shared, this.#name, bindFields(this.#shared.core.writer, this.#parts.bound, fields));
  }

  module(module: string): Logger {
    return new LoggerImpl(
      this.#shared,
      typeof module === 'string' ? module.toWellFormed().slice(0, 128) : '',
      this.#parts.bound,
    );
  }

  setLevel(level: Threshold, module = ''): void {
    this.#shared.levels.set('setLevel', module, level);
  }

  async flush(): Promise<void> {
    await Promise.all(this.sinks.map((sink) => sink.flush()));
  }

  close(): Promise<void> {
    return this.#shared.close();
  }

  counts(): LoggerCounts {
    const used = new Set<string>();
    return {
      logger: this.#shared.core.tally.counts(),
      sinks: Object.fromEntries(this.sinks.map((sink) => [unused(used, sink.name), sink.counts()])),
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
  if (logger instanceof LoggerImpl) logger.say(SEVERITY[level], message, fields, { name, json });
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
  const made = { timeMs: origin.timeMs, head: originHead(origin, HEADS[SEVERITY[level]]!), trace: origin.trace };
  if (logger instanceof LoggerImpl) logger.say(SEVERITY[level], body, fields, { name: eventName, json: '', made });
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
