import { checkOptions, flag } from '@breakwater/errors/options';
import { toLevel } from '../level.ts';
import { type LogRecord, toRecord } from '../record.ts';
import type { Sink } from '../sink.ts';
import { type StdoutOptions, stdoutRules, stdoutSink } from './stdout.ts';

const COLOURS = { trace: 90, debug: 36, info: 32, warn: 33, error: 31, fatal: 35 } as const;

/** One record for a person to read: time, level, text, fields, and below them the stack. */
export function toPretty(record: LogRecord, colour: boolean): string {
  const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const level = toLevel(record.severityNumber);
  const { 'exception.stacktrace': stack, ...rest } = record.attributes;
  const fields = Object.entries(rest).map(([name, value]) => `${paint(90, `${name}=`)}${show(value)}`);
  const scope = record.scope === undefined ? '' : `${paint(90, `[${visible(record.scope)}]`)} `;
  const event = record.eventName === undefined ? '' : `${paint(90, `<${visible(record.eventName)}>`)} `;
  const head = `${record.timestamp.slice(11, 23)} ${paint(COLOURS[level], level.toUpperCase().padEnd(5))} ${scope}${event}${visible(record.body)}`;
  const body = fields.length === 0 ? head : `${head}  ${fields.join(' ')}`;
  return typeof stack === 'string'
    ? `${body}\n${stack
        .split('\n')
        .map((line) => `    ${visible(line)}`)
        .join('\n')}\n`
    : `${body}\n`;
}

function show(value: unknown): string {
  if (typeof value === 'string') return /^[\w./:@-]+$/.test(value) ? value : visible(JSON.stringify(value));
  return visible(JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'bigint' ? `${inner}` : inner)));
}

/** A terminal obeys what JSON only carries: controls and bidirectional marks are shown as escapes. */
function visible(text: string): string {
  return text.replace(
    /[\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export interface PrettyOptions extends StdoutOptions {
  readonly colour?: boolean | undefined;
}

const rules = { ...stdoutRules, colour: flag };

/** For development: records as text, each line at once. Default colour: when standard output is a terminal. */
export function prettySink(options: PrettyOptions = {}): Sink {
  checkOptions('prettySink', options, rules);
  const { colour = process.stdout.isTTY === true, ...rest } = options;
  const sink = stdoutSink({ name: 'pretty', batchChars: 1, ...rest });
  return { ...delegate(sink), write: (line, severity) => sink.write(toPretty(toRecord(line), colour), severity) };
}

function delegate(sink: Sink): Sink {
  return {
    name: sink.name,
    write: (line, severity) => sink.write(line, severity),
    flush: () => sink.flush(),
    flushSync: (isLast) => sink.flushSync(isLast),
    close: () => sink.close(),
    counts: () => sink.counts(),
  };
}
