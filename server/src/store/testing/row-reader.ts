/** Reads RowBinary back, for tests of what was written. */
export interface RowReader {
  uint8(): number;
  uint32(): number;
  int64(): bigint;
  uint64(): bigint;
  float64(): number;
  length(): number;
  bytes(size: number): Buffer;
  string(): string;
  atEnd(): boolean;
}

export function createRowReader(buffer: Buffer): RowReader {
  let at = 0;
  const move = (bytes: number): number => {
    at += bytes;
    return at - bytes;
  };
  const reader: RowReader = {
    uint8: () => buffer.readUInt8(move(1)),
    uint32: () => buffer.readUInt32LE(move(4)),
    int64: () => buffer.readBigInt64LE(move(8)),
    uint64: () => buffer.readBigUInt64LE(move(8)),
    float64: () => buffer.readDoubleLE(move(8)),
    length() {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = reader.uint8();
        value += (byte & 0x7f) * 2 ** shift;
        if (byte < 0x80) {
          return value;
        }
      }
    },
    bytes(size) {
      const start = move(size);
      return buffer.subarray(start, start + size);
    },
    string: () => reader.bytes(reader.length()).toString('utf8'),
    atEnd: () => at === buffer.length,
  };
  return reader;
}
