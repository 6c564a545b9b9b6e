import { isDate } from 'node:util/types';
import type { Place, Redactor } from '@breakwater/redact';
import { clean, dateText } from './clean.ts';
import type { Names } from './context.ts';
import { isErrorLike } from './error-like.ts';
import { ExceptionWriter } from './exception.ts';
import { KeyTable } from './keys.ts';
import { lazily } from './lazy.ts';
import type { Shape } from './shape.ts';
import { toFlat, toJsonString } from './text.ts';

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
const BAIL = {};
const EMPTY = {};
const SLOTS = 8192;
const MAX_REMEMBERED_TEXT = 128;
/** V8 copies a part of a text that is shorter, and refers to the whole in a longer one. */
const MIN_PART = 13;

/**
 * Values to JSON, redacted on the way. Two walks: a fast one for what programs usually log (plain objects, arrays, texts,
 * numbers, dates), and a careful one, through the redactor's copy, for everything else. Neither throws.
 */
export class Writer {
  readonly keys: KeyTable;
  readonly redactor: Redactor;
  readonly exceptions: ExceptionWriter;
  readonly #limits: WriterLimits;
  readonly #hashes = new Int32Array(SLOTS);
  readonly #texts: string[] = new Array(SLOTS).fill('');
  readonly #written: string[] = new Array(SLOTS).fill('""');
  /** What `text` was given, in a piece of its own; '' when there is no such. */
  #copy = '';
  /** Values that this record may still have. */
  nodes = 0;
  /** Object.prototype has enumerable properties, which `for in` would find in every object. */
  #polluted = false;

  constructor(redactor: Redactor, limits: WriterLimits) {
    this.redactor = redactor;
    this.#limits = limits;
    this.exceptions = new ExceptionWriter(this);
    this.keys = new KeyTable(redactor);
  }

  /** A new record begins: its budget is whole again. */
  begin(): void {
    this.nodes = this.#limits.maxNodes;
    this.#polluted = false;
    for (const _ in EMPTY) this.#polluted = true;
  }

  /**
   * A text as JSON, redacted. One that is met again costs a comparison: it is kept the second time, as a copy, because
   * a part of a long text would keep the whole of it in memory.
   */
  text(text: string): string {
    const { redactor } = this;
    this.#copy = text.length < MIN_PART ? text : '';
    if (text.length > MAX_REMEMBERED_TEXT) return this.cut(redactor.string(text));
    const hash = hashOf(text);
    const slot = hash & (SLOTS - 1);
    const known = this.#texts[slot]!;
    if (known === text) {
      this.#copy = known;
      return this.#written[slot]!;
    }
    const json = redactor.isPlain(text) ? `"${text}"` : toJsonString(redactor.string(text));
    if (this.#hashes[slot] !== hash) this.#hashes[slot] = hash;
    else {
      this.#texts[slot] = toFlat(text);
      this.#written[slot] = toFlat(json);
      // Another text of this hash has to come twice in its turn.
      this.#hashes[slot] = 0;
    }
    return json;
  }

  /** A text that is redacted already. */
  cut(text: string): string {
    const max = this.#limits.maxTextChars;
    const cut = text.length - max;
    return toJsonString(cut > 0 ? `${text.slice(0, max)}…[${cut} characters cut]` : text);
  }

  /** A property's value by its name, its place and itself; '' when there is nothing to write. */
  #property(at: Shape, value: unknown, depth: number): string {
    if (at.isFree) return this.#value(at, value, depth);
    const { place } = at;
    if (at.marker !== '' && typeof value === 'string' && value !== '' && value.charCodeAt(0) !== 91) return at.marker;
    if (place.isOpen && typeof value === 'object' && value !== null && isPlainObject(value))
      return this.#object(at, value, depth);
    return this.#judged(place, value);
  }

  /** Through the redactor, with the place. */
  #judged(place: Place, value: unknown): string {
    const safe = place.redact(lazily(value));
    return safe === undefined ? '' : clean(this, safe);
  }

  /** A value that only itself says something of. May throw `BAIL` or what the value's own code throws. */
  #value(at: Shape, value: unknown, depth: number): string {
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'number':
        if (!Number.isFinite(value)) return `"${value}"`;
        // No rule takes a shorter number but by its name.
        return value < 1e11 ? `${value}` : this.#judged(at.place, value);
      case 'boolean':
        return `${value}`;
      case 'undefined':
        return '';
      case 'function':
        return this.#value(at, lazily(value), depth);
      case 'object':
        return value === null ? 'null' : this.#object(at, value, depth);
      default:
        return this.#judged(at.place, value);
    }
  }

  #object(at: Shape, value: object, depth: number): string {
    if (depth >= this.#limits.maxDepth || this.nodes < 0) throw BAIL;
    if (Array.isArray(value)) return this.#array(at, value, depth + 1);
    if (isPlainObject(value)) return this.#walk(value, at.inner(), depth + 1);
    if (isDate(value)) return dateText(value);
    if (isErrorLike(value)) return this.exceptions.nested(value);
    return this.#judged(at.place, value);
  }

  /**
   * A record's own fields, without braces. Throws when they need care, and for a name that is taken, because bound fields
   * or the context have written it. `error` is the record's exception, if it has one already.
   */
  fields(fields: object, bound: Names, context: Names, error: unknown): string {
    return this.#walk(fields, this.keys.root, 0, bound, context, error);
  }

  /**
   * The properties of an object, along the shape it had last time. `bound` and `context` are given for a record's own fields.
   * A getter or lazy value may write a record in its turn: whatever it does to the shapes leaves each of them whole.
   */
  #walk(source: object, start: Shape, depth: number, bound?: Names, context?: Names, error?: unknown): string {
    const inherits = this.#polluted || (context !== undefined && !isPlainObject(source));
    const taken = bound !== undefined && bound.size > 0 ? bound : undefined;
    // Names met for the first time are dear; an object of thousands is no record but data.
    const most = context === undefined ? 512 : this.nodes;
    let hasError = error !== undefined;
    let json = '';
    let label = '';
    let count = 0;
    let at = start;
    for (const name in source) {
      if (inherits && !Object.hasOwn(source, name)) continue;
      if (++count > most) throw BAIL;
      const item: unknown = source[name as never];
      if (item === undefined) continue;
      let next = at.next;
      if (next === undefined || next.name !== name) next = this.keys.after(at, name);
      const { kind } = next;
      if (taken?.has(name)) throw BAIL;
      if (kind !== 'plain') {
        if (kind === 'dirty' || (kind === 'toJSON' && typeof item === 'function')) throw BAIL;
        if (context !== undefined) {
          if (kind === 'reserved' || (kind === 'shared' && context.has(name))) throw BAIL;
          if (kind === 'error' && isErrorLike(item)) {
            if (hasError) throw BAIL;
            hasError = true;
            json += (at === start ? '' : ',') + this.exceptions.attributes(item as object);
            at = next;
            continue;
          }
        }
        if (kind === 'label' && typeof item === 'string') label = item;
      }
      if (item === next.value && label === '') {
        json += next.again();
        at = next;
        continue;
      }
      // `{name: 'authorization', value: …}`
      const isNamed = kind === 'labelled' && label !== '';
      let text: string;
      if (isNamed) text = this.#judged(start.place.at(name, label), item);
      else text = next.isFree && typeof item === 'string' ? this.text(item) : this.#property(next, item, depth);
      if (text === '') continue;
      // What an object says may be another thing the next time.
      const kept =
        typeof item === 'string' ? this.#copy : typeof item !== 'object' && typeof item !== 'function' && item;
      json += item === kept && next.isFree && !isNamed ? next.remember(kept, text) : next.fragment + text;
      at = next;
    }
    this.nodes -= count;
    if (context !== undefined) return json;
    return json === '' ? '{}' : `${json}}`;
  }

  #array(at: Shape, value: readonly unknown[], depth: number): string {
    const { length } = value;
    this.nodes -= length;
    if (this.nodes < 0) throw BAIL;
    let json = '';
    for (let index = 0; index < length; index++) {
      const item = value[index];
      // An item may speak for the next one (`'--password'`), and a card number may be spread over several.
      if (typeof item === 'string' && !this.redactor.isQuiet(item)) return this.#judged(at.place, value);
      const text = this.#value(at, item, depth);
      json += index === 0 ? text || 'null' : `,${text || 'null'}`;
    }
    return `[${json}]`;
  }

  /** Any value, for good: what the fast walk cannot take goes through a redacted copy. Never throws. */
  safely(name: string, given: unknown, label = ''): string {
    const value = lazily(given);
    try {
      if (label === '') return this.#property(this.keys.after(this.keys.root, name), value, 0);
    } catch {
      // Hostile or unusual: the redactor's copy reads it without being harmed, and has limits of its own.
      this.nodes = this.#limits.maxNodes;
    }
    return this.#judged(this.redactor.root.at(name, label), value);
  }
}

/** May throw what a proxy's trap throws. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || (prototype === null && !isErrorLike(value));
}

/** What differs is an id at the end, or something in the middle. */
function hashOf(text: string): number {
  const { length } = text;
  if (length < 4) return length === 0 ? 0 : Math.imul(text.charCodeAt(0), 31) + text.charCodeAt(length - 1);
  let hash = Math.imul(length, 31) + text.charCodeAt(length >> 1);
  hash = Math.imul(hash, 31) + text.charCodeAt(length - 1);
  hash = Math.imul(hash, 31) + text.charCodeAt(length - 2);
  hash = Math.imul(hash, 31) + text.charCodeAt(length - 3);
  hash = Math.imul(hash, 31) + text.charCodeAt(length - 4);
  return hash ^ (hash >>> 13);
}
