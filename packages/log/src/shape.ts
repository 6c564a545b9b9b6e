import type { Place } from '@breakwater/redact';
import type { KeyInfo, NameKind } from './keys.ts';
import { toFlat, toJsonString } from './text.ts';

/** Equal to no value that is logged. */
const UNSET = {};

/**
 * A property as it stands among others: which object, which names before it. Objects of one shape go the same way
 * through these, so what a name asks for, and what it said last time, lies next to where it is asked for. The names of
 * one object are a chain of `next`; the beginning of the chain is the `inner` of the property that holds the object.
 */
export class Shape {
  readonly info: KeyInfo;
  readonly name: string;
  readonly kind: NameKind;
  readonly place: Place;
  readonly isFree: boolean;
  /** The beginning of this object's chain. */
  readonly start: Shape;
  /** `"name":`, with what comes before it; at the beginning, what comes before the first name. */
  readonly fragment: string;
  /** What every text here becomes, as JSON; '' where it depends. */
  readonly marker: string;
  /** The property that came after this one. */
  next: Shape | undefined = undefined;
  others: Map<string, Shape> | undefined = undefined;
  /** The last value that was remembered. */
  value: unknown = UNSET;
  /** How it was written, with its fragment. */
  #text = '';
  #times = 0;
  #inner: Shape | undefined = undefined;

  constructor(info: KeyInfo, place: Place, before: string, start?: Shape) {
    this.info = info;
    this.name = info.name;
    this.kind = info.kind;
    this.place = place;
    this.isFree = place.isFree;
    this.start = start ?? this;
    this.fragment = start === undefined ? before : toFlat(before + info.json);
    this.marker = place.marker === undefined ? '' : toJsonString(place.marker);
  }

  /** Where the properties of an object under this one begin. */
  inner(): Shape {
    this.#inner ??= new Shape(this.info, this.place, '{');
    return this.#inner;
  }

  remember(value: unknown, text: string): string {
    this.value = value;
    this.#text = this.fragment + text;
    this.#times = 0;
    return this.#text;
  }

  /** What was remembered: in one piece when it stays the same, so that lines are quicker to put together. */
  again(): string {
    if (++this.#times === 3) this.#text = toFlat(this.#text);
    return this.#text;
  }
}
