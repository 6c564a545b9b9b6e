import { OptionError } from '@breakwater/errors/core';
import { checkOptions, listOf, text } from '@breakwater/errors/options';
import type { Level } from '../level.ts';
import { holdsSink, type Logger, sayForeign } from '../logger.ts';
import { type LogRecord, toRecord } from '../record.ts';
import { type Sink, type SinkCounts, Tally } from '../sink.ts';
import { handOver, hasComeBack } from './loop-guard.ts';
import { safeFormat } from './safe-format.ts';

/** The part of a LogTape record that is read. */
export interface LogTapeRecordLike {
  readonly category: readonly string[];
  readonly level: string;
  readonly message: readonly unknown[];
  readonly properties: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly timestamp?: number;
}

/** A LogTape record as it is handed over. */
export interface LogTapeRecord {
  readonly category: readonly string[];
  readonly level: 'trace' | 'debug' | 'info' | 'warning' | 'error' | 'fatal';
  readonly message: readonly unknown[];
  readonly rawMessage: string;
  readonly timestamp: number;
  readonly properties: Record<string, unknown>;
}

const LEVELS: ReadonlyMap<string, Level> = new Map([
  ['warning', 'warn'],
  ['trace', 'trace'],
  ['debug', 'debug'],
  ['error', 'error'],
  ['fatal', 'fatal'],
]);

/** On a record handed to LogTape: the sink it comes from. LogTape's copies keep it, also those of sinks that hold records back. */
const FROM = Symbol('breakwater.log.from');

/**
 * A LogTape sink that says what libraries log with LogTape; their category becomes the module, their time the record's.
 * What `sinkToLogTape` of the same logger handed to LogTape is not said again.
 */
export function logTapeSink(logger: Logger): (record: LogTapeRecordLike) => void {
  const modules = new Map<string, Logger>();
  const moduleOf = (name: string): Logger => {
    let module = modules.get(name);
    if (module === undefined) {
      module = logger.module(name);
      if (modules.size < 1000) modules.set(name, module);
    }
    return module;
  };
  return (record) => {
    try {
      const from = (record as { [FROM]?: Sink })[FROM];
      if (hasComeBack(logger) || (from !== undefined && holdsSink(logger, from))) return;
      const { category, level, message, properties, timestamp } = record;
      const body = message.map(toText).join('');
      // What is no time is now.
      const timeMs = Number.isNaN(new Date(timestamp ?? Number.NaN).getTime()) ? undefined : timestamp;
      sayForeign(moduleOf(category.join('.')), LEVELS.get(level) ?? 'info', body, properties, { timeMs });
    } catch {
      // No record of LogTape, or one whose own code throws: said without it, for a library must not fail by logging.
      sayForeign(logger, 'warn', 'A record of LogTape could not be read', undefined, {});
    }
  };
}

/** As LogTape's own formatters: what is no text as `util.inspect` shows it. */
function toText(part: unknown): string {
  return typeof part === 'string' ? part : safeFormat([part]);
}

/** Where records go: to one sink of LogTape, or to the loggers of its configuration. */
export type LogTapeTarget =
  | {
      /** A sink of LogTape; what it returns from `drain` is waited for by `flush`. */
      readonly sink: ((record: LogTapeRecord) => void) & { drain?(): Promise<void> };
    }
  | {
      /** `getLogger` of `@logtape/logtape`: its configuration decides by category and level. */
      readonly getLogger: (category: readonly string[]) => { emit(record: Omit<LogTapeRecord, 'category'>): void };
    };

export interface LogTapeOptions {
  /** Name in counts and reports. Default `logtape`. */
  readonly name?: string | undefined;
  /** What stands before the words of the module. Default: the service's name. */
  readonly category?: readonly string[] | undefined;
}

const rules = { name: text, category: /* @__PURE__ */ listOf(text) };

/**
 * A sink that hands records to LogTape. The category is `category` and the words of the module, the properties are the
 * record's attributes with `eventName`, `traceId` and `spanId` beside them, the raw message is the template where there
 * was one. What LogTape does with a record is not counted here.
 */
export function sinkToLogTape(target: LogTapeTarget, options: LogTapeOptions = {}): Sink {
  checkOptions('sinkToLogTape', options, rules);
  const send = senderTo(target, options.category);
  const tally = new Tally();
  const drain = async (): Promise<void> => {
    if (!('sink' in target)) return;
    try {
      await target.sink.drain?.();
    } catch {
      // The records are with LogTape, whose own error this is; a flush must not reject.
      return;
    }
  };
  const sink: Sink = {
    name: options.name ?? 'logtape',
    write(line) {
      tally.emitted++;
      try {
        handOver(sink, () => send(toRecord(line), sink));
        tally.written++;
      } catch {
        // A sink that throws must not reach the caller of the logger.
        tally.drop('failed');
      }
    },
    flush: drain,
    flushSync() {},
    close: drain,
    counts: (): SinkCounts => tally.counts(),
  };
  return sink;
}

function senderTo(
  target: LogTapeTarget,
  category: readonly string[] | undefined,
): (record: LogRecord, from: Sink) => void {
  const categoryOf = ({ resource, scope }: LogRecord): string[] => [
    ...(category ?? [String(resource['service.name'] ?? '')]),
    ...(scope === undefined ? [] : scope.split('.')),
  ];
  if (typeof target === 'object' && target !== null && 'sink' in target && typeof target.sink === 'function')
    return (record, from) => target.sink({ ...toLogTape(record, from), category: categoryOf(record) });
  if (typeof target === 'object' && target !== null && 'getLogger' in target && typeof target.getLogger === 'function')
    return (record, from) => target.getLogger(categoryOf(record)).emit(toLogTape(record, from));
  throw new OptionError('target', target, 'an object with a sink or with getLogger of LogTape');
}

function toLogTape(record: LogRecord, from: Sink): Omit<LogTapeRecord, 'category'> {
  const { body, severityNumber, timestamp, attributes, eventName, traceId, spanId } = record;
  const template = attributes['breakwater.log.template'];
  const made: Omit<LogTapeRecord, 'category'> & { [FROM]: Sink } = {
    level: levelOf(severityNumber),
    message: [body],
    rawMessage: typeof template === 'string' ? template : body,
    timestamp: Date.parse(timestamp),
    properties: {
      ...attributes,
      ...(eventName === undefined ? {} : { eventName }),
      ...(traceId === undefined ? {} : { traceId }),
      ...(spanId === undefined ? {} : { spanId }),
    },
    [FROM]: from,
  };
  return made;
}

function levelOf(severity: number): LogTapeRecord['level'] {
  if (severity >= 21) return 'fatal';
  if (severity >= 17) return 'error';
  if (severity >= 13) return 'warning';
  if (severity >= 9) return 'info';
  return severity >= 5 ? 'debug' : 'trace';
}
