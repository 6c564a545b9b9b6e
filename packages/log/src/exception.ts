import { isNativeError } from 'node:util/types';
import { type ErrorRecord, fingerprint, isCategory, type SerialiseOptions, serialise } from '@breakwater/errors/core';
import type { Redactor } from '@breakwater/redact';
import { toFlat, toJsonString } from './text.ts';
import type { Writer } from './writer.ts';

const NESTED_LIMITS = { maxDepth: 5, maxErrors: 10, maxBytes: 16_384 } as const;
const MAX_CAUSES = 5;
const MAX_FRAMES = 512;
const MAX_STACK_CHARS = 16_384;

/** The frames of one stack, escaped and redacted once. */
interface Frames {
  readonly text: string;
  readonly id: number;
  /** JSON text without quotes. */
  readonly json: string;
}

interface Link {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly frames: Frames | undefined;
}

/** Errors to the attributes of the OpenTelemetry exception conventions. Remembers stacks: most errors come from few places. */
export class ExceptionWriter {
  private readonly writer: Writer;
  private readonly frames: (Frames | undefined)[] = new Array(MAX_FRAMES).fill(undefined);
  private readonly prints = new Map<string, string>();
  private readonly redactor: Redactor | undefined;
  private nextId = 1;

  constructor(writer: Writer) {
    this.writer = writer;
    this.redactor = writer.redactor;
  }

  /** `"exception.type":…,…` without a comma at either end. Never throws. */
  attributes(error: object): string {
    try {
      return this.known(error);
    } catch {
      // Its own accessors threw. The serialiser of the errors package reads nothing that can.
      return this.foreign(error);
    }
  }

  private known(error: object): string {
    const chain: Link[] = [];
    const seen: unknown[] = [];
    let rich = false;
    let at: unknown = error;
    while (isNativeError(at) && chain.length <= MAX_CAUSES && !seen.includes(at)) {
      seen.push(at);
      chain.push(this.link(at));
      rich ||= isRich(at);
      at = (at as { cause?: unknown }).cause;
    }
    const first = chain[0];
    if (first === undefined) return this.foreign(error);
    if (at !== undefined && at !== null && !seen.includes(at)) rich = true;
    const own = (error as { code?: unknown }).code;
    const type = this.writer.text(first.name);
    let stack = this.stackJson(first);
    let causes = '';
    for (let index = 1; index < chain.length; index++) {
      const link = chain[index]!;
      stack += `\\nCaused by: ${this.stackJson(link)}`;
      const code = link.code === '' ? '' : `,"code":${this.writer.text(link.code)}`;
      causes += `${index === 1 ? '' : ','}{"type":${this.writer.text(link.name)},"message":${this.writer.text(link.message)}${code}}`;
    }
    const category = (error as { category?: unknown }).category;
    let json =
      `"exception.type":${type},"exception.message":${this.writer.text(first.message)},"exception.stacktrace":"${stack}"` +
      `,"error.type":${first.code !== '' && typeof own === 'string' ? this.writer.text(first.code) : type}` +
      `,"breakwater.error.fingerprint":"${this.print(error, chain)}"`;
    if (isCategory(category)) json += `,"breakwater.error.category":"${category}"`;
    if (causes !== '') json += `,"breakwater.error.causes":[${causes}]`;
    if (rich) json += `,"breakwater.error.record":${this.record(error)}`;
    return json;
  }

  private link(error: Error): Link {
    const { name, message, stack } = error;
    const code = (error as { code?: unknown }).code;
    return {
      name: typeof name === 'string' && name !== '' ? name.slice(0, 100) : 'Error',
      message: typeof message === 'string' ? message.slice(0, 65_536) : '',
      code: typeof code === 'string' || typeof code === 'number' ? String(code).slice(0, 64) : '',
      frames: typeof stack === 'string' ? this.framesOf(stack) : undefined,
    };
  }

  private framesOf(stack: string): Frames | undefined {
    const start = stack.indexOf('\n    at ');
    if (start === -1) return undefined;
    const text = stack.slice(start, start + MAX_STACK_CHARS);
    // Compared, not looked up by hash: hashing a text of this size costs more than all the rest.
    const slot = slotOf(text);
    const found = this.frames[slot];
    if (found !== undefined && found.text === text) return found;
    const other = this.frames[slot ^ 1];
    if (other !== undefined && other.text === text) return other;
    const { redactor } = this;
    const safe =
      redactor === undefined
        ? text
        : text
            .split('\n')
            .map((line) => redactor.string(line))
            .join('\n');
    const made = { text: toFlat(text), id: this.nextId++, json: toFlat(toJsonString(safe).slice(1, -1)) };
    this.frames[found === undefined ? slot : slot ^ 1] = made;
    if (found !== undefined && other !== undefined) this.frames[slot] = other;
    return made;
  }

  private stackJson(link: Link): string {
    const name = this.writer.text(link.name).slice(1, -1);
    const message = this.writer.text(link.message).slice(1, -1);
    return `${name}${message === '' ? '' : `: ${message}`}${link.frames?.json ?? ''}`;
  }

  /** Kept by name, code and frames when the message does not count, which one try with another message tells. */
  private print(error: object, chain: readonly Link[]): string {
    let key = '';
    for (const link of chain) key += `${link.name}|${link.code}|${link.frames?.id ?? 0}>`;
    const known = this.prints.get(key);
    if (known !== undefined) return known;
    const print = fingerprint(error);
    if (chain.every((link) => link.frames !== undefined) && print === fingerprint(withOtherMessage(error, 0))) {
      if (this.prints.size >= MAX_FRAMES) this.prints.clear();
      this.prints.set(key, print);
    }
    return print;
  }

  /** An error somewhere among the values: its record, never `{}`. */
  nested(error: unknown): string {
    return this.writer.clean(this.serialise(error, NESTED_LIMITS));
  }

  private serialise(error: unknown, options: SerialiseOptions): ErrorRecord {
    return serialise(error, this.redactor === undefined ? options : { ...options, redactor: this.redactor });
  }

  private record(error: unknown): string {
    return this.writer.clean(this.serialise(error, { stack: false, maxBytes: 8192 }));
  }

  private foreign(error: unknown): string {
    const record = this.serialise(error, {});
    const type = this.writer.clean(record.name);
    let json = `"exception.type":${type},"exception.message":${this.writer.clean(record.message)}`;
    if (record.stack !== undefined) json += `,"exception.stacktrace":${this.writer.clean(record.stack)}`;
    json += `,"error.type":${record.code === undefined ? type : this.writer.clean(record.code)}`;
    return `${json},"breakwater.error.fingerprint":"${fingerprint(error)}","breakwater.error.record":${this.record(error)}`;
  }
}

function slotOf(text: string): number {
  const { length } = text;
  let hash = length;
  // The first frame tells most: line and column are in it.
  for (let at = 8; at < 160 && at < length; at += 4) hash = Math.imul(hash, 31) + text.charCodeAt(at);
  for (let step = 1; step <= 8; step++) hash = Math.imul(hash, 31) + text.charCodeAt(((length - 1) * step) >> 3);
  return (hash ^ (hash >>> 9)) & (MAX_FRAMES - 1);
}

/** Does it carry more than name, message, code, stack and cause? */
function isRich(error: object): boolean {
  if ('errors' in error) return true;
  for (const name of Object.keys(error)) if (name !== 'code' && name !== 'name') return true;
  return false;
}

function withOtherMessage(error: object, depth: number): object {
  const { name, code, stack, cause } = error as { name?: unknown; code?: unknown; stack?: unknown; cause?: unknown };
  const made: Record<string, unknown> = { name, stack, message: 'another message entirely' };
  if (code !== undefined) made['code'] = code;
  if (typeof cause === 'object' && cause !== null && depth < MAX_CAUSES)
    made['cause'] = withOtherMessage(cause, depth + 1);
  // Everything else that may count (the brand of a typed error) stays.
  return Object.assign(Object.create(Object.getPrototypeOf(error)), made);
}
