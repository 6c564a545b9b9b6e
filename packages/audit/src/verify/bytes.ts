/** Byte helpers that run in browsers and Node alike. */
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function toBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Throws where the bytes are not UTF-8. */
export function toText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** True where all of `b` stands in `a` from `aStart` on. */
export function equalBytes(a: Uint8Array, b: Uint8Array, aStart = 0): boolean {
  if (a.length < aStart + b.length) return false;
  for (let i = 0; i < b.length; i += 1) if (a[aStart + i] !== b[i]) return false;
  return true;
}

/** True where `a` and `b` have the same bytes from `from` to `to`, and both reach that far. */
export function sameRange(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  if (a.length < to || b.length < to) return false;
  for (let i = from; i < to; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

export function fromBase64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return null;
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return btoa(binary) === text ? bytes : null;
}

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! * 2 ** 24 + bytes[offset + 1]! * 2 ** 16 + bytes[offset + 2]! * 256 + bytes[offset + 3]!;
}
