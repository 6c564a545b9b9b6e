import type { Redactor } from '@breakwater/redact';
import type { ContextCell, LogContext } from './context.ts';
import { currentCell } from './context.ts';
import { prepareContext, type TraceIds, traceHead } from './context-json.ts';
import { isErrorLike } from './error-like.ts';
import { toMembers, writeCarefully } from './fields.ts';
import { LEVELS, type Level, SEVERITY } from './level.ts';
import { type Origin, originHead } from './origin.ts';
import type { Paths } from './paths.ts';
import type { Sampler } from './sampling.ts';
import { type Sink, Tally } from './sink.ts';
import { renderTemplate } from './template.ts';
import { toJsonString } from './text.ts';
import { Timestamps } from './time.ts';
import { Writer, type WriterLimits } from './writer.ts';

/** The event a record stands for: its name, and attributes that no field may take. */
export interface Occasion {
  /** '' for a record that stands for none. */
  readonly name: string;
  /** `"name":value,…`, or ''. */
  readonly json: string;
  /** Set for a record that another logging API made. */
  readonly origin?: Origin;
}

const DROPPED: Occasion = { name: 'breakwater.log.dropped', json: '' };

export interface CoreOptions {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly sinks: readonly Sink[];
  readonly redactor: Redactor | undefined;
  readonly wordsAreClean: boolean;
  readonly paths: Paths;
  readonly limits: WriterLimits;
  readonly maxLineChars: number;
  readonly now: () => number;
  readonly trace: (() => TraceIds | undefined) | undefined;
  readonly sampler: Sampler | undefined;
  readonly baggage: readonly string[];
  readonly flushSeverity: number;
}

/** The part of a record that all lines of one logger share. */
export interface LineParts {
  /** `,"resource":…,"scope":…` */
  readonly tail: string;
  /** `tail` and the beginning of the attributes. */
  readonly open: string;
  /** Everything behind the body of a record that has neither fields nor context. */
  readonly rest: string;
  /** Fields bound by `child`, by their final names, as JSON. */
  readonly bound: ReadonlyMap<string, string>;
  readonly boundJson: string;
  /** Some bound name is one that the context may write too; the context's stands. */
  readonly clashes: boolean;
}

const HEADS: Readonly<Record<Level, string>> = Object.fromEntries(
  LEVELS.map((level) => [
    level,
    `,"severityText":"${level.toUpperCase()}","severityNumber":${SEVERITY[level]},"body":`,
  ]),
) as Record<Level, string>;

/** Turns calls into lines and hands them to the sinks. One per `createLogger`, shared by its children. */
export class Core {
  readonly options: CoreOptions;
  readonly writer: Writer;
  readonly tally: Tally = new Tally();
  closed = false;
  sinks: readonly Sink[];
  private readonly timestamps = new Timestamps();
  private readonly single: Sink | undefined;
  readonly resourceJson: string;

  constructor(options: CoreOptions) {
    this.options = options;
    this.sinks = options.sinks;
    this.single = options.sinks.length === 1 ? options.sinks[0] : undefined;
    this.writer = new Writer(options.redactor, options.limits, options.wordsAreClean, options.paths);
    this.writer.begin();
    this.resourceJson = this.writer.clean(options.resource);
  }

  /** Builds the line and writes it, keeps it for the request, or drops it by sampling. Never throws. */
  emit(
    level: Level,
    parts: LineParts,
    message: unknown,
    fields: object | undefined,
    event: Occasion | undefined,
    below: boolean,
  ): void {
    try {
      this.emitUnsafely(level, parts, message, fields, event, below);
    } catch {
      // Only a clock, sampler, trace hook or sink that breaks its promise gets here: the caller must not pay for it.
      this.tally.drop('failed');
    }
  }

  private emitUnsafely(
    level: Level,
    parts: LineParts,
    message: unknown,
    fields: object | undefined,
    event: Occasion | undefined,
    below: boolean,
  ): void {
    const cell = currentCell();
    const { sampler, now } = this.options;
    const nowMs = now();
    const severity = SEVERITY[level];
    this.tally.emitted++;
    if (this.closed) {
      this.tally.drop('closed');
      return;
    }
    let rate = 1;
    if (sampler !== undefined && !below) {
      rate = sampler({
        severity,
        message: typeof message === 'string' ? message : '',
        eventName: event?.name === '' ? undefined : event?.name,
        context: this.known(cell, event?.origin),
        nowMs,
      });
      if (!(rate > 0)) {
        this.tally.drop('sampled');
        return;
      }
    }
    const line = this.line(
      level,
      parts,
      message,
      typeof fields === 'object' || fields === undefined ? (fields ?? undefined) : { fields },
      event,
      cell,
      nowMs,
      rate,
    );
    if (below) {
      const buffer = cell?.buffer;
      if (buffer === undefined) {
        this.tally.drop('request-ok');
        return;
      }
      buffer.keep(line, severity, this);
      return;
    }
    if (severity >= SEVERITY.error) cell?.buffer?.fail();
    this.write(line, severity);
  }

  /** What a sampler may know of the work: its context, with the ids the record will have. */
  private known(cell: ContextCell | undefined, origin: Origin | undefined): LogContext | undefined {
    const ids = origin?.trace ?? this.options.trace?.();
    if (ids === undefined) return cell?.values;
    const { traceId, spanId, traceFlags } = ids;
    return { ...cell?.values, traceId, spanId, traceFlags };
  }

  dropKept(reason: 'queue-full' | 'request-ok'): void {
    this.tally.drop(reason);
  }

  /** A record of the logger's own about lines that were lost: no sampling, reserved names. */
  announce(parts: LineParts, sink: string, reason: string, count: number): void {
    this.tally.emitted++;
    const where = sink === '' ? '' : `,"breakwater.log.sink":${toJsonString(sink)}`;
    const own: LineParts = {
      ...parts,
      boundJson: `"breakwater.log.reason":"${reason}","breakwater.log.count":${count}${where}`,
    };
    const text = `${count} log ${count === 1 ? 'record was' : 'records were'} dropped: ${reason}`;
    try {
      this.write(this.line('warn', own, text, undefined, DROPPED, undefined, this.options.now(), 1), 13);
    } catch {
      // As in emit: the clock or a sink broke its promise, and nobody called who could be told.
      this.tally.drop('failed');
    }
  }

  /** Hands a finished line to every sink. */
  write(line: string, severity: number): void {
    this.tally.written++;
    if (this.single !== undefined) this.single.write(line, severity);
    else for (const sink of this.sinks) sink.write(line, severity);
    if (severity < this.options.flushSeverity) return;
    for (const sink of this.sinks) {
      if (sink.isSlow === true) void sink.flush();
      else sink.flushSync();
    }
  }

  private line(
    level: Level,
    parts: LineParts,
    message: unknown,
    fields: object | undefined,
    event: Occasion | undefined,
    cell: ContextCell | undefined,
    nowMs: number,
    rate: number,
  ): string {
    const { trace: activeSpan, maxLineChars, baggage } = this.options;
    if (typeof message === 'string' && fields === undefined && event === undefined && cell === undefined) {
      if (rate === 1 && activeSpan === undefined && message.indexOf('{') === -1) {
        const line = this.timestamps.lineStart(nowMs, HEADS[level]) + this.writer.text(message) + parts.rest;
        if (line.length <= maxLineChars) return line;
      }
    }
    this.writer.begin();
    const origin = event?.origin;
    const template = typeof message === 'string' && message.indexOf('{') !== -1 && origin === undefined;
    let head =
      (origin === undefined
        ? this.timestamps.lineStart(nowMs, HEADS[level])
        : this.timestamps.lineStart(origin.timeMs ?? nowMs, originHead(origin, HEADS[level]))) +
      (typeof message === 'string' && !template ? this.writer.text(message) : this.body(message, fields));
    if (cell !== undefined && (cell.core !== this || cell.coreVersion !== cell.version))
      prepareContext(cell, this, this.writer, baggage);
    const trace =
      origin?.trace !== undefined
        ? traceHead(origin.trace)
        : activeSpan === undefined
          ? cell?.head
          : traceHead(activeSpan() ?? cell?.values);
    if (event === undefined && (trace === undefined || trace === '')) head += parts.open;
    else
      head += `${parts.tail}${event === undefined || event.name === '' ? '' : `,"eventName":${toJsonString(event.name)}`}${trace ?? ''},"attributes":{`;
    let json = cell === undefined ? '' : cell.fragment;
    const bound = parts.clashes && cell !== undefined ? boundBeside(parts, cell) : parts.boundJson;
    if (bound !== '') json = json === '' ? bound : `${json},${bound}`;
    let extra = this.extra(rate, template && isTemplate(message) ? message : '', message, fields);
    if (event !== undefined && event.json !== '') extra = extra === '' ? event.json : `${event.json},${extra}`;
    if (extra !== '') json = json === '' ? extra : `${json},${extra}`;
    if (fields === undefined || isErrorLike(fields)) return this.fit(head, json);
    const hasError = isErrorLike(message);
    let own: string;
    try {
      own = this.writer.fields(fields, hasError, parts, cell);
    } catch {
      // A name that is taken, or a value that needs care: once more, name by name.
      return this.fit(head, writeCarefully(this.writer, fields, extra, hasError, parts, cell));
    }
    return this.fit(head, json === '' || own === '' ? json + own : `${json},${own}`);
  }

  /** What stands between the bound fields and the call's own: sampling rate, template, an error given bare. */
  private extra(rate: number, template: string, message: unknown, fields: object | undefined): string {
    let json = rate < 1 ? `"breakwater.log.sample_rate":${rate}` : '';
    if (template !== '') json += `${json === '' ? '' : ','}"breakwater.log.template":${this.writer.text(template)}`;
    if (typeof message === 'string' && !isErrorLike(fields)) return json;
    const error = isErrorLike(fields) ? fields : isErrorLike(message) ? message : undefined;
    if (error !== undefined) json += `${json === '' ? '' : ','}${this.writer.exceptions.attributes(error as object)}`;
    return json;
  }

  private fit(head: string, json: string): string {
    const line = `${head}${json}}}\n`;
    if (line.length <= this.options.maxLineChars) return line;
    return `${head}"breakwater.log.truncated_chars":${json.length}}}\n`;
  }

  private body(message: unknown, fields: object | undefined): string {
    if (typeof message === 'string') {
      if (message.indexOf('{') === -1) return this.writer.text(message);
      return toJsonString(renderTemplate(message, fields, this.writer));
    }
    if (typeof message === 'function') return this.body(callQuietly(message as () => unknown), fields);
    if (isErrorLike(message)) return this.writer.safely('', (message as Error).message);
    const json = this.writer.safely('', message);
    if (json.charCodeAt(0) === 34) return json;
    return this.writer.cut(json === '' ? String(message) : json);
  }
}

function boundBeside(parts: LineParts, cell: ContextCell): string {
  return toMembers([...parts.bound].filter(([name]) => !cell.names.has(name)));
}

function isTemplate(message: unknown): message is string {
  return typeof message === 'string' && message.indexOf('{') !== -1 && /\{[\w.-]+\}/.test(message);
}

function callQuietly(fn: () => unknown): unknown {
  try {
    const result = fn();
    return typeof result === 'function' ? '[Function]' : result;
  } catch {
    return '[lazy message threw]';
  }
}
