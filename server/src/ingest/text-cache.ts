/**
 * A fixed-size table of short ASCII texts that arrive again and again (attribute keys, method names), found by their
 * bytes: a hit costs no new string, and the string's hash for the attribute map is already computed.
 *
 * Direct-mapped: each text has one slot and a new text takes it over, so the table never grows and hostile input can
 * only make it useless. Not ASCII: decoded as UTF-8, invalid sequences replaced by U+FFFD, never kept.
 */
export interface TextCache {
  read(buffer: Buffer, start: number, end: number): string;
}

/** `slots` must be a power of two. Texts longer than `maxBytes` are decoded without the table. */
export function createTextCache(slots: number, maxBytes: number): TextCache {
  if (!Number.isInteger(Math.log2(slots))) throw new RangeError(`slots must be a power of two, got ${slots}`);
  const mask = slots - 1;
  const texts = new Array<string>(slots).fill('');

  return {
    read(buffer, start, end) {
      const length = end - start;
      if (length > maxBytes) return buffer.toString('utf8', start, end);
      if (length === 0) return '';
      // Of keys, the end and the middle differ most; to look at every byte would cost as much as comparing them.
      const last = buffer[end - 1] as number;
      const nextToLast = buffer[end - (length > 1 ? 2 : 1)] as number;
      const middle = buffer[start + (length >> 1)] as number;
      const quarter = buffer[start + (length >> 2)] as number;
      const hash =
        Math.imul((last << 24) | (nextToLast << 16) | (middle << 8) | quarter, 0x9e3779b1) ^ (length * 0x85eb);
      const slot = (hash ^ (hash >>> 15)) & mask;
      const known = texts[slot] as string;
      if (known.length === length && hasBytes(known, buffer, start)) return known;
      if (!isAscii(buffer, start, end)) return buffer.toString('utf8', start, end);
      const text = buffer.toString('latin1', start, end);
      texts[slot] = text;
      return text;
    },
  };
}

function hasBytes(text: string, buffer: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== buffer[start + i]) return false;
  }
  return true;
}

function isAscii(buffer: Buffer, start: number, end: number): boolean {
  let union = 0;
  for (let i = start; i < end; i++) union |= buffer[i] as number;
  return union < 0x80;
}
