import { isDate, isMap, isSet } from 'node:util/types';
import { serialise } from '@breakwater/errors';
import type { Redactor } from '@breakwater/redact';
import { bareCopier } from './bare-copy.ts';
import { isErrorLike } from './error-like.ts';
import { type KeyInfo, KeyTable } from './keys.ts';
import type { PathNode, Paths } from './paths.ts';
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
export const hasOwn: (this: object, name: PropertyKey) => boolean = Object.prototype.hasOwnProperty;
const ERROR_LIMITS = { maxDepth: 5, maxErrors: 10, maxBytes: 16_384 } as const;

/**
 * Values to JSON, redacted on the way. Two walks: a fast one for what programs usually log (plain objects, arrays, texts,
 * numbers, dates), and a careful one, through a redacted copy, for everything else. Neither throws.
 */
export class Writer {
  readonly keys: KeyTable;
  readonly redactor: Redactor | undefined;
  readonly limits: WriterLimits;
  readonly wordsAreClean: boolean;
  private readonly numbersAreClean: boolean;
  private readonly texts: string[] = new Array(SLOTS).fill('');
  private readonly written: string[] = new Array(SLOTS).fill('""');
  private nodes = 0;
  /** Object.prototype has enumerable properties, which `for in` would find in every object. */
  polluted: boolean = false;

  /** `wordsAreClean`: no rule can take a short plain word or a number under 100 million. */
  constructor(redactor: Redactor | undefined, limits: WriterLimits, wordsAreClean: boolean, paths: Paths) {
    this.redactor = redactor;
    this.limits = limits;
    this.wordsAreClean = wordsAreClean || redactor === undefined;
    this.numbersAreClean = this.wordsAreClean;
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
    if (this.numbersAreClean && value < 1e8 && value > -1e8) return `${value}`;
    const { redactor } = this;
    if (redactor === undefined) return `${value}`;
    const safe = redactor.redact(value);
    return typeof safe === 'number' ? `${safe}` : toJsonString(String(safe));
  }

  /** A property's value by its name and itself; '' when there is nothing to write. */
  named(info: KeyInfo, value: unknown, depth: number): string {
    if (depth === 0 && info.path !== undefined) return this.onPath(info.path, info, value, 0);
    switch (info.kind) {
      case 'plain':
      case 'clean':
        return this.value(info.name, value, depth);
      case 'mask':
        if (typeof value === 'string' && value !== '' && value.charCodeAt(0) !== 91) return info.marker;
        return this.field(info.name, value);
      default:
        return this.field(info.name, value);
    }
  }

  /** A value that path rules name, or that holds what they name. */
  private onPath(node: PathNode, info: KeyInfo, value: unknown, depth: number): string {
    if (node.marker !== '') {
      if (typeof value === 'string' && value !== '' && value.charCodeAt(0) !== 91) return node.marker;
      if (value === undefined) return '';
      if (value === null || typeof value === 'boolean') return String(value);
      throw BAIL;
    }
    if (typeof value !== 'object' || value === null) return this.named(info, value, depth + 1);
    const prototype: unknown = Object.getPrototypeOf(value);
    // Only the redactor, from the top, knows its way through anything but plain objects.
    if (Array.isArray(value) || prototype !== Object.prototype) throw BAIL;
    return this.plain(value, depth + 1, node);
  }

  /** Through the redactor, with the name. */
  private field(name: string, value: unknown): string {
    if (typeof value === 'function') return this.field(name, lazily(value));
    if (this.redactor === undefined) return this.clean(value, 0);
    const safe = this.redactor.field(name, value);
    return safe === undefined ? '' : this.clean(safe, 0);
  }

  /** A value under a name that says nothing. May throw `BAIL` or what the value's own code throws. */
  value(name: string, value: unknown, depth: number): string {
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
        return this.field(name, value);
      case 'symbol':
        return '"[Symbol]"';
      case 'function':
        return this.lazy(name, value, depth);
      default:
        return value === null ? 'null' : this.object(name, value as object, depth);
    }
  }

  private lazy(name: string, value: object, depth: number): string {
    const result = lazily(value);
    return typeof result === 'function' ? '"[Function]"' : this.value(name, result, depth);
  }

  private object(name: string, value: object, depth: number): string {
    if (depth >= this.limits.maxDepth) throw BAIL;
    if (Array.isArray(value)) return this.array(name, value, depth + 1);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.plain(value, depth + 1);
    if (isDate(value)) return dateText(value);
    if (isErrorLike(value)) return this.error(value);
    return this.field(name, value);
  }

  private plain(value: object, depth: number, node?: PathNode): string {
    let json = '';
    let label = false;
    let count = 0;
    let info: KeyInfo | undefined;
    const source = value as Record<string, unknown>;
    for (const name in source) {
      if (this.polluted && !hasOwn.call(source, name)) continue;
      let found = info?.next;
      if (found === undefined || found.name !== name) {
        found = this.keys.get(name);
        if (info !== undefined) info.next = found;
      }
      info = found;
      // Names met for the first time are dear; an object of thousands is no record but data.
      if (found.dirty || ++count > 512) throw BAIL;
      const item = source[name];
      if (found.special) {
        // `{name: 'authorization', value: …}` and an own toJSON are for the redactor to judge.
        if (label && (name === 'value' || name === 'args')) throw BAIL;
        if (typeof item === 'function' && name === 'toJSON') throw BAIL;
        label ||= typeof item === 'string' && isLabel(name);
      }
      let text: string;
      // The common case by hand: a text or number under a name that says nothing.
      if (node === undefined && found.kind === 'plain' && typeof item === 'string') text = this.text(item);
      else if (node === undefined && found.kind === 'plain' && typeof item === 'number') text = this.number(item);
      else {
        const below = node?.children.get(name);
        text = below === undefined ? this.named(found, item, depth) : this.onPath(below, found, item, depth);
      }
      if (text !== '') json = json === '' ? found.fragment + text : json + found.further + text;
    }
    this.nodes -= count;
    return `{${json}}`;
  }

  private array(name: string, value: readonly unknown[], depth: number): string {
    let json = '';
    for (let index = 0; index < value.length; index++) {
      const item = value[index];
      // An item may speak for the next one (`'--password'`), and a card number may be spread over several.
      if (typeof item === 'string' && this.redactor !== undefined && !isQuietItem(item)) return this.field(name, value);
      const text = this.value(name, item, depth);
      json += index === 0 ? text || 'null' : `,${text || 'null'}`;
    }
    return `[${json}]`;
  }

  /** An error somewhere among the values: its record, never `{}`. */
  error(value: unknown): string {
    const record = serialise(
      value,
      this.redactor === undefined ? ERROR_LIMITS : { ...ERROR_LIMITS, redactor: this.redactor },
    );
    return this.clean(record, 0);
  }

  /** Any value, for good: what the fast walk cannot take goes through a redacted copy. Never throws. */
  safely(info: KeyInfo, value: unknown): string {
    try {
      return this.named(info, value, 0);
    } catch {
      // Hostile or unusual: the redactor's copy reads it without being harmed, and has limits of its own.
      this.nodes = this.limits.maxNodes;
      return this.carefully(info.name, value);
    }
  }

  private carefully(name: string, value: unknown): string {
    try {
      const copier = this.redactor ?? bareCopier(this.limits.maxDepth);
      const safe = copier.field(name, value);
      return safe === undefined ? '' : this.clean(safe, 0);
    } catch (error) {
      return `"[not written: ${error instanceof Error ? toJsonString(error.name).slice(1, -1) : 'unreadable'}]"`;
    }
  }

  /** Data that is redacted already: no accessors, no cycles. */
  clean(value: unknown, depth: number): string {
    if (--this.nodes < 0) return '"[too many values]"';
    switch (typeof value) {
      case 'string':
        return this.cut(value);
      case 'number':
        return Number.isFinite(value) ? `${value}` : `"${value}"`;
      case 'boolean':
        return value ? 'true' : 'false';
      case 'bigint':
        return value >= -0x8000000000000000n && value <= 0x7fffffffffffffffn ? `${value}` : `"${value}"`;
      case 'object':
        return value === null ? 'null' : this.cleanObject(value, depth);
      default:
        return '';
    }
  }

  private cleanObject(value: object, depth: number): string {
    if (depth > 64) return '"[too deep]"';
    if (Array.isArray(value)) return this.cleanItems(value, depth);
    if (isDate(value)) return dateText(value);
    if (isErrorLike(value)) return this.error(value);
    if (isSet(value)) return this.cleanItems([...value], depth);
    if (isMap(value)) {
      const entries = [...value];
      if (entries.every(([key]) => typeof key === 'string'))
        return this.cleanEntries(entries as [string, unknown][], depth);
      return this.cleanItems(entries, depth);
    }
    if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
    return this.cleanEntries(Object.entries(value), depth);
  }

  private cleanItems(items: readonly unknown[], depth: number): string {
    return `[${items.map((item) => this.clean(item, depth + 1) || 'null').join(',')}]`;
  }

  private cleanEntries(entries: readonly (readonly [string, unknown])[], depth: number): string {
    const used = new Set<string>();
    let json = '';
    for (const [name, item] of entries) {
      const text = this.clean(item, depth + 1);
      if (text === '') continue;
      const key = unused(used, name.length > 256 ? `${name.slice(0, 256)}…` : name);
      json += `${json === '' ? '' : ','}${toJsonString(key)}:${text}`;
    }
    return `{${json}}`;
  }
}

const EMPTY = {};

function isPolluted(): boolean {
  for (const _ in EMPTY) return true;
  return false;
}

export function isLabel(name: string): boolean {
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

/** A name not used before, as it will be written: two that look alike get numbers. */
function unused(used: Set<string>, name: string): string {
  const base = name.toWellFormed();
  let key = base;
  for (let number = 2; used.has(key); number++) key = `${base}#${number}`;
  used.add(key);
  return key;
}

/** An item that is neither a flag, a label nor a part of a number. */
function isQuietItem(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  if (last === 58 || last === 61 || last === 32 || (last >= 48 && last <= 57)) return false;
  if (text.charCodeAt(0) === 45) return false;
  return text.length > 24 || !/auth|cookie/i.test(text);
}

function dateText(value: Date): string {
  const ms = Date.prototype.getTime.call(value);
  return Number.isNaN(ms) ? '"Invalid Date"' : `"${new Date(ms).toISOString()}"`;
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
