/**
 * A growing buffer that values are appended to in ClickHouse's RowBinary encoding
 * (https://clickhouse.com/docs/interfaces/formats/RowBinary): little-endian numbers, strings and arrays behind their
 * length as LEB128. Nothing is allocated per value.
 */
export class RowWriter {
  /** Bytes written. Set it back to drop what was written after a point. */
  position = 0;
  #buffer: Buffer;

  constructor(initialBytes: number) {
    this.#buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** A view of what was written between two positions, valid until the writer is reset. */
  view(start: number, end: number): Buffer {
    return this.#buffer.subarray(start, end);
  }

  get capacity(): number {
    return this.#buffer.length;
  }

  /** Makes room, so that the next `bytes` can be written. Called by every method; public for those who write raw. */
  reserve(bytes: number): void {
    const needed = this.position + bytes;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.position);
      this.#buffer = grown;
    }
  }

  uint8(value: number): void {
    this.reserve(1);
    this.#buffer[this.position++] = value;
  }

  bool(value: boolean): void {
    this.uint8(value ? 1 : 0);
  }

  uint32(value: number): void {
    this.reserve(4);
    this.position = this.#buffer.writeUInt32LE(value >>> 0, this.position);
  }

  int32(value: number): void {
    this.reserve(4);
    this.position = this.#buffer.writeInt32LE(value | 0, this.position);
  }

  /** Wraps around outside of 64 bits. */
  uint64(value: bigint): void {
    this.reserve(8);
    this.position = this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.position);
  }

  /** Wraps around outside of 64 bits. */
  int64(value: bigint): void {
    this.reserve(8);
    this.position = this.#buffer.writeBigInt64LE(BigInt.asIntN(64, value), this.position);
  }

  float64(value: number): void {
    this.reserve(8);
    this.position = this.#buffer.writeDoubleLE(value, this.position);
  }

  /** DateTime64(9). OTLP times have 64 bits without sign; what is beyond DateTime64's end (year 2262) becomes its end. */
  time(unixNano: bigint): void {
    this.int64(unixNano > MAX_INT64 ? MAX_INT64 : unixNano);
  }

  nullableFloat64(value: number | null): void {
    if (value === null) {
      this.uint8(1);
    } else {
      this.uint8(0);
      this.float64(value);
    }
  }

  length(value: number): void {
    this.reserve(5);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.position++] = rest;
  }

  /** Unpaired surrogates become U+FFFD. */
  string(value: string): void {
    const chars = value.length;
    if (chars < SHORT && this.#shortAscii(value, chars)) {
      return;
    }
    // A UTF-16 unit takes at most three bytes.
    this.reserve(chars * 3 + 5);
    const lengthAt = this.position;
    const guess = lengthBytes(chars);
    const bytes = this.#buffer.write(value, lengthAt + guess, 'utf8');
    const actual = lengthBytes(bytes);
    if (actual !== guess) {
      this.#buffer.copyWithin(lengthAt + actual, lengthAt + guess, lengthAt + guess + bytes);
    }
    this.length(bytes);
    this.position = lengthAt + actual + bytes;
  }

  /** A call into native code costs more than a short loop. False: not ASCII, nothing written. */
  #shortAscii(value: string, chars: number): boolean {
    this.reserve(chars + 1);
    const buffer = this.#buffer;
    const start = this.position + 1;
    for (let i = 0; i < chars; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        return false;
      }
      buffer[start + i] = code;
    }
    buffer[this.position] = chars;
    this.position = start + chars;
    return true;
  }

  bytes(value: Uint8Array): void {
    const size = value.length;
    this.reserve(size);
    if (size < SHORT) {
      for (let i = 0; i < size; i++) {
        this.#buffer[this.position + i] = value[i] as number;
      }
    } else {
      this.#buffer.set(value, this.position);
    }
    this.position += size;
  }

  /** FixedString from hexadecimal text: '' is all zero. Throws a TypeError on any other length or on other characters. */
  hex(text: string, size: number): void {
    this.reserve(size);
    const buffer = this.#buffer;
    if (text === '') {
      buffer.fill(0, this.position, this.position + size);
    } else {
      if (text.length !== size * 2) {
        throw new TypeError(`an id must have ${size * 2} hexadecimal digits, got ${JSON.stringify(text)}`);
      }
      for (let i = 0; i < size; i++) {
        const high = HEX[text.charCodeAt(2 * i)] ?? -1;
        const low = HEX[text.charCodeAt(2 * i + 1)] ?? -1;
        if ((high | low) < 0) {
          throw new TypeError(`an id must have ${size * 2} hexadecimal digits, got ${JSON.stringify(text)}`);
        }
        buffer[this.position + i] = (high << 4) | low;
      }
    }
    this.position += size;
  }
}

const MAX_INT64 = 0x7fff_ffff_ffff_ffffn;
const SHORT = 48;

function lengthBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}

const HEX = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}
