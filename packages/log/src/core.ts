import type { Redactor } from '@breakwater/redact';
import { type ContextCell, currentCell, type LogContext, NO_CONTEXT } from './context.ts';
import { type TraceIds, traceHead, writeContext } from './context-json.ts';
import { isErrorLike } from './error-like.ts';
import { ended } from './exit.ts';
import { join, writeCarefully } from './fields.ts';
import { END, frameOf, type LineParts, toParts } from './frame.ts';
import { lazily } from './lazy.ts';
import { LEVELS, SEVERITY } from './level.ts';
import type { Sampler } from './sampling.ts';
import { type Sink, Tally } from './sink.ts';
import { isTemplate, renderTemplate } from './template.ts';
import { createLineStart } from './time.ts';
import { Writer, type WriterLimits } from './writer.ts';

/** The event a record stands for: its name, and attributes that no field may take. */
export interface Occasion {
  /** '' for a record that stands for none. */
  readonly name: string;
  /** `"name":value,…`, or ''. */
  readonly json: string;
  /** Of a record that another logging API made: its body is taken as it is, braces in it are no template. */
  readonly made?: {
    /** Default: now. */
    readonly timeMs: number | undefined;
    /** What follows the timestamp, up to the body. */
    readonly head: string;
    /** Default: as for every record. */
    readonly trace: TraceIds | undefined;
  };
}

export interface CoreOptions extends WriterLimits {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly sinks: readonly Sink[];
  readonly redactor: Redactor;
  readonly maxLineChars: number;
  readonly now: () => number;
  readonly trace?: (() => TraceIds | undefined) | undefined;
  readonly sampler?: Sampler | undefined;
  readonly baggage: readonly string[];
  readonly flushSeverity: number;
}

/** What follows the timestamp, up to the body, by level. */
export const HEADS: Readonly<Record<number, string>> = Object.fromEntries(
  LEVELS.map((level) => [
    SEVERITY[level],
    `,"severityText":"${level.toUpperCase()}","severityNumber":${SEVERITY[level]},"body":`,
  ]),
);

/** Turns calls into lines and hands them to the sinks. One per `createLogger`, shared by its children. */
export class Core {
  readonly options: CoreOptions;
  readonly writer: Writer;
  readonly tally: Tally = new Tally();
  readonly sinks: readonly Sink[];
  closed = false;
  /** A record that counted as written has met a sink that breaks its promise. */
  readonly #fail = (): void => {
    this.tally.written--;
    this.tally.drop('failed');
  };
  readonly #lineStart = createLineStart();
  readonly #resource: string;
  #span: Partial<TraceIds> & { readonly span: string } = { span: '' };

  constructor(options: CoreOptions) {
    this.options = options;
    this.sinks = options.sinks;
    this.writer = new Writer(options.redactor, options);
    this.writer.begin();
    this.#resource = this.writer.safely('', options.resource);
  }

  parts(scope: string, bound: ReadonlyMap<string, string>): LineParts {
    return toParts(`,"resource":${this.#resource}${scope === '' ? '' : `,"scope":${this.writer.text(scope)}`}`, bound);
  }

  /**
   * Builds the line and writes it, keeps it for the request (`below`), or drops it by sampling. `own` is what the logger
   * itself has to say: no sampling, no context. Never throws.
   */
  emit(
    severity: number,
    parts: LineParts,
    message: unknown,
    given: unknown,
    event: Occasion | undefined,
    how: 'said' | 'below' | 'own',
  ): void {
    const { tally } = this;
    tally.emitted++;
    try {
      const cell = how === 'own' ? undefined : currentCell();
      const { sampler, now } = this.options;
      const nowMs = now();
      if (this.closed) {
        tally.drop('closed');
        return;
      }
      let rate = 1;
      if (sampler !== undefined && how === 'said') {
        rate = sampler({
          severity,
          message: typeof message === 'string' ? message : '',
          eventName: event?.name || undefined,
          context: this.#known(cell, event),
          nowMs,
        });
        if (!(rate > 0)) {
          tally.drop('sampled');
          return;
        }
      }
      const fields = typeof given === 'object' || given === undefined ? (given ?? undefined) : { fields: given };
      const line = this.#line(severity, parts, message, fields, event, cell, nowMs, rate);
      const buffer = cell?.buffer;
      if (how === 'below') {
        if (buffer === undefined) tally.drop('request-ok');
        else buffer.keep(line, severity, this);
        return;
      }
      if (severity >= SEVERITY.error) buffer?.fail();
      this.write(line, severity);
    } catch {
      // Only a clock, sampler, trace hook or sink that breaks its promise gets here: the caller must not pay for it.
      tally.drop('failed');
    }
  }

  /** What a sampler may know of the work: its context, with the ids the record will have. */
  #known(cell: ContextCell | undefined, event: Occasion | undefined): LogContext | undefined {
    const ids = event?.made?.trace ?? this.options.trace?.();
    return ids === undefined ? cell?.values : { ...cell?.values, traceFlags: undefined, ...ids };
  }

  /** Hands a finished line to every sink. */
  write(line: string, severity: number): void {
    const isUrgent = ended || severity >= this.options.flushSeverity;
    let failed = false;
    for (const sink of this.sinks) {
      try {
        sink.write(line, severity);
        if (isUrgent) {
          if (sink.isSlow === true) sink.flush().catch(this.#fail);
          else sink.flushSync();
        }
      } catch {
        // The others have the line all the same.
        failed = true;
      }
    }
    this.tally.written++;
    if (failed) this.#fail();
  }

  #line(
    severity: number,
    parts: LineParts,
    message: unknown,
    fields: object | undefined,
    event: Occasion | undefined,
    cell: ContextCell | undefined,
    nowMs: number,
    rate: number,
  ): string {
    const { writer } = this;
    const { trace, baggage, maxLineChars } = this.options;
    const isBare = (fields ?? event ?? cell ?? trace) === undefined && rate === 1;
    if (isBare && typeof message === 'string' && !message.includes('{')) {
      const line = this.#lineStart(nowMs, HEADS[severity]!) + writer.text(message) + parts.closed;
      if (line.length <= maxLineChars) return line;
    }
    writer.begin();
    const made = event?.made;
    // What comes from outside goes first: a lazy text may write a record in its turn, by a logger that shares the context.
    const body = this.#body(message, fields, made !== undefined);
    const ids = made?.trace ?? trace?.();
    if (cell && cell.written?.owner !== this) cell.written = writeContext(cell.values, this, writer, baggage);
    const context = cell?.written ?? NO_CONTEXT;
    // Read now: a lazy field may write a record in its turn, by another logger that then has the frame.
    const { above, more } = cell?.written ? frameOf(parts, cell.written) : parts;
    const name = event?.name ? `,"eventName":${writer.text(event.name)}` : '';
    const { span } = ids ? this.#spanOf(ids) : context;
    const start = this.#lineStart(made?.timeMs ?? nowMs, made?.head ?? HEADS[severity]!) + body + name + span;
    let extra = event?.json ?? '';
    if (rate < 1) extra = join(extra, `"breakwater.log.sample_rate":${rate}`);
    if (typeof message === 'string' && made === undefined && isTemplate(message))
      extra = join(extra, `"breakwater.log.template":${writer.text(message)}`);
    const error = isErrorLike(fields) ? fields : isErrorLike(message) ? message : undefined;
    if (error !== undefined) extra = join(extra, writer.exceptions.attributes(error as object));
    let own = extra;
    let rest = '';
    if (fields !== undefined && fields !== error) {
      try {
        own = join(extra, writer.fields(fields, parts.bound, context.names, error));
      } catch {
        // A name that is taken, or a value that needs care: once more, name by name.
        rest = parts.open + writeCarefully(writer, fields, extra, parts.bound, context.names, error) + END;
      }
    }
    rest ||= own === '' ? parts.open + above + END : more + own + END;
    const line = start + rest;
    if (line.length <= maxLineChars) return line;
    return `${start}${parts.open}"breakwater.log.truncated_chars":${rest.length - parts.open.length}${END}`;
  }

  /** Each line of a span comes with its ids; they are checked once. */
  #spanOf(ids: TraceIds): Partial<TraceIds> & { readonly span: string } {
    const { spanId, traceId } = this.#span;
    if (spanId !== ids.spanId || traceId !== ids.traceId) this.#span = { ...ids, span: traceHead(ids) };
    return this.#span;
  }

  #body(given: unknown, fields: object | undefined, asIs: boolean): string {
    const { writer } = this;
    const message = lazily(given);
    if (typeof message === 'string') {
      if (asIs || !message.includes('{')) return writer.text(message);
      return writer.cut(renderTemplate(message, fields ?? {}, writer));
    }
    const value = isErrorLike(message) ? lazily(() => (message as Error).message) : message;
    const json = writer.safely('', value);
    return json.startsWith('"') ? json : writer.cut(json === '' ? String(value) : json);
  }
}
