import { isDate } from 'node:util/types';
import type { Redactor } from '@breakwater/redact';
import { bareCopier } from './bare-copy.ts';
import { clean, dateText } from './clean.ts';
import type { ContextCell } from './context.ts';
import type { LineParts } from './core.ts';
import { isErrorLike } from './error-like.ts';
import { ExceptionWriter } from './exception.ts';
import { type KeyInfo, KeyTable } from './keys.ts';
import type { Paths } from './paths.ts';
import type { Shape } from './shape.ts';
import { isPlainWord, toJsonString } from './text.ts';

/** How far a record may grow. */
export interface WriterLimits {
  /** Levels of nesting below the fields. */
  readonly maxDepth: number;
  /** Values in one record. */
  readonly maxNodes: number;
  /** Characters of one text; the rest is cut and told. */
  readonly maxTextChars: number;
}

/** Thrown inside the fast walk when a value needs the careful one. */
const BAIL = new Error('needs the careful walk');
const SLOTS = 8192;
/** Characters of a text, and of a nested object as JSON, that are remembered as what a property said last time. */
const MAX_KEPT_CHARS = 64;
const MAX_KEPT_TEXT = 512;
const hasOwn = Object.prototype.hasOwnProperty;

/**
 * Values to JSON, redacted on the way. Two walks: a fast one for what programs usually log (plain objects, arrays, texts,
 * numbers, dates), and a careful one, through a redacted copy, for everything else. Neither throws.
 */
export class Writer {
  readonly keys: KeyTable;
  readonly redactor: Redactor | undefined;
  readonly limits: WriterLimits;
  readonly wordsAreClean: boolean;
  private readonly texts: string[] = new Array(SLOTS).fill('');
  private readonly written: string[] = new Array(SLOTS).fill('""');
  readonly exceptions: ExceptionWriter;
  /** Values that this record may still have. */
  nodes = 0;
  /** Fields are being walked. */
  private busy = false;
  /** The text that `walk` returned is one that its shape keeps. */
  private kept = false;
  /** Object.prototype has enumerable properties, which `for in` would find in every object. */
  polluted: boolean = false;

  /** `wordsAreClean`: no rule can take a short plain word or a number under 100 million. */
  constructor(redactor: Redactor | undefined, limits: WriterLimits, wordsAreClean: boolean, paths: Paths) {
    this.redactor = redactor;
    this.limits = limits;
    this.wordsAreClean = wordsAreClean || redactor === undefined;
    this.exceptions = new ExceptionWriter(this);
    this.keys = new KeyTable(redactor, paths);
  }

  /** A new record begins: its budget is whole again. */
  begin(): void {
    this.nodes = this.limits.maxNodes;
    this.polluted = isPolluted();
  }

  /** A text as JSON, redacted. Short texts met again cost a comparison. */
  text(text: string): string {
    const { length } = text;
    if (length > 128) return this.longText(text);
    const slot = slotOf(text, length);
    if (this.texts[slot] === text) return this.written[slot]!;
    let json: string;
    if (this.wordsAreClean && isPlainWord(text)) json = `"${text}"`;
    else json = toJsonString(this.redactor === undefined ? text : this.redactor.string(text));
    this.texts[slot] = text;
    this.written[slot] = json;
    return json;
  }

  private longText(text: string): string {
    return this.cut(this.redactor === undefined ? text : this.redactor.string(text));
  }

  /** A text that is redacted already. */
  cut(text: string): string {
    const max = this.limits.maxTextChars;
    if (text.length <= max) return toJsonString(text);
    return toJsonString(`${text.slice(0, max)}…[${text.length - max} characters cut]`);
  }

  private number(value: number): string {
    if (!Number.isFinite(value)) return `"${value}"`;
    if (this.wordsAreClean && value < 1e8 && value > -1e8) return `${value}`;
    const { redactor } = this;
    if (redactor === undefined) return `${value}`;
    const safe = redactor.redact(value);
    return typeof safe === 'number' ? `${safe}` : toJsonString(String(safe));
  }

  /** A property's value by its name, its place and itself; '' when there is nothing to write. */
  private property(at: Shape, value: unknown, depth: number): string {
    const { info, path } = at;
    if (path !== undefined) {
      if (path.marker !== '') {
        if (isMaskable(value)) return path.marker;
        if (value === undefined) return '';
        if (value === null || typeof value === 'boolean') return String(value);
        throw BAIL;
      }
      if (typeof value === 'object' && value !== null) {
        // Only the redactor, from the top, knows its way through anything but plain objects.
        if (Array.isArray(value) || Object.getPrototypeOf(value) !== Object.prototype) throw BAIL;
        return this.walk(value as Record<string, unknown>, at.inner(), depth + 1);
      }
    }
    if (info.kind === 'plain' || info.kind === 'clean') return this.value(at, value, depth);
    return info.kind === 'mask' && isMaskable(value) ? info.marker : this.field(info.name, value);
  }

  /** Through the redactor, with the name. */
  private field(name: string, value: unknown): string {
    if (typeof value === 'function') return this.field(name, lazily(value));
    if (this.redactor === undefined) return this.clean(value);
    const safe = this.redactor.field(name, value);
    return safe === undefined ? '' : this.clean(safe);
  }

  /** A value under a name that says nothing. May throw `BAIL` or what the value's own code throws. */
  private value(at: Shape, value: unknown, depth: number): string {
    if (--this.nodes < 0) throw BAIL;
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'number':
        return this.number(value);
      case 'boolean':
        return value ? 'true' : 'false';
      case 'undefined':
        return '';
      case 'bigint':
        return this.field(at.name, value);
      case 'symbol':
        return '"[Symbol]"';
      case 'function': {
        const result = lazily(value);
        return typeof result === 'function' ? '"[Function]"' : this.value(at, result, depth);
      }
      default:
        return value === null ? 'null' : this.object(at, value as object, depth);
    }
  }

  private object(at: Shape, value: object, depth: number): string {
    if (depth >= this.limits.maxDepth) throw BAIL;
    if (Array.isArray(value)) return this.array(at, value, depth + 1);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null)
      return this.walk(value as Record<string, unknown>, at.inner(), depth + 1);
    if (isDate(value)) return dateText(value);
    if (isErrorLike(value)) return this.exceptions.nested(value);
    return this.field(at.name, value);
  }

  /**
   * Where fields begin. A getter or lazy value among them may write a record in its turn, which must not change what the
   * shapes of the one under way remember, so it gets shapes of its own.
   */
  private begins(): Shape {
    const start = this.busy ? this.keys.beginning() : this.keys.root;
    this.busy = true;
    return start;
  }

  /**
   * A record's own fields, without braces. Throws when they need care, and for a name that bound fields or the context
   * have taken.
   */
  fields(fields: object, hasError: boolean, parts: LineParts, cell: ContextCell | undefined): string {
    const { busy } = this;
    const start = this.begins();
    try {
      return this.walk(fields as Record<string, unknown>, start, 0, hasError, parts, cell);
    } finally {
      this.busy = busy;
    }
  }

  /**
   * The properties of an object, along the shape it had last time. What says the same as last time is not written
   * value by value: the text from then, in one piece for all that stand side by side, goes into the line.
   */
  private walk(
    source: Record<string, unknown>,
    start: Shape,
    depth: number,
    hasError?: boolean,
    parts?: LineParts,
    cell?: ContextCell,
  ): string {
    let inherits = this.polluted;
    if (parts !== undefined && !inherits) {
      const prototype: unknown = Object.getPrototypeOf(source);
      inherits = prototype !== Object.prototype && prototype !== null;
    }
    let json = '';
    let at = start;
    let from = start;
    let stamp = 0;
    let count = 0;
    let label = false;
    let error = hasError === true;
    for (const name in source) {
      if (inherits && !hasOwn.call(source, name)) continue;
      // Names met for the first time are dear; an object of thousands is no record but data.
      if (++count > 512 && parts === undefined) throw BAIL;
      const item = source[name];
      if (item === undefined) continue;
      let next = at.next;
      if (next === undefined || next.name !== name) next = this.keys.after(at, name);
      const { info } = next;
      if (info.odd) {
        if (info.dirty) throw BAIL;
        if (parts !== undefined) {
          if (info.watched && isTaken(info, parts, cell)) throw BAIL;
          if (info.holdsError && typeof item === 'object' && isErrorLike(item)) {
            if (error) throw BAIL;
            error = true;
            json += `${at.since(from, stamp)}${at === start ? '' : ','}${this.exceptions.attributes(item as object)}`;
            at = next;
            from = next;
            stamp = 0;
            continue;
          }
        }
        if (info.special) {
          // `{name: 'authorization', value: …}` and an own toJSON are for the redactor to judge.
          if (label && (name === 'value' || name === 'args')) throw BAIL;
          if (typeof item === 'function' && name === 'toJSON') throw BAIL;
          label ||= typeof item === 'string' && isLabel(name);
        }
      }
      if (item === next.value) {
        if (next.stamp > stamp) stamp = next.stamp;
        at = next;
        continue;
      }
      let text: string;
      if (next.open && typeof item === 'string') {
        text = this.text(item);
        text = item.length <= MAX_KEPT_CHARS ? next.remember(item, text) : next.fragment + text;
      } else if (next.open && typeof item === 'number') {
        text = this.number(item);
        text = this.wordsAreClean ? next.remember(item, text) : next.fragment + text;
      } else if (next.open && (typeof item === 'boolean' || item === null)) {
        text = next.remember(item, `${item}`);
      } else {
        this.kept = false;
        text = this.property(next, item, depth);
        if (text === '') continue;
        if (this.kept && text.length <= MAX_KEPT_TEXT) {
          if (next.nested === text) {
            if (next.stamp > stamp) stamp = next.stamp;
            at = next;
            continue;
          }
          text = next.rememberObject(text);
        } else text = next.fragment + text;
      }
      json += at === from ? text : at.since(from, stamp) + text;
      at = next;
      from = next;
      stamp = 0;
    }
    this.nodes -= count;
    if (parts === undefined) at = at.end();
    if (at === from) return json;
    const rest = at.since(from, stamp);
    this.kept = from === start && at.keeps(rest);
    return json === '' ? rest : json + rest;
  }

  private array(at: Shape, value: readonly unknown[], depth: number): string {
    const place = at.item();
    let json = '';
    for (let index = 0; index < value.length; index++) {
      const item = value[index];
      // An item may speak for the next one (`'--password'`), and a card number may be spread over several.
      if (typeof item === 'string' && this.redactor !== undefined && !isQuietItem(item))
        return this.field(at.name, value);
      const text = this.value(place, item, depth);
      json += index === 0 ? text || 'null' : `,${text || 'null'}`;
    }
    this.kept = false;
    return `[${json}]`;
  }

  /** Any value, for good: what the fast walk cannot take goes through a redacted copy. Never throws. */
  safely(name: string, value: unknown): string {
    const { busy } = this;
    try {
      return this.property(this.keys.after(this.begins(), name), value, 0);
    } catch {
      // Hostile or unusual: the redactor's copy reads it without being harmed, and has limits of its own.
      this.nodes = this.limits.maxNodes;
      return this.carefully(name, value);
    } finally {
      this.busy = busy;
    }
  }

  private carefully(name: string, value: unknown): string {
    try {
      const copier = this.redactor ?? bareCopier(this.limits.maxDepth);
      const safe = copier.field(name, value);
      return safe === undefined ? '' : this.clean(safe);
    } catch (error) {
      return `"[not written: ${error instanceof Error ? toJsonString(error.name).slice(1, -1) : 'unreadable'}]"`;
    }
  }

  /** Data that is redacted already: no accessors, no cycles. */
  clean(value: unknown): string {
    return clean(this, value, 0);
  }
}

const EMPTY = {};

function isTaken(info: KeyInfo, parts: LineParts, cell: ContextCell | undefined): boolean {
  return info.reserved || parts.bound.has(info.name) || cell?.names.has(info.name) === true;
}

/** A text that a mask takes; one in brackets is a marker already. */
function isMaskable(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.charCodeAt(0) !== 91;
}

function isPolluted(): boolean {
  for (const _ in EMPTY) return true;
  return false;
}

function isLabel(name: string): boolean {
  return name === 'name' || name === 'key' || name === 'header';
}

/** Ids differ at their end, paths in their middle. */
function slotOf(text: string, length: number): number {
  if (length < 4) return 0;
  let hash = Math.imul(length, 31) + text.charCodeAt(length >> 1);
  hash = Math.imul(hash, 31) + text.charCodeAt(length - 1);
  hash = Math.imul(hash, 31) + text.charCodeAt(length - 2);
  hash = Math.imul(hash, 31) + text.charCodeAt(length - 3);
  hash = Math.imul(hash, 31) + text.charCodeAt(length - 4);
  return (hash ^ (hash >>> 13)) & (SLOTS - 1);
}

/** An item that is neither a flag, a label nor a part of a number. */
function isQuietItem(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  if (last === 58 || last === 61 || last === 32 || (last >= 48 && last <= 57)) return false;
  if (text.charCodeAt(0) === 45) return false;
  return text.length > 24 || !/auth|cookie/i.test(text);
}

/** A function without parameters is a value that is worked out only when it is written. */
function lazily(value: object): unknown {
  const fn = value as () => unknown;
  if (fn.length !== 0 || /^class\b/.test(Function.prototype.toString.call(fn))) return '[Function]';
  try {
    return fn();
  } catch {
    // The line is worth more than the value; the value says what became of it.
    return '[lazy value threw]';
  }
}
