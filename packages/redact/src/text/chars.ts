/** Bits of the character table; a set of characters is a mask of these. */
export const DIGIT = 1;
export const UPPER = 2;
export const LOWER = 4;
export const HEX_LETTER = 8;
/** `_` */
export const UNDERSCORE = 16;
/** `-` */
export const DASH = 32;
/** `+` and `/`: base64 */
export const PLUS_SLASH = 64;
/** Space, tab, CR, LF, vertical tab, form feed */
export const SPACE = 128;
/** `.` */
export const DOT = 256;
/** `=` */
export const EQUALS = 512;
/** `"`, `'` and backtick */
export const QUOTE = 1024;
/** Any other printable ASCII character */
export const PUNCT = 2048;
/** `~` */
export const TILDE = 4096;
/** `:` */
export const COLON = 8192;

export const ALPHA: number = UPPER | LOWER;
export const ALNUM: number = ALPHA | DIGIT;
export const WORD: number = ALNUM | UNDERSCORE;
export const BASE64URL: number = WORD | DASH;
export const BASE64: number = ALNUM | PLUS_SLASH;

/** Set bits by character code, for loops that cannot afford a call. */
export const table: Uint16Array = new Uint16Array(128);
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code);
  if (char >= '0' && char <= '9') table[code] = DIGIT;
  else if (char >= 'A' && char <= 'Z') table[code] = UPPER | (char <= 'F' ? HEX_LETTER : 0);
  else if (char >= 'a' && char <= 'z') table[code] = LOWER | (char <= 'f' ? HEX_LETTER : 0);
  else if (char === '_') table[code] = UNDERSCORE;
  else if (char === '-') table[code] = DASH;
  else if (char === '+' || char === '/') table[code] = PLUS_SLASH;
  else if (char === ' ' || (code >= 9 && code <= 13)) table[code] = SPACE;
  else if (char === '.') table[code] = DOT;
  else if (char === '=') table[code] = EQUALS;
  else if (char === '"' || char === "'" || char === '`') table[code] = QUOTE;
  else if (char === '~') table[code] = TILDE;
  else if (char === ':') table[code] = COLON;
  else if (code > 32 && code < 127) table[code] = PUNCT;
}

/** The set bits of the character at `index`; 0 outside the text and for anything but ASCII. */
export function bits(text: string, index: number): number {
  if (index < 0 || index >= text.length) return 0;
  const code = text.charCodeAt(index);
  return code < 128 ? table[code]! : 0;
}

/** True when the character at `index` is in the set. */
export function isIn(text: string, index: number, set: number): boolean {
  return (bits(text, index) & set) !== 0;
}

/** First index at or after `from`, and at most `limit`, whose character is not in the set. */
export function skip(text: string, from: number, set: number, limit: number): number {
  const end = limit < text.length ? limit : text.length;
  let index = from;
  while (index < end) {
    const code = text.charCodeAt(index);
    if (code > 127 || (table[code]! & set) === 0) break;
    index++;
  }
  return index;
}

/** First index at or before `from`, and at least `limit`, such that every character from it to `from` is in the set. */
export function skipBack(text: string, from: number, set: number, limit: number): number {
  let index = from;
  while (index > limit) {
    const code = text.charCodeAt(index - 1);
    if (code > 127 || (table[code]! & set) === 0) break;
    index--;
  }
  return index;
}

/** How many backslashes stand directly before `index`, counted up to 64. */
export function backslashesBefore(text: string, index: number): number {
  let count = 0;
  while (count < 64 && index - count > 0 && text.charCodeAt(index - count - 1) === 92) count++;
  return count;
}
