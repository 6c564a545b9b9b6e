import { isNativeError } from 'node:util/types';
import { fingerprint, isCategory, type SerialiseOptions, serialise, stackPlace } from '@breakwater/errors/core';
import { clean } from './clean.ts';
import { toFlat, toJsonString } from './text.ts';
import type { Writer } from './writer.ts';

const MAX_CAUSES = 5;
const MAX_FRAMES = 512;
const MAX_STACK_CHARS = 16_384;
const FRAME = '\n    at ';
const ODD_FRAME = /\n[ \t]{1,8}at /;

/** The frames of one stack. */
interface Frames {
  readonly text: string;
  /** Redacted and escaped, without quotes. */
  readonly json: string;
  /** Their part of a fingerprint. */
  readonly place: string;
  /** The last fingerprint of an error from here, and what it was made for. */
  print: string;
  printedFor: string;
}

const NO_FRAMES: Frames = { text: '', json: '', place: '', print: '', printedFor: '' };

/** One error of a chain of causes; `type`, `message` and `code` ('' for none) as JSON. */
interface Link {
  readonly type: string;
  readonly message: string;
  readonly code: string;
  readonly frames: Frames;
}

/** Errors to the attributes of the OpenTelemetry exception conventions. Remembers stacks: most errors come from few places. */
export class ExceptionWriter {
  readonly #writer: Writer;
  readonly #frames: (Frames | undefined)[] = new Array(MAX_FRAMES).fill(undefined);

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /** `"exception.type":…,…` without a comma at either end. Never throws. */
  attributes(error: object): string {
    const chain: Link[] = [];
    let hasMore = false;
    let errorType = '';
    let category: unknown;
    try {
      const seen: unknown[] = [];
      let at: unknown = error;
      for (; isNativeError(at) && chain.length <= MAX_CAUSES && !seen.includes(at); at = at.cause) {
        seen.push(at);
        const { code } = at as { code?: unknown };
        chain.push(this.#link(at.name, at.message, code, at.stack));
        hasMore ||= isRich(at);
        if (at === error && typeof code === 'string') errorType = chain[0]!.code;
      }
      hasMore ||= at !== undefined && at !== null && !seen.includes(at);
      category = (error as { category?: unknown }).category;
    } catch {
      // Its own accessors threw. The serialiser of the errors package reads nothing that can.
      chain.length = 0;
    }
    if (chain.length === 0) {
      const { name, message, code, stack } = this.#serialise(error, {});
      chain.push(this.#link(name, message, code, stack === undefined ? undefined : `\n${stack}`));
      errorType = chain[0]!.code;
      hasMore = true;
    }
    const [first, ...causes] = chain as [Link, ...Link[]];
    const stack = chain.map(toStack).join('\\nCaused by: ');
    let json =
      `"exception.type":${first.type},"exception.message":${first.message},"exception.stacktrace":"${stack}"` +
      `,"error.type":${errorType || first.type},"breakwater.error.fingerprint":"${hasMore ? fingerprint(error) : printOf(error, first.frames, chain)}"`;
    if (isCategory(category)) json += `,"breakwater.error.category":"${category}"`;
    if (causes.length > 0) json += `,"breakwater.error.causes":[${causes.map(toCause).join(',')}]`;
    if (hasMore) json += `,"breakwater.error.record":${this.#record(error, { stack: false, maxBytes: 8192 })}`;
    return json;
  }

  /** An error somewhere among the values: its record, never `{}`. */
  nested(error: unknown): string {
    return this.#record(error, { maxDepth: 5, maxErrors: 10, maxBytes: 16_384 });
  }

  #record(error: unknown, options: SerialiseOptions): string {
    return clean(this.#writer, this.#serialise(error, options));
  }

  #serialise(error: unknown, options: SerialiseOptions): ReturnType<typeof serialise> {
    return serialise(error, { ...options, redactor: this.#writer.redactor });
  }

  #link(name: unknown, message: unknown, code: unknown, stack: unknown): Link {
    const type = this.#writer.text(shortly(name, 100) || 'Error');
    const text = this.#writer.text(shortly(message, 65_536));
    const number = shortly(code, 64);
    const frames = typeof stack === 'string' ? this.#framesOf(stack) : NO_FRAMES;
    return { type, message: text, code: number && this.#writer.text(number), frames };
  }

  #framesOf(stack: string): Frames {
    let start = stack.indexOf(FRAME);
    if (start === -1) start = stack.search(ODD_FRAME);
    if (start === -1) return NO_FRAMES;
    const text = stack.slice(start, start + MAX_STACK_CHARS);
    // Compared, not looked up by hash: hashing a text of this size costs more than all the rest.
    const slot = slotOf(text);
    const found = this.#frames[slot];
    if (found?.text === text) return found;
    const { redactor } = this.#writer;
    const safe = text
      .split('\n')
      .map((line) => redactor.string(line))
      .join('\n');
    // Copies: a part of a stack would keep its message, however long, in memory.
    const copy = toFlat(text);
    const made = {
      text: copy,
      json: toFlat(toJsonString(safe).slice(1, -1)),
      place: toFlat(stackPlace(copy)),
      print: '',
      printedFor: '',
    };
    this.#frames[slot] = made;
    return made;
  }
}

function shortly(value: unknown, max: number): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, max) : '';
}

/** Without quotes. */
function toStack({ type, message, frames }: Link): string {
  return `${type.slice(1, -1)}${message === '""' ? '' : `: ${message.slice(1, -1)}`}${frames.json}`;
}

function printOf(error: object, first: Frames, chain: readonly Link[]): string {
  let key = '';
  for (const { type, code, frames } of chain) {
    // Then the message counts.
    if (code === '' && frames.place === '') return fingerprint(error);
    key += `${type}${code}${frames.place}>`;
  }
  if (first.printedFor !== key) {
    first.print = fingerprint(error);
    first.printedFor = key;
  }
  return first.print;
}

function toCause({ type, message, code }: Link): string {
  return `{"type":${type},"message":${message}${code === '' ? '' : `,"code":${code}`}}`;
}

/** Where a frame ends are its line and column. */
function slotOf(text: string): number {
  let hash = text.length;
  for (let line = 0, end = 0; line < 8; line++) {
    end = text.indexOf('\n', end + 1);
    const last = end === -1 ? text.length : end;
    for (let at = last - 6; at < last; at++) hash = Math.imul(hash, 31) + text.charCodeAt(at);
    if (end === -1) break;
  }
  return (hash ^ (hash >>> 9)) & (MAX_FRAMES - 1);
}

/** Does it carry more than name, message, code, stack and cause? */
function isRich(error: object): boolean {
  return (
    'errors' in error || 'suppressed' in error || Object.keys(error).some((name) => name !== 'code' && name !== 'name')
  );
}
