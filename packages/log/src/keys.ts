import type { Redactor } from '@breakwater/redact';
import type { Paths } from './paths.ts';
import { Shape } from './shape.ts';
import { toJsonString } from './text.ts';

/** What is known about a property name, worked out once. */
export interface KeyInfo {
  readonly name: string;
  /** `"name":` */
  readonly fragment: string;
  /** `,"name":` */
  readonly further: string;
  /** `plain`: judge the value alone. `field`: name and value together. `clean`: no redaction. `mask`: see `marker`. */
  readonly kind: 'plain' | 'field' | 'clean' | 'mask';
  /** What every text under a `mask` name becomes, as JSON. */
  readonly marker: string;
  /** The name itself must be changed, so the whole object is written the careful way. */
  readonly dirty: boolean;
  /** `name`, `key`, `header`, `value`, `args` or `toJSON`: what it means depends on its neighbours and its value. */
  readonly special: boolean;
  /** `error`, `err`, `exception`: an Error under it is the record's exception. */
  readonly holdsError: boolean;
  /** Written by the logger itself: never taken from user data under this name. */
  readonly reserved: boolean;
  /** A child logger has bound it, or the context may write it: duplicates are looked for. */
  watched: boolean;
  /** `dirty`, `special`, `holdsError` or `watched`: one question for what is rare. */
  odd: boolean;
}

/** Values that a name of any strength would take if it took anything. */
const PROBES: readonly unknown[] = [
  'q7Rk2ZpX9vLm4Tn8Wc3YbD6s',
  'hunter2hunter2',
  '123',
  123,
  '1234',
  '12/29',
  '123456789',
  '123-45-6789',
  '5551234567',
  '4111111111111111',
  4111111111111111,
  'DE89370400440532013000',
];

const MAX_KEYS = 8192;
const MAX_SHAPES = 4096;
const RESERVED = /^(?:exception\.|error\.type$|event\.kind$|breakwater\.|log\.record\.|__proto__$)/;
const SPECIAL: ReadonlySet<string> = new Set(['name', 'key', 'header', 'value', 'args', 'toJSON']);
const CONTEXT = new Set(['user.id', 'session.id', 'trace_id', 'span_id']);

/** Every property name and shape met, with what follows from it under one redactor. Bounded: forgotten when too many. */
export class KeyTable {
  private readonly known = new Map<string, KeyInfo>();
  private readonly redactor: Redactor | undefined;
  private readonly paths: Paths;
  private readonly bound = new Set<string>();
  private shapes = 0;
  /** Where a record's own fields begin. */
  root!: Shape;

  constructor(redactor: Redactor | undefined, paths: Paths) {
    this.redactor = redactor;
    this.paths = paths;
    this.forget();
  }

  private forget(): void {
    this.shapes = 0;
    this.root = this.beginning();
  }

  beginning(): Shape {
    return new Shape(this.get(''), '', undefined, this.paths.root);
  }

  /** The property `name` after `shape`. */
  after(shape: Shape, name: string): Shape {
    let next = shape.others?.get(name);
    if (next === undefined) {
      if (this.shapes++ > MAX_SHAPES) this.forget();
      next = new Shape(
        this.get(name),
        shape.parent !== undefined ? ',' : shape.before,
        shape,
        shape.start.path?.children.get(name),
      );
      shape.others ??= new Map();
      shape.others.set(name, next);
    }
    shape.next = next;
    return next;
  }

  get(name: string): KeyInfo {
    return this.known.get(name) ?? this.add(name);
  }

  /** From now on duplicates of this name are looked for. */
  watch(name: string): void {
    this.bound.add(name);
    const info = this.get(name);
    info.watched = true;
    info.odd = true;
  }

  private add(name: string): KeyInfo {
    const { redactor } = this;
    const safe = redactor === undefined ? name : redactor.string(name);
    const action = redactor === undefined ? 'keep' : redactor.key(name);
    let kind: KeyInfo['kind'] = 'plain';
    let marker = '';
    if (redactor === undefined) kind = 'clean';
    else if (this.paths.leaves(name)) kind = 'field';
    else if (action === 'mask') {
      kind = 'mask';
      marker = toJsonString(String(redactor.field(name, 'q7Rk2ZpX9vLm4Tn8Wc3YbD6s')));
    } else if (action !== false) kind = 'field';
    else if (PROBES.some((probe) => redactor.field(name, probe) !== redactor.redact(probe))) kind = 'field';
    const dirty = safe !== name || name.toWellFormed() !== name || name.length > 256;
    const special = SPECIAL.has(name);
    const holdsError = name === 'error' || name === 'err' || name === 'exception';
    const watched = RESERVED.test(name) || CONTEXT.has(name) || this.bound.has(name);
    const info: KeyInfo = {
      name,
      fragment: `${toJsonString(name)}:`,
      further: `,${toJsonString(name)}:`,
      kind,
      marker,
      dirty,
      special,
      holdsError,
      reserved: RESERVED.test(name),
      watched,
      odd: dirty || special || holdsError || watched,
    };
    if (this.known.size >= MAX_KEYS) {
      this.known.clear();
      this.forget();
    }
    if (name.length <= 256) this.known.set(name, info);
    return info;
  }
}
