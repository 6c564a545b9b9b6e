import { DecodeError } from './decode-error.ts';
import { createTextCache } from './text-cache.ts';

/** Wire types of the protobuf encoding (https://protobuf.dev/programming-guides/encoding/). */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
const START_GROUP = 3;
const END_GROUP = 4;
export const FIXED32 = 5;

const MAX_GROUP_DEPTH = 64;
const NO_ID = /^0+$/;

// Shared by all requests: keys and names repeat across them more than within one.
const keys = createTextCache(4096, 64);
const shortValues = createTextCache(4096, 16);

/**
 * Reads protobuf fields from a buffer, in place. Never reads past the end of the buffer: whatever would is a
 * DecodeError. A nested message is the range up to an `end` the caller keeps and checks with {@link finish}.
 */
export class ProtobufReader {
  readonly buffer: Buffer;
  readonly end: number;
  pos = 0;
  readonly #view: DataView;
  #traceIdPos = -1;
  #traceId = '';

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.byteLength;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A field's number and wire type as on the wire: `number << 3 | type`. */
  tag(): number {
    const first = this.buffer[this.pos] as number;
    if (first < 0x80 && first > 7) {
      this.pos++;
      return first;
    }
    const tag = this.varint32();
    if (tag >>> 3 === 0) throw this.#error('field number 0');
    return tag;
  }

  /** Reads a length and returns where the value that follows ends. */
  valueEnd(): number {
    const first = this.buffer[this.pos] as number;
    let length: number;
    if (first < 0x80) {
      this.pos++;
      length = first;
    } else {
      length = this.#varintNumber();
    }
    const end = this.pos + length;
    if (!(end <= this.end)) throw this.#error('a length reaches past the end of the data');
    return end;
  }

  /** To be called after the last field of a message that must end at `end`. */
  finish(end: number): void {
    if (this.pos !== end) throw this.#error('a field reaches past the end of its message');
  }

  /** The low 32 bits of a varint, unsigned. */
  varint32(): number {
    let result = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      // Bits above 32 fall away; negative int32 values have them.
      if (shift < 32) result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result >>> 0;
    }
    throw this.#error('a varint is longer than 10 bytes');
  }

  /** A uint64 varint. */
  uint64(): bigint {
    const first = this.buffer[this.pos] as number;
    if (first < 0x80) {
      this.pos++;
      return BigInt(first);
    }
    return this.#longVarint();
  }

  /** An int64 varint. */
  int64(): bigint {
    const value = this.uint64();
    return value > 0x7fff_ffff_ffff_ffffn ? BigInt.asIntN(64, value) : value;
  }

  /** A sint32 varint (zigzag). */
  sint32(): number {
    const value = this.varint32();
    return (value >>> 1) ^ -(value & 1);
  }

  bool(): boolean {
    return this.uint64() !== 0n;
  }

  fixed32(): number {
    const at = this.#advance(4);
    return this.#view.getUint32(at, true);
  }

  fixed64(): bigint {
    const at = this.#advance(8);
    return this.#view.getBigUint64(at, true);
  }

  sfixed64(): bigint {
    const at = this.#advance(8);
    return this.#view.getBigInt64(at, true);
  }

  double(): number {
    const at = this.#advance(8);
    return this.#view.getFloat64(at, true);
  }

  /** The text up to `end`; invalid UTF-8 is replaced by U+FFFD. */
  text(end: number): string {
    const start = this.pos;
    this.pos = end;
    if (end - start <= 16) return shortValues.read(this.buffer, start, end);
    return this.buffer.toString('utf8', start, end);
  }

  /** As {@link text}, for what repeats: attribute keys, names. */
  name(end: number): string {
    const start = this.pos;
    this.pos = end;
    return keys.read(this.buffer, start, end);
  }

  /** A copy of the bytes up to `end`, so that keeping it does not keep the whole request. */
  bytes(end: number): Uint8Array {
    const start = this.pos;
    this.pos = end;
    return new Uint8Array(this.buffer.subarray(start, end));
  }

  /** 16 bytes up to `end` as lower-case hexadecimal, '' if all are zero or there are none, null if there are not 16. */
  traceId(end: number): string | null {
    const start = this.pos;
    if (end - start !== 16) return this.#id(end, 16);
    // Records of one trace come together; their id is then one string.
    const last = this.#traceIdPos;
    if (last >= 0 && sameBytes(this.buffer, last, start, 16)) {
      this.pos = end;
      return this.#traceId;
    }
    const id = this.#id(end, 16) as string;
    this.#traceIdPos = start;
    this.#traceId = id;
    return id;
  }

  /** As {@link traceId}, of 8 bytes. */
  spanId(end: number): string | null {
    return this.#id(end, 8);
  }

  /** Passes over the value of a field that is not known. */
  skip(tag: number): void {
    this.#skip(tag, 0);
  }

  #skip(tag: number, groupDepth: number): void {
    switch (tag & 7) {
      case VARINT:
        for (let i = 0; i < 10; i++) {
          if (this.#byte() < 0x80) return;
        }
        throw this.#error('a varint is longer than 10 bytes');
      case FIXED64:
        this.#advance(8);
        return;
      case LENGTH:
        this.pos = this.valueEnd();
        return;
      case FIXED32:
        this.#advance(4);
        return;
      case START_GROUP:
        this.#skipGroup(tag >>> 3, groupDepth + 1);
        return;
      default:
        throw this.#error((tag & 7) === END_GROUP ? 'a group ends that did not begin' : `wire type ${tag & 7}`);
    }
  }

  #skipGroup(field: number, depth: number): void {
    if (depth > MAX_GROUP_DEPTH) throw this.#error(`groups nested more than ${MAX_GROUP_DEPTH} deep`);
    while (this.pos < this.end) {
      const tag = this.tag();
      if ((tag & 7) === END_GROUP) {
        if (tag >>> 3 !== field) throw this.#error('a group ends that did not begin');
        return;
      }
      this.#skip(tag, depth);
    }
    throw this.#error('a group does not end');
  }

  #id(end: number, length: number): string | null {
    const start = this.pos;
    this.pos = end;
    if (end === start) return '';
    if (end - start !== length) return null;
    const id = this.buffer.toString('hex', start, end);
    return id.startsWith('00') && NO_ID.test(id) ? '' : id;
  }

  #byte(): number {
    if (this.pos >= this.end) throw this.#error('the data ends within a value');
    return this.buffer[this.pos++] as number;
  }

  #advance(length: number): number {
    const at = this.pos;
    if (at + length > this.end) throw this.#error('the data ends within a value');
    this.pos = at + length;
    return at;
  }

  #varintNumber(): number {
    let result = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte();
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) return result;
      factor *= 128;
    }
    throw this.#error('a varint is longer than 10 bytes');
  }

  #longVarint(): bigint {
    // 28 + 28 + 8 bits: numbers as long as the value fits in one, which is nearly always.
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
    }
    let middle = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      middle |= (byte & 0x7f) << shift;
      if (byte < 0x80) return middle < 0x200_0000 ? BigInt(low + middle * 0x1000_0000) : join(low, middle, 0);
    }
    const ninth = this.#byte();
    if (ninth < 0x80) return join(low, middle, ninth);
    const tenth = this.#byte();
    if (tenth >= 0x80) throw this.#error('a varint is longer than 10 bytes');
    return join(low, middle, (ninth & 0x7f) | ((tenth & 1) << 7));
  }

  #error(what: string): DecodeError {
    return new DecodeError(`malformed protobuf at byte ${this.pos}: ${what}`);
  }
}

function join(low: number, middle: number, high: number): bigint {
  return BigInt(low) | (BigInt(middle) << 28n) | (BigInt(high) << 56n);
}

function sameBytes(buffer: Buffer, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    if (buffer[a + i] !== buffer[b + i]) return false;
  }
  return true;
}
