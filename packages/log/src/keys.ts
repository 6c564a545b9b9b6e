import type { Redactor } from '@breakwater/redact';
import { Shape } from './shape.ts';
import { toJsonString } from './text.ts';

/**
 * What a property name asks for: nothing (`plain`); a name that must be changed (`dirty`); one that the logger writes
 * itself (`reserved`); one that the context may write (`shared`); an Error under it is the record's exception (`error`);
 * its text is the name of a `value` or `args` beside it (`label`, `labelled`).
 */
export type NameKind = 'plain' | 'dirty' | 'reserved' | 'shared' | 'error' | 'label' | 'labelled' | 'toJSON';

/** What is known about a property name, worked out once. */
export interface KeyInfo {
  readonly name: string;
  /** `"name":` */
  readonly json: string;
  readonly kind: NameKind;
}

/** Characters of a name; the rest is cut and told. */
export const MAX_NAME = 256;
const MAX_KEYS = 8192;
const MAX_SHAPES = 4096;
/** Written by the logger itself: never taken from user data under this name. */
export const RESERVED: RegExp = /^(?:exception\.|error\.type$|event\.kind$|breakwater\.|log\.record\.|__proto__$)/;
/** Written by the context too, where there is one that has it. */
export const SHARED: RegExp = /^(?:user\.id$|session\.id$|baggage\.)/;
const KINDS: readonly (readonly [RegExp, NameKind])[] = [
  [RESERVED, 'reserved'],
  [SHARED, 'shared'],
  [/^(?:error|err|exception)$/, 'error'],
  [/^(?:name|key|header)$/, 'label'],
  [/^(?:value|args)$/, 'labelled'],
  [/^toJSON$/, 'toJSON'],
];

/** Every property name and shape met, with what follows from it under one redactor. Bounded: forgotten when too many. */
export class KeyTable {
  readonly #redactor: Redactor;
  readonly #known = new Map<string, KeyInfo>();
  #shapes = 0;
  /** Where a record's own fields begin. */
  root: Shape;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
    this.root = this.#begin();
  }

  #begin(): Shape {
    this.#shapes = 0;
    return new Shape(this.get(''), this.#redactor.root, '');
  }

  /** The property `name` after `shape`. */
  after(shape: Shape, name: string): Shape {
    let next = shape.others?.get(name);
    if (next === undefined) {
      if (this.#shapes++ > MAX_SHAPES) this.root = this.#begin();
      const { start } = shape;
      next = new Shape(this.get(name), start.place.at(name), shape === start ? start.fragment : ',', start);
      shape.others ??= new Map();
      shape.others.set(name, next);
    }
    shape.next = next;
    return next;
  }

  get(name: string): KeyInfo {
    let info = this.#known.get(name);
    if (info !== undefined) return info;
    info = { name, json: `${toJsonString(name)}:`, kind: this.#kindOf(name) };
    if (this.#known.size >= MAX_KEYS) this.#known.clear();
    if (name.length <= MAX_NAME) this.#known.set(name, info);
    return info;
  }

  #kindOf(name: string): NameKind {
    if (name.length > MAX_NAME || this.#redactor.string(name) !== name || !name.isWellFormed()) return 'dirty';
    return KINDS.find(([names]) => names.test(name))?.[1] ?? 'plain';
  }
}
