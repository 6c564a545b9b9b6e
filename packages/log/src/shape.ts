import type { KeyInfo } from './keys.ts';
import type { PathNode } from './paths.ts';
import { toFlat } from './text.ts';

/** Equal to no value that is logged. */
const UNSET: unknown = Symbol('unset');
const MAX_RUN_CHARS = 1024;
let clock = 0;

/**
 * A property as it stands among others: which object, which names before it. Objects of one shape go the same way
 * through these, so what a property said last time lies next to where it is asked for. The names of one object are a
 * chain of `next`; the beginning of the chain is the `inner` of the property that holds the object.
 */
export class Shape {
  readonly info: KeyInfo;
  readonly name: string;
  readonly parent: Shape | undefined;
  /** The beginning of this object's chain. */
  readonly start: Shape;
  readonly path: PathNode | undefined;
  /** `"name":`, with what comes before it. */
  readonly fragment: string;
  /** At the beginning: what comes before the first name. */
  readonly before: string;
  /** Nothing but the value itself decides how it is written. */
  readonly open: boolean;
  /** The property that came after this one. */
  next: Shape | undefined = undefined;
  others: Map<string, Shape> | undefined = undefined;
  /** The last value, if it is one that is remembered: as it was, or a nested object's text. */
  value: unknown = UNSET;
  nested = '';
  /** Fragment and value. */
  text = '';
  /** When `text` became what it is. */
  stamp = 0;
  /** Texts from `runFrom` to here in one piece, as they were at `runStamp`. */
  private runFrom: Shape | undefined = undefined;
  private runStamp = 0;
  private run = '';
  private object: Shape | undefined = undefined;
  private list: Shape | undefined = undefined;
  private closing: Shape | undefined = undefined;

  constructor(info: KeyInfo, before: string, parent: Shape | undefined, path: PathNode | undefined) {
    this.info = info;
    this.name = info.name;
    this.parent = parent;
    this.start = parent === undefined ? this : parent.start;
    this.path = path;
    this.before = before;
    this.fragment = before === ',' ? info.further : before === '' ? info.fragment : toFlat(before + info.fragment);
    this.open = path === undefined && (info.kind === 'plain' || info.kind === 'clean');
  }

  /** Where the properties of an object under this one begin. */
  inner(): Shape {
    this.object ??= new Shape(this.info, '{', undefined, this.path);
    return this.object;
  }

  /** The items of an array under this one. */
  item(): Shape {
    this.list ??= new Shape(this.info, '', undefined, undefined);
    return this.list;
  }

  /** The end of an object, as one more property. */
  end(): Shape {
    if (this.closing === undefined) {
      this.closing = new Shape(this.info, '', this, undefined);
      this.closing.text = this.parent === undefined ? '{}' : '}';
    }
    return this.closing;
  }

  remember(value: unknown, text: string): string {
    this.value = value;
    this.nested = '';
    this.stamp = ++clock;
    this.text = this.fragment + text;
    return this.text;
  }

  rememberObject(nested: string): string {
    this.remember(UNSET, nested);
    this.nested = nested;
    return this.text;
  }

  /**
   * What the properties after `from` up to this one said last time. `stamp` is the newest of theirs, so the same `from`
   * and `stamp` mean the same text: asked for a second time it is kept in one piece.
   */
  since(from: Shape, stamp: number): string {
    const again = this.runFrom === from && this.runStamp === stamp;
    if (again && this.run !== '') return this.run;
    let text = '';
    for (let at: Shape = this; at !== from; at = at.parent!) text = at.text + text;
    this.runFrom = from;
    this.runStamp = stamp;
    this.run = again && text.length <= MAX_RUN_CHARS ? toFlat(text) : '';
    return this.run === '' ? text : this.run;
  }

  /** Is it the text that `since` keeps? */
  keeps(text: string): boolean {
    return this.run !== '' && this.run === text;
  }
}
